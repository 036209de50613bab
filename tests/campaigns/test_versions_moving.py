"""Those under way are moved to a newer version: nobody is lost, nothing is done twice, their waits
go on as the rules say, and a kill half-way leaves everybody on one side or the other."""

from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.delivery import sender
from campaigns.journeys import definition, tasks
from campaigns.journeys.versions import foreseeing, jobs, mapping, moving
from campaigns.models import Journey, Message, Run, RunMove, RunStep, VersionMove
from crm_project import failpoints
from crm_project.jobs import running
from crm_project.jobs.models import Job
from customers.models import FollowUp
from customers.profile import notes
from tests.campaigns.test_journey_numbers import kept, recounted
from tests.campaigns.test_journeys import (
    HELLO,
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.campaigns.test_leaving import BOUGHT, CANCELLED, a_journey
from tests.campaigns.test_staff_task import TASK, WAYS
from tests.campaigns.test_wait_for_event import HOUR, ORDER, seconds, step
from tests.factories import NOW, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TEXT = {key: HELLO[key] for key in ("channel", "purpose", "content")}


def wait(n, to=None, unit="hours"):
    return step("wait", {"n": n, "unit": unit}, next=to)


def hello(to=None):
    return step("send_message", TEXT, next=to)


def anew(journey, steps, **more) -> Journey:
    """The journey with another published version."""
    journey.refresh_from_db()
    journey.draft = {**journey.draft, "steps": steps, "start": next(iter(steps)), **more}
    journey.save()
    definition.publish(journey, by=None, now=NOW)
    journey.refresh_from_db()
    return journey


def a_move(journey, **chosen) -> VersionMove:
    """As proposed, but for what was `chosen`."""
    older = journey.versions.exclude(pk=journey.published_id)
    found = {
        str(one.pk): mapping.proposed(one.definition, journey.published.definition) | chosen
        for one in older
    }
    return VersionMove.objects.create(
        journey=journey, to_version=journey.published, mapping=found, made_at=NOW
    )


def carried_out(move, clock=None, at=NOW) -> Job:  # noqa: F811
    if clock:
        clock(at)
    job = jobs.begin(move, by=None, now=at)
    while running.work():
        job.refresh_from_db()
        if job.cursor == 0 and job.begun_at:  # it rests
            break
    job.refresh_from_db()
    return job


def begun(clock, *numbers, at=2):  # noqa: F811
    happened(a_source(), *(an_event(member(n)) for n in numbers or (1,)))
    clock(seconds(at))
    settle()


def test_the_same_step_is_proposed_else_the_same_kind_in_the_same_order():
    old = {"s1": wait(1, "s2"), "s2": hello("s3"), "s3": wait(2, "s4"), "s4": step("end", {})}
    new = {"s1": wait(5, "s7"), "s7": wait(3, "s8"), "s8": hello(None)}
    trigger = {"trigger": "event", "fields": {}}
    before = {"v": 2, "trigger": trigger, "start": "s1", "steps": old}
    found = mapping.proposed(before, {**before, "steps": new})

    assert found == {"": "to:", "s1": "to:s1", "s2": "to:s8", "s3": "to:s7", "s4": "stay"}
    other = {**before, "trigger": {"trigger": "call", "fields": {}}}
    assert mapping.proposed(before, other)[""] == "stay"


@pytest.mark.parametrize(
    ("where", "of", "is_allowed"),
    [
        ("stay", "s1", True),
        ("leave", "", True),
        ("to:s1", "s1", True),
        ("to:s9", "s1", False),
        ("to:", "s1", False),
        ("to:", "", True),
        ("to:s1", "", False),
        ("s1", "s1", False),
    ],
)
def test_where_they_can_go(where, of, is_allowed):
    one = {"v": 2, "trigger": {"trigger": "event"}, "start": "s1", "steps": {"s1": wait(1)}}
    assert mapping.is_allowed(where, of, one, one) is is_allowed


@pytest.mark.parametrize(("n", "due"), [(1, 1), (5, 5), (3, 3)])
def test_of_a_wait_of_another_length_counts_what_was_waited(clock, n, due):  # noqa: F811
    journey = a_journey({"s1": wait(3)})
    begun(clock)
    began = Run.objects.get().due_at - timedelta(hours=3)
    clock(NOW + timedelta(minutes=30))
    move = a_move(anew(journey, {"s1": wait(n)}))
    foreseen, _later = foreseeing.foresee(moving.Plan(move), NOW + timedelta(minutes=30))
    (told,) = [row for rows in foreseen.values() for row in rows if row.n]
    assert (told.changed, told.then) == (int(n != 3), [began + timedelta(hours=due)] * 2)
    carried_out(move)

    run = Run.objects.get()
    assert (run.version_id, run.due_at) == (journey.published_id, began + timedelta(hours=due))
    clock(run.due_at)
    settle()
    assert Run.objects.get().state == "completed"
    assert kept() == recounted()


def test_a_wait_that_is_over_by_the_new_rule_is_over_at_once(clock):  # noqa: F811
    journey = a_journey({"s1": wait(3)})
    begun(clock)
    clock(NOW + 2 * HOUR)
    carried_out(a_move(anew(journey, {"s1": wait(1)})), clock, NOW + 2 * HOUR)
    settle()
    assert Run.objects.get().state == "completed"


def test_an_event_of_the_newer_version_wakes_whoever_was_moved(clock):  # noqa: F811
    waits = dict.fromkeys(("happened", "timed_out"))
    journey = a_journey({"s1": step("wait_for_event", ORDER, **waits)})
    begun(clock)
    source = a_source()
    happened(source, an_event(member(1), name="Cart Viewed", at=seconds(10)), now=seconds(10))
    clock(seconds(20))
    settle()
    other = step("wait_for_event", ORDER | {"event": "Order Paid", "n": 2}, **waits)
    carried_out(a_move(anew(journey, {"s1": other})), clock, seconds(20))
    settle()
    assert Run.objects.get().state == "active"

    happened(source, an_event(member(1), name="Order Paid", at=seconds(30)), now=seconds(30))
    clock(seconds(31))
    settle()
    assert list(RunStep.objects.values_list("outcome", flat=True)) == ["happened"]


def test_goal_and_exits_of_the_newer_version_hold_for_whoever_was_moved(clock):  # noqa: F811
    journey = a_journey({"s1": wait(3)})
    begun(clock, 1, 2)
    source = a_source()
    newer = anew(journey, {"s1": wait(3)}, goal=BOUGHT, leave=[CANCELLED])
    carried_out(a_move(newer), clock, seconds(5))
    for n, name in ((1, "Order Completed"), (2, "Order Cancelled")):
        happened(source, an_event(member(n), name=name, at=seconds(9)), now=seconds(9))
    clock(seconds(10))
    settle()
    assert sorted(Run.objects.values_list("outcome", flat=True)) == ["goal", "left:1"]


def test_a_wait_is_not_cut_short_by_an_event_that_only_asks_for_the_goal(clock):  # noqa: F811
    journey = a_journey({"s1": wait(3)})
    begun(clock)
    source = a_source()
    carried_out(a_move(anew(journey, {"s1": wait(4)}, leave=[CANCELLED])), clock, seconds(5))
    began = Run.objects.get().due_at - 4 * HOUR
    other = an_event(member(2), name="Order Cancelled", at=seconds(9))
    happened(source, other, now=seconds(9))
    Run.objects.update(due_at=seconds(9))  # a wake is a hint
    clock(seconds(10))
    settle()
    run = Run.objects.get()
    assert (run.state, run.due_at) == ("active", began + 4 * HOUR)


def test_a_task_that_was_given_stays_theirs(clock):  # noqa: F811
    journey = a_journey({"s1": step("staff_task", TASK, **WAYS)})
    begun(clock)
    carried_out(a_move(anew(journey, {"s1": step("staff_task", TASK | {"n": 3}, **WAYS)})))
    clock(NOW + 2 * DAY)
    settle()
    assert (Run.objects.get().state, FollowUp.objects.count()) == ("active", 1)

    assert notes.finish(FollowUp.objects.get(), by=None, now=NOW + 2 * DAY, result="refused")
    tasks.tell(NOW + 2 * DAY)
    settle()
    assert list(RunStep.objects.values_list("outcome", flat=True)) == ["refused"]


def test_a_step_of_another_kind_is_entered_anew_and_once(clock):  # noqa: F811
    journey = a_journey({"s1": wait(3)})
    begun(clock)
    move = a_move(anew(journey, {"s5": hello("s6"), "s6": wait(1)}), s1="to:s5")
    carried_out(move)
    settle()
    moving.move_some(moving.Plan(move), list(Run.objects.values_list("pk", flat=True)), NOW)
    settle()
    assert (Message.objects.count(), Run.objects.get().step) == (1, "s6")
    moved = RunMove.objects.get()
    assert (moved.from_step, moved.to_step, moved.visit) == ("s1", "s5", 2)
    assert kept() == recounted()


def test_who_is_to_leave_leaves_and_who_is_to_stay_stays(clock):  # noqa: F811
    journey = a_journey({"s1": wait(1, "s2"), "s2": wait(9)})
    begun(clock, 1)
    clock(NOW + 2 * HOUR)
    settle()
    happened(a_source(), an_event(member(2), at=NOW + 2 * HOUR), now=NOW + 2 * HOUR)
    clock(NOW + 2 * HOUR + timedelta(seconds=2))
    settle()
    old = journey.versions.get().pk
    carried_out(
        a_move(anew(journey, {"s1": wait(1)}), s1="stay", s2="leave"), clock, NOW + 2 * HOUR
    )
    told = sorted(Run.objects.values_list("step", "outcome", "version"))
    assert told == [("s1", "", old), ("s2", "left_by_move", old)]
    assert kept() == recounted()


def test_whoever_has_a_message_on_its_way_is_moved_once_it_has_left(clock):  # noqa: F811
    journey = a_journey({"s1": hello("s2"), "s2": wait(3)})
    begun(clock, 1, 2)
    old = journey.versions.get().pk
    first = Message.objects.order_by("pk").first()
    Message.objects.exclude(pk=first.pk).update(state="sent", sent_at=NOW, due_at=None)
    move = a_move(anew(journey, {"s1": hello("s2"), "s2": wait(5)}))
    _told, later = foreseeing.foresee(moving.Plan(move), seconds(5))
    job = carried_out(move, clock, seconds(5))
    assert (later, job.state, job.done_rows, job.due_at > seconds(5)) == (1, "running", 1, True)
    assert Counter(Run.objects.values_list("version", flat=True))[old] == 1

    sender.send_due("in_app")
    clock(job.due_at)
    carried_out_again = running.work()
    job.refresh_from_db()
    assert (carried_out_again, job.state, job.done_rows) == (True, "done", 2)
    assert Counter(Run.objects.values_list("version", flat=True))[old] == 0


def test_what_is_held_for_staff_stays_held_at_the_same_step(clock, monkeypatch):  # noqa: F811
    journey = a_journey({"s1": wait(3)})
    begun(clock)
    Run.objects.update(held_at=NOW, error="ValueError: x", due_at=None)
    carried_out(a_move(anew(journey, {"s1": wait(4)})))
    run = Run.objects.get()
    assert (run.version_id, run.due_at, run.error) == (journey.published_id, None, "ValueError: x")


def test_another_version_meanwhile_ends_the_move(clock):  # noqa: F811
    journey = a_journey({"s1": wait(3)})
    begun(clock)
    move = a_move(anew(journey, {"s1": wait(4)}))
    job = jobs.begin(move, by=None, now=NOW)
    assert jobs.begin(move, by=None, now=NOW).pk == job.pk
    anew(journey, {"s1": wait(5)})
    while running.work():
        pass
    job.refresh_from_db()
    assert (job.state, RunMove.objects.count()) == ("failed", 0)


@pytest.fixture
def killed(monkeypatch):
    """The transaction dies at the failpoint, so many times."""
    left = {"n": 0}

    class Killed(BaseException):
        pass

    def reached(name):
        if name == "move.noted" and left["n"]:
            left["n"] -= 1
            raise Killed

    monkeypatch.setattr(failpoints, "reached", reached)
    left["error"] = Killed
    return left


def work_through_kills(killed, move, at):
    job = jobs.begin(move, by=None, now=at)
    for _turn in range(20):
        try:
            if not running.work():
                Job.objects.filter(pk=job.pk, state="running").update(due_at=at, token=None)
        except killed["error"]:  # only this one: those of other examples are over
            Job.objects.filter(pk=job.pk).update(due_at=at, token=None)
        job.refresh_from_db()
        if job.is_over:
            break
    return job


def test_a_kill_half_way_leaves_everybody_on_one_side(clock, killed, monkeypatch):  # noqa: F811
    monkeypatch.setattr(jobs.MoveRuns, "window", 2)
    journey = a_journey({"s1": wait(3)})
    begun(clock, 1, 2, 3, 4, 5)
    move, killed["n"] = a_move(anew(journey, {"s1": wait(5)})), 2
    job = work_through_kills(killed, move, seconds(2))

    assert (job.state, job.done_rows, RunMove.objects.count()) == ("done", 5, 5)
    assert set(Run.objects.values_list("version", flat=True)) == {journey.published_id}
    assert kept() == recounted()


def test_moving_waits_for_a_second_pair_of_eyes_where_publishing_does(clock):  # noqa: F811
    from campaigns.journeys.versions.approval import MovingOfRuns
    from customers.approval import deciding
    from customers.models import Workspace

    journey = a_journey({"s1": wait(3)})
    begun(clock)
    move = a_move(anew(journey, {"s1": wait(4)}))
    Workspace.objects.update(approvals=["journey"])
    one, other = (User.objects.create_superuser(name) for name in ("one", "other"))
    with pytest.raises(deciding.NotApproved):
        jobs.begin(move, by=one, now=NOW)
    asked = deciding.ask(MovingOfRuns(), move, by=one, now=NOW)
    assert MovingOfRuns().words(asked.content)
    deciding.approve(asked, by=other, now=NOW)
    assert jobs.begin(move, by=one, now=NOW)


# -- any linear journey, edited anyhow, moved at any moment

KINDS = st.sampled_from(["wait", "event", "hello", "tag"])


def built(kinds: list[tuple[str, str, int]]) -> dict:
    """Steps in a line: (id, kind, how long)."""
    steps = {}
    for place, (ident, kind, n) in enumerate(kinds):
        to = kinds[place + 1][0] if place + 1 < len(kinds) else None
        waits = ORDER | {"n": n, "event": "Order Paid" if n % 2 else "Order Completed"}
        steps[ident] = {
            "wait": lambda n=n, to=to: wait(n, to),
            "event": lambda w=waits, to=to: step("wait_for_event", w, happened=to, timed_out=to),
            "hello": lambda to=to: hello(to),
            "tag": lambda n=n, to=to: step(
                "set_attribute",
                {"attribute": "crm_seen", "kind": "number", "number": n},
                next=to,
            ),
        }[kind]()
    return steps


LINE = st.lists(st.tuples(KINDS, st.integers(1, 6)), min_size=1, max_size=6)
EDITS = st.lists(
    st.tuples(st.sampled_from(["drop", "add", "longer"]), st.integers(0, 6), KINDS), max_size=4
)
STORY = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(["enter", "pay", "order", "later", "send"])),
    max_size=8,
)


def edited(line, edits):
    found, number = list(line), len(line)
    for what, at, kind in edits:
        at %= len(found)
        if what == "drop" and len(found) > 1:
            del found[at]
        elif what == "add":
            number += 1
            found.insert(at, (f"s{number}", kind, at + 1))
        elif what == "longer":
            ident, same, n = found[at]
            found[at] = (ident, same, n + 1)
    return found


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(LINE, EDITS, STORY, STORY, st.integers(0, 2))
def test_nobody_is_lost_and_nothing_is_done_twice(
    moved_clock, killed, line, edits, before, after, kills
):
    Journey.objects.update(status="paused")  # those of other examples
    line = [(f"s{n}", kind, long) for n, (kind, long) in enumerate(line, 1)]
    journey, source, now = a_journey(built(line)), a_source(), NOW
    first = 10 * journey.pk  # nobody of theirs
    runs, messages = journey.runs, Message.objects.filter(journey_id=journey.pk)
    moved_clock.stand(now)

    def told(story, now):
        names = {"enter": "Product Viewed", "pay": "Order Paid", "order": "Order Completed"}
        for n, what in story:
            now += timedelta(minutes=7) if what != "later" else timedelta(hours=n)
            moved_clock.stand(now)
            if what in names:
                event = an_event(member(first + n), name=names[what], at=now)
                happened(source, event, now=now)
            elif what == "send":
                sender.send_due("in_app")
            settle()
        return now

    now = told(before, now)
    old = journey.versions.get().pk
    under_way = set(runs.filter(state="active").values_list("pk", flat=True))
    move = a_move(anew(journey, built(edited(line, edits))))
    where = {run.pk: move.mapping[str(old)][run.step] for run in runs.all()}
    sender.send_due("in_app")
    killed["n"] = kills
    job = work_through_kills(killed, move, now)
    killed["n"] = 0

    assert job.state == "done"
    on_new = set(runs.filter(version=journey.published_id).values_list("pk", flat=True))
    assert on_new == {pk for pk in under_way if where[pk].startswith("to:")}
    moved = RunMove.objects.filter(run__journey=journey)
    assert set(moved.values_list("run", flat=True)) == on_new
    assert kept() == recounted()

    now = told(after, now)
    for _step in range(len(line) + len(edits) + 1):  # a wait begins when the one before is walked
        now += timedelta(hours=23)
        moved_clock.stand(now)
        settle()
    assert not runs.filter(state="active").exists()
    sent = Counter(messages.values_list("run_id", "step"))
    assert not sent or max(sent.values()) == 1
    assert kept() == recounted()
