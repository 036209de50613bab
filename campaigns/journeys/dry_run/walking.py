"""The virtual clock: from one wake to the next, each run is walked by the engine itself, as of the
moment at which it would have been.

Customers do not touch each other in a journey, but for what is left of a coupon batch. So a dry run
is made of parts, each of some customers over the whole time.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

import structlog
from django.db import Error as DatabaseProblem
from pyroaring import BitMap

from campaigns import experiments
from campaigns.journeys import engine, entry_rules, happened, reentry
from campaigns.journeys.definition import Definition
from campaigns.journeys.dry_run import beginnings
from campaigns.journeys.dry_run.beginnings import Beginning, Span
from campaigns.journeys.dry_run.facts import Known
from campaigns.journeys.dry_run.imagined import Batches, Imagined
from campaigns.journeys.dry_run.letters import Letters
from campaigns.journeys.dry_run.past import Past
from campaigns.journeys.dry_run.tally import (
    CHANNEL,
    ENDED,
    ENTERED,
    FAILED,
    GOAL,
    HELD_OUT,
    HISTORY,
    LEFT,
    MESSAGE,
    TURNED_AWAY,
    WAITING,
    Tally,
)
from campaigns.models import JourneyVersion, Message, Run
from crm_project.db.sets import among
from events import names

log = structlog.get_logger("hutong.journeys")

State = Run.State
MOST_WAKES = 5_000  # of one run
TURNS, BEGINS, WAKES, LEAVES = range(4)  # at one moment, in this order
ITSELF = "engine"  # a step could not be judged for a reason of our own


@dataclass(frozen=True, slots=True)
class Plan:
    """What is walked: `journey` is read, `version` carries it (and may be no row of the table)."""

    version: JourneyVersion
    journey: Definition
    span: Span


class Entries:
    """Who entered before the time that is walked through, and since then in imagination."""

    def __init__(self, plan: Plan, customers: Collection[int]):
        self.reentry = plan.version.definition["reentry"]
        before = Run.objects.filter(
            among("customer", customers),
            journey=plan.version.journey_id,
            entered_at__lte=plan.span.since,
        )
        self.all: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
        for customer, at, key in before.values_list("customer", "entered_at", "entry_key"):
            self.all[customer].append((at, key))

    def admitted(self, runs: list[Run], now: datetime) -> list[Run]:
        """As reentry.admitted, of what was by then."""
        if self.reentry["kind"] == "always":
            return self.noted(runs, now)
        since = datetime.min.replace(tzinfo=now.tzinfo)
        if self.reentry["kind"] == "days":
            since = now - timedelta(days=self.reentry["days"])
        taken = {
            reentry.place(self.reentry, run.customer_id, key)
            for run in runs
            for at, key in self.all[run.customer_id]
            if at > since
        }
        return self.noted(reentry.those_let_in(self.reentry, runs, taken), now)

    def noted(self, runs: list[Run], now: datetime) -> list[Run]:
        """The same entry is made once."""
        fresh = []
        for run in runs:
            if all(key != run.entry_key for _at, key in self.all[run.customer_id]):
                self.all[run.customer_id].append((now, run.entry_key))
                fresh.append(run)
        return fresh


class Walk:
    """Some customers over the whole time. `given`: coupons that other parts have imagined, by
    batch."""

    def __init__(self, plan: Plan, customers: BitMap, given: Counter | None = None):
        self.plan, self.journey, self.customers = plan, plan.journey, customers
        self.tally, self.given = Tally(), Counter() if given is None else given
        self.segments = frozenset(self.journey.ways_out.segments())
        everybody = list(customers)
        self.past = Past(everybody, plan.span.since, plan.span.until)
        self.known = Known(customers, plan.version.journey_id, plan.span.since, plan.span.until)
        self.entries = Entries(plan, everybody)
        everywhere, here = self.arms()
        batches = Batches(plan.version.journey_id, list(customers), plan.span.since, self.given)
        self.effects = Imagined(
            plan.span.since,
            batches=batches,
            held_of_all=everywhere,
            tally=self.tally,
            say=self.said,
            shops=self.past.shops,
        )
        self.held_out = here | everywhere
        self.letters = Letters(
            self.known,
            self.effects,
            held=BitMap(self.held_out),
            stops=self.stops,
            tally=self.tally,
        )
        self.runs: dict[int, Run] = self.letters.runs
        self.history: list[tuple] = []  # as the engine's; of all of it
        self.messages: list[Message] = []
        self.wakes: Counter[int] = Counter()
        self.due: list[tuple] = []
        self.order = count()

    def arms(self) -> tuple[set[int], set[int]]:
        """Who is held out of everything, and of this journey: as it was decided, or would be."""
        subject = f"journey:{self.plan.version.journey_id}"
        stands = experiments.standing(subject, self.customers)
        here = {customer for customer, one in stands.items() if one.is_held_out}
        percent = Decimal(str(self.plan.version.definition.get("holdout_percent", 0)))
        if self.journey.is_marketing:
            others = set(self.customers) - stands.keys()
            here |= experiments.decided(subject, others, percent).keys()
        everywhere = experiments.held_out_of_all(self.customers, self.known.workspace)
        return everywhere, here

    # -- the clock

    def gone(self, more: Iterable[Beginning] = (), turns: Iterable[tuple] = ()) -> "Walk":
        """Everything up to the end of the time has happened. `more` begins beside what its trigger
        begins; of `turns` (moment, act) each is done when its moment has come."""
        with happened.as_told_by(self.past), names.asked_only():
            return self.walked(more, turns)

    def walked(self, more: Iterable[Beginning], turns: Iterable[tuple]) -> "Walk":
        """Nothing of the world but the past is asked, and no name is made."""
        plan = self.plan
        for moment, turn in turns:
            self.at(moment, TURNS, turn)
        for one in more:
            self.at(one.at, BEGINS, one)
        for one in beginnings.of(self.journey.trigger, plan.version, plan.span, self.customers):
            self.at(one.at, BEGINS, one)
        while self.due and self.due[0][0] <= plan.span.until:
            now, kind = self.due[0][:2]
            self.past.now = self.effects.now = now
            self.act(kind, list(self.taken(now, kind)), now)
        self.ended()
        return self

    def at(self, moment: datetime, act: int, what) -> None:
        heapq.heappush(self.due, (moment, act, next(self.order), what))

    def taken(self, now: datetime, act: int) -> Iterable:
        while self.due and self.due[0][:2] == (now, act):
            yield heapq.heappop(self.due)[-1]

    # -- what happens at a moment

    def turn(self, acts: list) -> None:
        """The world is another one from now on."""
        for act in acts:
            act()

    def begin(self, found: list[Beginning], now: datetime) -> None:
        """As starting.begin: those who belong, and whom the re-entry rule lets in."""
        self.tally.add(HISTORY, n=sum(one.is_history for one in found))
        runs = [one.run for one in sorted(found, key=lambda one: one.run.event_id or 0)]
        segment = self.journey.entry.cleaned_data["segment"]
        inside = entry_rules.belonging(segment, runs, now) if segment else runs
        self.tally.add(TURNED_AWAY, "segment", n=len(runs) - len(inside))
        let_in = self.entries.admitted(inside, now)
        self.tally.add(TURNED_AWAY, "reentry", n=len(inside) - len(let_in))
        if self.letters.watch and len(let_in) < len(runs):
            self.letters.watch(now, "turned_away", "reentry" if inside else "segment")
        for run in let_in:
            self.enter(run, now)

    def enter(self, run: Run, now: datetime) -> None:
        run.pk = -len(self.runs) - 1
        run.is_held_out = run.customer_id in self.held_out and self.journey.is_marketing
        run.awaits = self.journey.awaits(frozenset(run.awaits))
        self.runs[run.pk] = run
        self.tally.add(ENTERED)
        self.tally.add(HELD_OUT, n=run.is_held_out)
        self.sleep(run, now)

    def wake(self, runs: list[Run], now: datetime) -> None:
        try:
            history = engine.decide(runs, now, self.effects, lambda _version: self.journey)
        except DatabaseProblem:
            raise
        # Whatever it is: the engine would try these again and again.
        except Exception as error:
            log.warning("a step cannot be tried on the past", exc_info=error)
            for run in runs:
                self.fail(run, type(error).__name__)
            return
        self.history += history
        for _run, _visit, step, _at, _said, way in history:
            self.tally.add(LEFT, step, way)
        for run in runs:
            if run.state == State.ACTIVE and run.due_at is not None:
                self.sleep(run, now)

    def sleep(self, run: Run, now: datetime) -> None:
        """Until its time, or what concerns it before."""
        self.wakes[run.pk] += 1
        if self.wakes[run.pk] > MOST_WAKES:
            self.fail(run, ITSELF)
            return
        run.was_looked_at, run.hurried = False, 0  # as a row that is read anew
        due = max(run.due_at or now, now)
        self.at(self.past.next_wake(run, self.segments, now, due), WAKES, run)

    def fail(self, run: Run, why: str) -> None:
        self.tally.add(FAILED, run.step, why)
        run.due_at = None

    def leave(self, messages: list[Message], now: datetime) -> None:
        for message in self.letters.deliver(messages, now):
            self.at(max(message.due_at or now, now), LEAVES, message)

    def said(self, messages: list[Message]) -> None:
        """A step wants these to be sent."""
        self.messages += messages
        for message in messages:
            if message.due_at:
                self.at(self.effects.now, LEAVES, message)
            else:
                self.letters.ended(message)

    def stops(self, messages: Collection[Message], now: datetime) -> dict[int, str]:
        """As called_off.LeftJourney: who has left, or has a reason to."""
        runs = {m.run_id: self.runs[m.run_id] for m in messages if m.run_id in self.runs}
        gone = {pk for pk, run in runs.items() if run.state == State.EXITED}
        staying = [run for pk, run in runs.items() if pk not in gone]
        if staying and self.journey.ways_out.all:
            gone |= self.journey.ways_out.found(staying, now).keys()
        return {m.pk: "left_journey" for m in messages if m.run_id in gone}

    # -- the end

    def ended(self) -> None:
        until = self.past.now = self.plan.span.until
        for run in self.runs.values():
            if run.state == State.ACTIVE:
                self.tally.add(WAITING, run.step)
            else:
                self.tally.add(ENDED, run.state, run.outcome)
        for message in self.messages:
            if message.state == Message.State.QUEUED:
                self.tally.add(MESSAGE, message.step, message.state, message.reason)
                self.tally.add(CHANNEL, message.channel, message.state, message.reason)
        if goal := self.journey.ways_out.goal:
            # Of the engine's, those who are held reach it too, and whom it tries again and again.
            over = [
                run
                for run in self.runs.values()
                if run.due_at is None and run.watched_until
                if run.pk not in self.effects.reached
            ]
            found = goal.found(over, until) if over else {}
            self.effects.reached |= found
            self.tally.add(GOAL, n=len(found))

    def act(self, kind: int, what: list, now: datetime) -> None:
        if kind == TURNS:
            self.turn(what)
        elif kind == BEGINS:
            self.begin(what, now)
        elif kind == WAKES:
            self.wake(what, now)
        else:
            self.leave(what, now)
