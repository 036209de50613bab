"""Random stories of a journey against the same meaning told once more in plain Python: events in
any order and late, clock steps over midnight, kills, repeats, pauses, a merge, moves to a version
with other lengths. Each goal and exit is found, no run is stuck, and the history is the one that
follows."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns import automation
from campaigns.journeys import definition, engine, lifecycle
from campaigns.models import GoalReached, Journey, Run
from crm_project import failpoints
from customers.identity import merging
from customers.models import Identity
from events.models import Reaction
from tests.campaigns.test_journeys import settle
from tests.campaigns.test_versions_moving import a_move, carried_out
from tests.clock import MovedClock
from tests.factories import a_source, a_workspace, an_event, happened, member
from tests.stories import undone

pytestmark = pytest.mark.django_db

BEGINS = datetime(2026, 11, 24, 15, 50, tzinfo=UTC)  # ten minutes before midnight in Shanghai
VIEW, CART, ORDER, CANCEL = "Product Viewed", "Cart Viewed", "Order Completed", "Order Cancelled"
GOAL_FOR = timedelta(seconds=900)
SECOND = timedelta(seconds=1)

steps = st.lists(
    st.tuples(st.sampled_from(["wait", "await"]), st.integers(1, 400)), min_size=1, max_size=4
)
told = st.tuples(
    st.just("told"),
    st.sampled_from([VIEW, CART, ORDER, CANCEL]),
    st.integers(1, 2),
    st.integers(0, 300),  # seconds ago
)
acts = st.lists(
    st.one_of(
        told,
        st.tuples(st.just("later"), st.integers(1, 600)),
        st.tuples(st.just("killed")),
        st.tuples(st.just("repeated")),
        st.tuples(st.just("paused"), st.integers(1, 300)),
        st.tuples(st.just("merged")),
        st.tuples(st.just("moved"), st.lists(st.integers(1, 400), min_size=4, max_size=4)),
    ),
    min_size=3,
    max_size=14,
)


# -- the meaning, told once more


@dataclass
class Walk:
    """One run, as it should be."""

    event: tuple
    place: int = -1
    since: datetime | None = None
    begun: datetime | None = None
    until: datetime | None = None
    outcome: str = ""
    history: list = field(default_factory=list)
    reached: datetime | None = None
    counts: bool = True  # the goal may still be reached


@dataclass
class Reference:
    steps: list
    events: list = field(default_factory=list)  # (number, name, customer, occurred)
    walks: list = field(default_factory=list)
    is_merged: bool = False  # the two customers turned out to be one

    def person(self, customer: int) -> int:
        return 1 if self.is_merged else customer

    def first(self, walk: Walk, name: str, since: datetime, within: timedelta, now: datetime):
        found = [
            at
            for number, one, customer, at in self.events
            if one == name
            and self.person(customer) == self.person(walk.event[2])
            and number != walk.event[0]
            and since <= at <= min(since + within, now)
        ]
        return min(found, default=None)

    def moved(self, seconds: list[int], now: datetime) -> None:
        """Those under way are in the version with these lengths: of a wait counts what was waited
        already; an event is waited for since they came."""
        before = self.steps
        self.steps = again(before, seconds)
        for walk in self.walks:
            if not walk.outcome and walk.place >= 0:
                longer = self.steps[walk.place][1] - before[walk.place][1]
                walk.until = max(walk.until + longer * SECOND, now)

    def look(self, now: datetime) -> None:
        for walk in self.walks:
            if not walk.outcome:
                self.walk(walk, now)
                walk.counts = now < walk.begun + GOAL_FOR
            elif walk.counts and not walk.reached:
                walk.reached = self.first(walk, ORDER, walk.begun, GOAL_FOR, now)

    def walk(self, walk: Walk, now: datetime) -> None:
        came = now
        if walk.place == -1:
            came = walk.begun = min(walk.event[3], now)
            walk.place = 0
            self.arrive(walk, came, now)
        if at := self.first(walk, ORDER, walk.begun, GOAL_FOR, now):
            walk.reached, walk.outcome = at, "goal"
        elif self.first(walk, CANCEL, walk.begun, timedelta(days=99), now):
            walk.outcome = "left:1"
        if walk.outcome:
            walk.history.append(walk.outcome)
        while not walk.outcome and (left := self.left(walk, now)):
            at, left_by = left
            came = at or came
            walk.history.append(left_by)
            walk.place += 1
            if walk.place == len(self.steps):
                walk.outcome = "completed"
            else:
                self.arrive(walk, came, now)

    def left(self, walk: Walk, now: datetime) -> tuple[datetime | None, str] | None:
        """By which way the step is left now, and what happened then; else its time goes on."""
        kind, seconds = self.steps[walk.place]
        if kind == "wait":
            return (None, "next") if walk.until <= now else None
        at = self.first(walk, CART, walk.since, timedelta(seconds=seconds), now)
        if at:
            return at + timedelta(microseconds=1), "happened"
        return (None, "timed_out") if walk.since + timedelta(seconds=seconds) <= now else None

    def arrive(self, walk: Walk, came: datetime, now: datetime) -> None:
        walk.since = came
        walk.until = now + timedelta(seconds=self.steps[walk.place][1])


def again(drawn: list, seconds: list[int]) -> list:
    """The same steps with other lengths."""
    return [(kind, n) for (kind, _n), n in zip(drawn, seconds, strict=False)]


# -- the same with the engine


def parts_of(drawn) -> dict:
    parts = {}
    for n, (kind, seconds) in enumerate(drawn):
        following = f"s{n + 1}" if n + 1 < len(drawn) else None
        fields = {"n": seconds, "unit": "seconds"}
        if kind == "await":
            exits = {"happened": following, "timed_out": following}
            parts[f"s{n}"] = {
                "step": "wait_for_event",
                "fields": {"event": CART, **fields},
                "exits": exits,
            }
        else:
            parts[f"s{n}"] = {"step": "wait", "fields": fields, "exits": {"next": following}}
    return parts


def a_journey(drawn) -> Journey:
    draft = {
        "v": 2,
        "trigger": {"trigger": "event", "fields": {"event": VIEW}},
        "reentry": {"kind": "always"},
        "goal": {"by": "event", "fields": {"event": ORDER, "n": 900, "unit": "seconds"}},
        "leave": [{"by": "event", "fields": {"event": CANCEL}}],
        "start": "s0",
        "steps": parts_of(drawn),
    }
    journey = Journey.objects.create(name="story", draft=draft)
    definition.publish(journey, by=None, now=BEGINS)
    return journey


def moved(journey: Journey, drawn: list, now: datetime) -> None:
    """Another version is published, and whoever is under way on an older one goes over to it."""
    journey.refresh_from_db()
    journey.draft = {**journey.draft, "steps": parts_of(drawn)}
    journey.save()
    definition.publish(journey, by=None, now=now)
    journey.refresh_from_db()
    carried_out(a_move(journey), at=now)


class Killed(BaseException):
    pass


def killed(monkeypatch) -> None:
    """Whoever works dies before the commit; their leases have ended."""

    def kill(name):
        if name in ("advance.walked", "react.worked"):
            raise Killed

    for work in (automation.process_reactions, engine.advance):
        with monkeypatch.context() as patched:
            patched.setattr(failpoints, "reached", kill)
            try:
                work()
            except Killed:
                for rows in (Run.objects, Reaction.objects):
                    held = rows.exclude(token=None)
                    held.update(token=None, due_at=BEGINS, attempts=0)


@given(steps, acts)
@settings(max_examples=15, deadline=None)
def test_every_story_goes_as_it_means(drawn, story):
    with undone(), pytest.MonkeyPatch.context() as monkeypatch:
        a_workspace()
        journey, reference, source = a_journey(drawn), Reference(drawn), a_source()
        now, clock = BEGINS, MovedClock()
        clock.stand(now)
        for number, (act, *said) in enumerate([*story, ("later", 2000)]):
            if act == "told":
                name, customer, ago = said
                at = now - ago * SECOND
                happened(source, an_event(member(customer), name=name, at=at), now=now)
                reference.events.append((number, name, customer, at))
                if name == VIEW:
                    reference.walks.append(Walk(reference.events[-1]))
            elif act == "later":
                now += said[0] * SECOND
            elif act == "killed":
                killed(monkeypatch)
            elif act == "repeated":
                Run.objects.filter(state="active").update(due_at=now)
            elif act == "paused":
                lifecycle.pause(journey, by=None)
                now += said[0] * SECOND
                clock.stand(now)
                settle()
                lifecycle.resume(journey, by=None)
            elif act == "moved":
                moved(journey, again(reference.steps, said[0]), now)
                reference.moved(said[0], now)
            elif act == "merged" and not reference.is_merged:
                reference.is_merged = merged(now)
            # A short first sleep is over two seconds later; nothing else happens meanwhile.
            clock.stand(now)
            settle()
            reference.look(now)
            compare(reference)


def merged(now: datetime) -> bool:
    """The two are one from here on; False while one of them is unknown."""
    known = Identity.objects.filter(kind="member_id").order_by("customer_id")
    customers = list(known.values_list("customer", flat=True))
    if len(customers) == 2:
        merging.merge(*customers, by="story", identity="", now=now)
    return len(customers) == 2


def compare(reference: Reference) -> None:
    runs = list(Run.objects.order_by("pk"))
    assert len(runs) == len(reference.walks)
    wanted = sorted(
        (
            reference.person(walk.event[2]),
            walk.event[3],
            walk.outcome,
            tuple(walk.history),
            walk.reached,
        )
        for walk in reference.walks
    )
    reached = dict(GoalReached.objects.values_list("run", "at"))
    found = sorted(
        (
            named(run),
            run.event_occurred_at,
            run.outcome,
            tuple(run.history.order_by("visit").values_list("outcome", flat=True)),
            reached.get(run.pk),
        )
        for run in runs
    )
    assert [str(one) for one in found] == [str(one) for one in wanted]


def named(run: Run) -> int:
    """The number by which the story calls its customer, of two that are one the first."""
    known = Identity.objects.filter(customer=run.customer_id, kind="member_id")
    return min(int(value) for value in known.values_list("value", flat=True))
