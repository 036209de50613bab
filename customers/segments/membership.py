"""Who is in which segment, kept right at the cost of what changed (decisions 8, 9).

One evaluator per shard of customers: it reads the changed customers, looks at them and at those
whose answer time may have flipped, writes the differences, and only then forgets the changes it has
read. A crash in between repeats the work.
"""

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import starmap

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pyroaring import BitMap

from crm_project import failpoints
from crm_project.bounds import whole_in
from crm_project.queue import lanes, wakeups
from crm_project.queue.due import database_now
from customers.identity import merging
from customers.models import (
    AuditEntry,
    EvaluatorClock,
    Segment,
    SegmentPart,
    SegmentVersion,
    Transition,
    WatchedSegment,
    Workspace,
)
from customers.segments import failures, members, rules, sizes
from customers.segments.backlog import Backlog
from customers.segments.causes import Cause, Change, reads_of
from customers.segments.conditions.base import ConditionFailed
from customers.segments.derived import DerivedState, DerivedStateFailed, derived_states, deriving
from customers.segments.shards import WHOLE, Shard, shards

MOST_CHANGES = 20_000
LONGEST = 30  # seconds for one question; a worker loop has 55 (crm_project/queue/worker_loops.py)
NOTED_AFTER = timedelta(seconds=10)  # a segment that nothing touched is said to be right this often
# seconds of work on everybody after which a pass begins no other such work: what changes meanwhile
# waits little longer
LONG = 1.0


@dataclass(slots=True)
class Refreshed:
    changes: int = 0
    candidates: int = 0
    entered: int = 0
    left: int = 0
    has_more: bool = False
    is_busy: bool = False


def refresh(shard: Shard = WHOLE) -> Refreshed:
    """One pass: afterwards memberships are right as of the pass's beginning, save what `has_more`
    says. Busy when another evaluator is at it."""
    with shard.locked() as alone:
        return run_pass(database_now, shard) if alone else Refreshed(is_busy=True)


# In this process: whether the last pass took a whole portion of many. Then the next one is about
# single people only, where there are any.
_had_mass: dict[Shard, bool] = {}


def run_pass(clock: Callable[[], datetime], shard: Shard = WHOLE) -> Refreshed:
    """A pass in which whatever fails is set aside, and the others go on without it; each try ends
    or leaves out one thing more."""
    without, is_quick = failures.backing_off(), _had_mass.get(shard, False)
    while True:
        look = Pass(clock(), shard, without, is_quick=is_quick)
        try:
            result = look.done()
            _had_mass[shard] = look.backlog.is_full
            return result
        except ConditionFailed as failed:
            segments = look.asking(failed)
            if not segments:
                raise
            failures.set_aside(failed, segments, look.now)
        except DerivedStateFailed as failed:
            failures.back_off(failed)
            without = without | {failed.key}


def refresh_all(*, most_passes: int = 500) -> None:
    """Passes of every shard until no change is left to look at, or somebody else is at it."""
    for shard in shards():
        for _pass in range(most_passes):
            if not refresh(shard).has_more:
                break


@contextmanager
def snapshot():
    """One unchanging view of the database for the whole pass (within an outer transaction: that
    one's view)."""
    is_outer = not connection.in_atomic_block
    with transaction.atomic():
        if is_outer:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextmanager
def impatient():
    """A condition that takes longer than LONGEST has failed: it would hold up everybody's, and its
    process would be ended."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = %s", [LONGEST * 1000])
        yield
        cursor.execute("SET LOCAL statement_timeout TO DEFAULT")


class Pass:
    """One look at what changed up to now, by the holder of the shard's lock."""

    def __init__(
        self,
        now: datetime,
        shard: Shard = WHOLE,
        without: Collection[str] = (),
        *,
        is_quick: bool = False,
    ):
        """`without` are the keys of CRM_DERIVED_STATE that fail now. A quick pass leaves mass
        changes and whom time has touched to the next, where single people did something."""
        self.is_quick = is_quick
        self.now, self.shard, self.without, self.began = now, shard, without, time.monotonic()
        self.result, self.is_awaited = Refreshed(), False
        self.noted: dict = {}
        self.who_changed: set = set()

    def done(self) -> Refreshed:
        # Outside: a row of settings that is not there yet is made, which two views that do not see
        # each other cannot do.
        self.zone, self.derived = (
            Workspace.get().time_zone,
            [kind() for kind in derived_states if kind.key not in self.without],
        )
        with snapshot():
            forget_other_shards(self.shard)
            self.read()
            self.look()
            failpoints.reached("segments.evaluated")
        failures.clear_backoff(entry.key for entry in self.derived)
        # What a pass, in its older view, or anybody wrote about somebody who was merged away by now
        # follows them.
        merging.look_again(self.who_changed)
        sizes.sum_up(self.noted, self.shard.of, self.now)
        if self.is_awaited:
            wakeups.wake("react")
        return self.result

    def read(self) -> None:
        self.segments = {s.pk: s for s in Segment.objects.order_by("pk")}
        self.parts = {
            part.segment_id: part for part in SegmentPart.objects.filter(shard=self.shard.number)
        }
        self.trees = all_readable(
            [s for s in self.segments.values() if not failures.is_waiting(s, self.now)]
        )
        self.watched = set(WatchedSegment.objects.values_list("segment_id", flat=True))
        self.backlog = Backlog(self.shard, self.now)
        self.backlog.leave_out(self.without)

    def look(self) -> None:
        changes = self.changes()
        new = [pk for pk in self.trees if not self.is_current(pk)]
        kinds = {change.what for change in changes}
        with impatient():
            self.backlog.gather(
                {pk: tree for pk, tree in self.trees.items() if pk not in new}, self.derived
            )
        waited, asked_by = self.backlog.taken(none=self.is_quick)
        self.backlog.is_full |= self.has_more_mass and not self.is_quick
        about, made = self.derive(changes, waited, asked_by)
        candidates = BitMap(change.customer for change in changes) | about
        self.cause = Cause(changes, made)
        if not asked_by.isdisjoint(
            self.trees
        ):  # else they waited for what is kept about them, and it is as it was
            candidates |= waited
        touched = self.touched(kinds | made) | asked_by
        self.result.changes, self.result.candidates = len(changes), len(candidates)
        self.who_changed = {change.customer for change in changes}
        old = [pk for pk in self.trees if pk not in new and pk in touched and candidates]
        if old:
            self.write(candidates, old)
        self.note([pk for pk in self.trees if pk not in new and pk not in old], {})
        self.work_out(new)
        self.note_unreadable()
        sizes.note_parts(self.shard, self.noted, self.zone, self.now)
        self.forget([change.pk for change in changes])
        self.backlog.save(time.monotonic() - self.began)
        self.result.has_more |= (
            self.has_more_mass or self.has_more_single or bool(self.backlog.waiting)
        )

    def changes(self) -> list[Change]:
        """What single people did, and then, every other time, a portion of what was done to many at
        once: it keeps nobody waiting, nor waits for ever."""
        single = self.changed("NOT is_mass", MOST_CHANGES)
        self.is_quick &= bool(single)
        room = 1 if self.is_quick else self.backlog.room()
        mass = self.changed("is_mass", room)
        if self.is_quick:
            self.has_more_single, self.has_more_mass = len(single) == MOST_CHANGES, bool(mass)
            return single
        self.has_more_single, self.has_more_mass = len(single) == MOST_CHANGES, len(mass) == room
        return single + mass

    def changed(self, lane: str, most: int) -> list[Change]:
        with connection.cursor() as cursor:
            cursor.execute(
                # Constants
                "SELECT id, customer_id, what, is_history FROM customers_changedcustomer "  # noqa: S608
                f"WHERE {lane} AND {self.shard.sql()} ORDER BY id LIMIT %s",
                [most],
            )
            return list(starmap(Change, cursor))

    # -- whom to look at, and where
    # ------------------------------------------------------------------------

    def is_current(self, pk: int) -> bool:
        """It needs a look at changes only; else at everybody."""
        part, segment = self.parts.get(pk), self.segments[pk]
        return part is not None and (part.revision, part.zone) == (segment.revision, self.zone)

    def touched(self, kinds: set[str]) -> set[int]:
        """The segments in which changes of these kinds may matter. Who is a customer at all matters
        in each."""
        everywhere = "customer" in kinds
        return {
            pk
            for pk, tree in self.trees.items()
            if everywhere or any(leaf.reads & kinds for leaf in rules.leaves(tree))
        }

    def derive(self, changes, waited: BitMap, asked_by: set) -> tuple[BitMap, set[str]]:
        """What is derived about customers (CRM_DERIVED_STATE) is right; about whom, and the kinds
        of change that this made."""
        about, kinds = BitMap(), set[str]()
        for entry in self.derived:
            reads = entry.reads | {"customer"}
            those = BitMap(change.customer for change in changes if change.what in reads)
            if entry.key in asked_by:
                those |= waited
            if kinds & entry.reads:
                those |= about
            if those and (made := self.one_derived(entry, those)):
                kinds |= made
                about |= those
        return about, kinds

    def one_derived(self, entry: DerivedState, those: BitMap) -> set[str]:
        # What it makes is looked at in this pass, with its cause; the rows that triggers leave of
        # it tell nothing new.
        with deriving(entry), lanes.mass(len(those) > lanes.MANY), lanes.history():
            return entry.keep(those, self.now)

    def asking(self, failed: ConditionFailed) -> list[int]:
        """The segments that ask this condition, by themselves or through one that they name."""
        key = rules.key_of(failed.condition)
        return [
            pk
            for pk, tree in self.trees.items()
            if any(rules.key_of(leaf) == key for leaf in rules.leaves(tree))
        ]

    # -- what is different
    # ---------------------------------------------------------------------------------

    def write(self, candidates: BitMap, segments: list[int]) -> None:
        """Of the candidates exactly those who fit are members of these segments."""
        stored = members.stored_members(segments, candidates)
        fit = {}
        evaluation = rules.Evaluation(self.now, candidates)
        with impatient(), evaluation.prepared(self.trees[pk] for pk in segments):
            for pk in segments:
                fit[pk] = evaluation.value(self.trees[pk])
        silent = (
            {pk: self.cause.silent(reads_of(self.trees[pk])) for pk in segments}
            if self.cause.history
            else {}
        )
        entered, left = self.write_difference(fit, stored, Transition.Reason.CHANGE, silent)
        self.note(
            segments, {pk: len(entered.get(pk, ())) - len(left.get(pk, ())) for pk in segments}
        )

    def work_out(self, segments: list[int]) -> None:
        """Of the shard's customers exactly those who fit are members; one segment after the other,
        as many as there is time for."""
        evaluation, began = None, time.monotonic()
        for pk in segments:
            if evaluation and time.monotonic() - began > LONG:
                self.result.has_more = True
                return
            evaluation = evaluation or rules.Evaluation(self.now, shard=self.shard)
            with impatient():
                fit = evaluation.value(self.trees[pk])
            self.write_difference(
                {pk: fit},
                members.stored_members([pk], None, self.shard),
                Transition.Reason.DEFINITION,
            )
            self.noted[pk] = (self.segments[pk].revision, len(fit))

    def write_difference(
        self,
        fit: dict[int, BitMap],
        stored: dict[int, BitMap],
        reason: str,
        silent: dict[int, BitMap] | None = None,
    ):
        """Whoever entered, whoever left, by segment. Of the `silent` ones it is history: nobody
        waits for them."""
        nobody = BitMap()
        entered = {
            pk: found for pk, those in fit.items() if (found := those - stored.get(pk, nobody))
        }
        left = {pk: gone for pk, were in stored.items() if (gone := were - fit[pk])}
        if entered:
            members.insert(entered, self.now)
            self.note_moves(entered, reason, silent or {}, entered=True)
        if left:
            members.delete(left)
            self.note_moves(left, reason, silent or {}, entered=False)
        self.result.entered += sum(map(len, entered.values()))
        self.result.left += sum(map(len, left.values()))
        return entered, left

    def note_moves(
        self, moved: dict[int, BitMap], reason: str, silent: dict[int, BitMap], *, entered: bool
    ) -> None:
        nobody = BitMap()
        history = {
            pk: found for pk, those in moved.items() if (found := those & silent.get(pk, nobody))
        }
        told = {
            pk: found for pk, those in moved.items() if (found := those - history.get(pk, nobody))
        }
        # Whoever fits an edited rule has done nothing: nobody is told.
        watched = self.watched if reason == Transition.Reason.CHANGE else ()
        if told:
            members.note_transitions(
                told, entered=entered, reason=reason, now=self.now, watched=watched
            )
        if history:
            with (
                lanes.history()
            ):  # what follows from it, as tags that a segment gives, is history too
                members.note_transitions(
                    history, entered=entered, reason=Transition.Reason.HISTORY, now=self.now
                )
        self.is_awaited |= bool(watched and watched & told.keys())

    # -- what is noted
    # -------------------------------------------------------------------------------------

    def note(self, segments: Iterable[int], difference: dict[int, int]) -> None:
        """These are right as of now, their sizes follow the members. That nothing has changed is
        noted now and then."""
        for pk in segments:
            part = self.parts[pk]
            if difference.get(pk) or part.evaluated_at < self.now - NOTED_AFTER:
                self.noted[pk] = (self.segments[pk].revision, part.size + difference.get(pk, 0))

    def note_unreadable(self) -> None:
        """As soon as such a rule can be read again, everybody is looked at."""
        lost = [
            part
            for pk, part in self.parts.items()
            if pk in self.segments and pk not in self.trees and part.revision
        ]
        self.noted |= {part.segment_id: (0, part.size) for part in lost}

    def forget(self, changes: list[int]) -> None:
        """These rows were read before the view that was written from; later ones stay for the next
        pass."""
        if changes:
            with connection.cursor() as cursor:
                cursor.execute(
                    "DELETE FROM customers_changedcustomer WHERE id = ANY(%s)", [changes]
                )


def forget_other_shards(shard: Shard) -> None:
    """Where customers were shared out otherwise before, what was noted then says nothing about
    ours: they are looked at from the beginning."""
    for number, of in EvaluatorClock.objects.exclude(of=shard.of).values_list("shard", "of"):
        if of == 0 or shard.overlaps(Shard(number, of)):
            SegmentPart.objects.filter(shard=number, of=of).delete()
            EvaluatorClock.objects.filter(shard=number).delete()


def all_readable(segments: Collection[Segment]) -> dict[int, object]:
    """The trees of those that can be read, by segment. Rules are remembered once read, so what they
    name is looked up again."""
    there = rules.existing(segment.definition for segment in segments)
    found = {
        segment.pk: readable(segment)
        for segment in segments
        if rules.is_complete(segment.definition, there)
    }
    return {pk: tree for pk, tree in found.items() if tree is not None}


def readable(segment: Segment):
    """The segment's tree, or None where it cannot be read (any more): then its members stay as they
    were."""
    try:
        if segment.kind == Segment.Kind.LIST:
            return rules.parsed({"condition": "in_list", "list": segment.pk})
        return rules.parsed(segment.definition)
    except rules.InvalidRule:
        return None


def save_definition(segment: Segment, definition: dict, *, by, now: datetime) -> Segment:
    """The segment has this rule as a new version; its members follow with the next pass. Raises
    InvalidRule."""
    rules.check(definition, inside=segment.pk)
    with transaction.atomic():
        if segment.pk:
            segment.version = Segment.objects.select_for_update().get(pk=segment.pk).version + 1
        segment.definition = definition
        segment.save()
        SegmentVersion.objects.create(
            segment=segment, number=segment.version, definition=definition, by=by
        )
        Segment.objects.filter(Q(pk=segment.pk) | Q(pk__in=dependents(segment))).work_out_anew()
        AuditEntry.objects.create(
            by=by,
            act="segment.save",
            subject=f"segment:{segment.pk}",
            details={"version": segment.version, "at": now.isoformat()},
        )
    return segment


def dependents(segment: Segment):
    """Segments that name this one, directly or through another: their members follow too."""
    names = {s.pk: set(nested(s.definition)) for s in Segment.objects.all()}
    found, new = set[int](), {segment.pk}
    while new:
        new = {pk for pk, named in names.items() if named & new} - found
        found |= new
    return Segment.objects.filter(pk__in=found)


def nested(definition) -> list[int]:
    """The segments that a stored rule names."""
    if isinstance(definition, dict) and definition.get("condition") == "in_segment":
        return [pk] if (pk := whole_in(definition.get("segment"))) is not None else []
    of = definition.get("of") if isinstance(definition, dict) else None
    return [pk for part in of or [] for pk in nested(part)]


def is_being_worked_out(segment: Segment) -> bool:
    return not segment.evaluated_at or segment.evaluated_version != segment.version


def freshness(segment: Segment, now: datetime) -> str:
    """How right the stored members are, in words."""
    if segment.failed_at:
        return _("set aside: as they were before")
    if is_being_worked_out(segment):
        return _("being worked out")
    seconds = max(int((now - segment.evaluated_at).total_seconds()), 0)
    return ngettext(
        "right as of %(seconds)d second ago", "right as of %(seconds)d seconds ago", seconds
    ) % {"seconds": seconds}
