"""Who is in which segment, kept right at the cost of what changed (decisions 8, 9).

One evaluator at a time: it reads the changed customers, looks at them and at those whose answer time may have flipped,
writes the differences, and only then forgets the changes it has read. A crash in between repeats the work.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _
from pyroaring import BitMap

from crm_project import failpoints
from crm_project.due import database_now
from customers.models import AuditEntry, ChangedCustomer, EvaluatorClock, Segment, SegmentVersion
from customers.segments import rules, sizes
from customers.segments.conditions.base import FEW, bitmap, literal
from customers.segments.kept import kept

SHARD = 0
LOCK = 0x5E6A0000 + SHARD
MOST_CHANGES = 20_000
NOTED_AFTER = timedelta(seconds=10)  # a segment that nothing touched is said to be right this often
TIME_STEP = timedelta(seconds=2)  # how often changes that time alone causes are looked for; promised: 60 s


@dataclass(slots=True)
class Refreshed:
    changes: int = 0
    candidates: int = 0
    entered: int = 0
    left: int = 0
    is_busy: bool = False


def refresh() -> Refreshed:
    """One pass: afterwards memberships are right as of the pass's beginning. Busy when another evaluator is at it."""
    with one_evaluator() as alone:
        if not alone:
            return Refreshed(is_busy=True)
        with snapshot():
            return Pass(database_now()).done()


def refresh_all(*, most_passes: int = 50) -> Refreshed:
    """Passes until no change is left to look at."""
    for _pass in range(most_passes):
        result = refresh()
        if result.is_busy or result.changes < MOST_CHANGES:
            return result
    return result


@contextmanager
def one_evaluator():
    """True for one session at a time; held outside the transaction, so that its snapshot sees the last one's writes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        alone = cursor.fetchone()[0]
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def snapshot():
    """One unchanging view of the database for the whole pass (within an outer transaction: that one's view)."""
    is_outer = not connection.in_atomic_block
    with transaction.atomic():
        if is_outer:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


class Pass:
    def __init__(self, now: datetime):
        self.now = now
        self.segments = {s.pk: s for s in Segment.objects.order_by("pk")}
        self.trees = {pk: tree for pk, s in self.segments.items() if (tree := readable(s)) is not None}

    def done(self) -> Refreshed:
        changes = list(ChangedCustomer.objects.order_by("pk").values_list("pk", "customer_id", "what")[:MOST_CHANGES])
        candidates = BitMap(customer for _pk, customer, _what in changes)
        new = [pk for pk, s in self.segments.items() if s.evaluated_version != s.version and pk in self.trees]
        kinds = {what for _pk, _customer, what in changes}
        flipped, waited_for = self.flipped()
        candidates |= flipped
        about, kinds_kept = self.keep(changes)
        candidates |= about
        touched = self.touched(kinds | kinds_kept) | waited_for
        result = Refreshed(changes=len(changes), candidates=len(candidates))
        if candidates:
            self.write(candidates, [pk for pk in self.trees if pk in touched and pk not in new], result)
        if new:
            self.write(None, new, result)
        self.note_sizes([pk for pk in self.trees if pk not in new and (pk not in touched or not candidates)], {})
        self.forget([pk for pk, _customer, _what in changes])
        failpoints.reached("segments.evaluated")
        return result

    # -- whom to look at, and where ------------------------------------------------------------------------

    def touched(self, kinds: set[str]) -> set[int]:
        """The segments in which changes of these kinds may matter. Who is a customer at all matters in each."""
        everywhere = "customer" in kinds
        return {pk for pk, tree in self.trees.items() if everywhere or any(leaf.reads & kinds for leaf in rules.leaves(tree))}

    def keep(self, changes: list[tuple[int, int, str]]) -> tuple[BitMap, set[str]]:
        """What is kept about customers (CRM_KEPT) is right; about whom, and the kinds of change that this made."""
        about, kinds, versions = BitMap(), set(), {}
        for kind in kept:
            entry = kind()
            versions[kind.key] = entry.version()
            if self.clock.kept.get(kind.key) != versions[kind.key]:
                those = rules.everyone()
            else:
                reads = entry.reads | {"customer"} | kinds
                those = BitMap(customer for _pk, customer, what in changes if what in reads)
                those |= about if kinds & entry.reads else BitMap()
                if self.seen_since:
                    those |= entry.touched_by_time(since=self.seen_since, until=self.now)
            if those and (made := entry.keep(those, self.now)):
                kinds |= made
                about |= those
        if versions != self.clock.kept:
            EvaluatorClock.objects.filter(shard=SHARD).update(kept=versions)
        return about, kinds

    def flipped(self) -> tuple[BitMap, set[int]]:
        """Those whose answer time alone may have changed since the last look, and the segments that ask for it."""
        self.clock, is_new = EvaluatorClock.objects.get_or_create(shard=SHARD, defaults={"seen_until": self.now})
        clock, self.seen_since = self.clock, None
        if is_new or self.now - clock.seen_until < TIME_STEP:
            return BitMap(), set()
        self.seen_since = clock.seen_until
        EvaluatorClock.objects.filter(shard=SHARD).update(seen_until=self.now)
        asked = {rules.key_of(leaf): leaf for tree in self.trees.values() for leaf in rules.leaves(tree)}
        moved = {key: found for key, leaf in asked.items() if (found := leaf.touched_by_time(since=clock.seen_until, until=self.now))}
        segments = {pk for pk, tree in self.trees.items() if any(rules.key_of(leaf) in moved for leaf in rules.leaves(tree))}
        return BitMap.union(BitMap(), *moved.values()), segments

    # -- what is different ---------------------------------------------------------------------------------

    def write(self, candidates: BitMap | None, segments: Iterable[int], result: Refreshed) -> None:
        """Of the candidates (all customers when None) exactly those who fit are members of these segments."""
        segments = list(segments)
        stored = stored_members(segments, candidates)
        entered, left = [], []
        with rules.Evaluation(self.now, candidates).prepared(self.trees[pk] for pk in segments) as evaluation:
            for pk in segments:
                fit, was = evaluation.value(self.trees[pk]), stored.get(pk, BitMap())
                entered += [(pk, customer) for customer in fit - was]
                left += [(pk, customer) for customer in was - fit]
        reason = "change" if candidates is not None else "definition"
        insert(entered, self.now)
        delete(left)
        note_transitions([(*row, True) for row in entered] + [(*row, False) for row in left], reason, self.now)
        difference = Counter(pk for pk, _customer in entered)
        difference.subtract(pk for pk, _customer in left)
        self.note_sizes(segments, difference)
        result.entered += len(entered)
        result.left += len(left)

    def note_sizes(self, segments: Iterable[int], difference: Mapping[int, int]) -> None:
        """The sizes follow the members; that nothing has changed is noted too, now and then."""
        noted = [pk for pk in segments if difference.get(pk) or self.is_news(self.segments[pk])]
        if noted:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE customers_segment s SET size = s.size + n.difference, evaluated_at = %s, evaluated_version = n.version "
                    "FROM unnest(%s::int[], %s::int[], %s::int[]) AS n(id, version, difference) WHERE s.id = n.id AND s.version = n.version",
                    [self.now, noted, [self.segments[pk].version for pk in noted], [difference.get(pk, 0) for pk in noted]],
                )
            sizes.note(noted, self.now)

    def is_news(self, segment: Segment) -> bool:
        is_current = segment.evaluated_version == segment.version and segment.evaluated_at
        return not is_current or self.now - segment.evaluated_at > NOTED_AFTER

    def forget(self, changes: list[int]) -> None:
        """These rows were read before the view that was written from; later ones stay for the next pass."""
        if changes:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM customers_changedcustomer WHERE id = ANY(%s)", [changes])


def readable(segment: Segment):
    """The segment's tree, or None where it cannot be read (any more): then its members stay as they were."""
    try:
        if segment.kind == Segment.Kind.LIST:
            return rules.parsed({"condition": "in_list", "list": segment.pk})
        return rules.parsed(segment.definition)
    except rules.InvalidRule:
        return None


def stored_members(segments: list[int], candidates: BitMap | None) -> dict[int, BitMap]:
    few = candidates is not None and len(candidates) <= FEW
    of_these = "AND customer_id = ANY(%s::int[])" if few else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT segment_id, string_agg(int4send(customer_id), '') FROM customers_membership "  # noqa: S608 -- a constant
            f"WHERE segment_id = ANY(%s) {of_these} GROUP BY segment_id",
            [segments, literal(candidates)] if few else [segments],
        )
        found = {segment: bitmap(sent) for segment, sent in cursor}
    return found if few or candidates is None else {pk: members & candidates for pk, members in found.items()}


def insert(rows: list[tuple[int, int]], now: datetime) -> None:
    if rows:
        with (
            connection.cursor() as cursor,
            connection.wrap_database_errors,
            cursor.copy("COPY customers_membership (segment_id, customer_id, entered_at) FROM STDIN") as copy,
        ):
            for segment, customer in rows:
                copy.write_row((segment, customer, now))


def delete(rows: list[tuple[int, int]]) -> None:
    by_segment: dict[int, list[int]] = {}
    for segment, customer in rows:
        by_segment.setdefault(segment, []).append(customer)
    with connection.cursor() as cursor:
        for segment, customers in by_segment.items():
            cursor.execute("DELETE FROM customers_membership WHERE segment_id = %s AND customer_id = ANY(%s)", [segment, customers])


def note_transitions(rows: list[tuple[int, int, bool]], reason: str, now: datetime) -> None:
    if rows:
        with (
            connection.cursor() as cursor,
            connection.wrap_database_errors,
            cursor.copy("COPY customers_transition (segment_id, customer_id, entered, reason, at) FROM STDIN") as copy,
        ):
            for segment, customer, entered in rows:
                copy.write_row((segment, customer, entered, reason, now))


def save_definition(segment: Segment, definition: dict, *, by, now: datetime) -> Segment:
    """The segment has this rule as a new version; its members follow with the next pass. Raises InvalidRule."""
    rules.check(definition, inside=segment.pk)
    with transaction.atomic():
        if segment.pk:
            segment.version = Segment.objects.select_for_update().get(pk=segment.pk).version + 1
        segment.definition = definition
        segment.save()
        SegmentVersion.objects.create(segment=segment, number=segment.version, definition=definition, by=by)
        dependents(segment).update(evaluated_version=0)
        AuditEntry.objects.create(
            by=by, act="segment.save", subject=f"segment:{segment.pk}", details={"version": segment.version, "at": now.isoformat()}
        )
    return segment


def dependents(segment: Segment):
    """Segments that name this one, directly or through another: their members follow too."""
    names = {s.pk: set(nested(s.definition)) for s in Segment.objects.all()}
    found, new = set(), {segment.pk}
    while new:
        new = {pk for pk, named in names.items() if named & new} - found
        found |= new
    return Segment.objects.filter(pk__in=found)


def nested(definition) -> list[int]:
    """The segments that a stored rule names."""
    if isinstance(definition, dict) and definition.get("condition") == "in_segment":
        return [int(definition["segment"])] if str(definition.get("segment", "")).isdigit() else []
    of = definition.get("of") if isinstance(definition, dict) else None
    return [pk for part in of or [] for pk in nested(part)]


def freshness(segment: Segment, now: datetime) -> str:
    """How right the stored members are, in words."""
    if not segment.evaluated_at or segment.evaluated_version != segment.version:
        return _("being worked out")
    return _("right as of %(seconds)d seconds ago") % {"seconds": max((now - segment.evaluated_at).total_seconds(), 0)}
