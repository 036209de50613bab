"""Tasks that a journey gives to staff: planned once, told back at once, not reached comes again."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.journeys import definition, tasks
from campaigns.models import Run, RunStep
from customers.models import Customer, FollowUp
from customers.profile import notes
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.campaigns.test_leaving import BOUGHT, a_journey
from tests.campaigns.test_wait_for_event import step
from tests.factories import NOW, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TASK = {"title": "Call {{ customer.name | default: 'them' }}", "n": 1, "again": 2, "hours": 4}
WAYS = dict.fromkeys(("done", "not_reached", "refused", "overdue"))


def asks(*, goal=None, **more):
    return a_journey({"s1": step("staff_task", TASK | more, **WAYS)}, goal=goal)


def go(clock, at):  # noqa: F811
    clock(at)
    tasks.tell(at)
    settle()


def begun(clock, *numbers):  # noqa: F811
    happened(a_source(), *(an_event(member(n)) for n in numbers or (1,)))
    go(clock, NOW + timedelta(seconds=2))


def left_by():
    return list(RunStep.objects.order_by("run", "visit").values_list("outcome", flat=True))


def close(result, at, *, of=None):
    task = of or FollowUp.objects.get()
    assert notes.finish(task, by=None, now=at, result=result)


def test_the_task_is_there_once_with_its_fields(clock):  # noqa: F811
    boss = User.objects.create_user("boss", is_staff=True)
    asks(staff=boss.pk)
    happened(a_source(), an_event(member(1)))
    Customer.objects.update(name="王小明")
    go(clock, NOW + timedelta(seconds=2))

    task = FollowUp.objects.get()
    assert (task.title, task.assignee, str(task.due_on)) == ("Call 王小明", boss, "2026-11-25")
    run = Run.objects.get()
    tasks.plan([run], {run.pk: {}}, title="x", staff=None, role=None, due_on=NOW, now=NOW)
    assert FollowUp.objects.count() == 1


@pytest.mark.parametrize("result", ["done", "refused"])
def test_it_goes_on_by_what_came_of_it_as_soon_as_it_is_closed(clock, result):  # noqa: F811
    asks()
    begun(clock)
    go(clock, NOW + HOUR)
    assert left_by() == []

    close(result, NOW + HOUR)
    go(clock, NOW + HOUR + timedelta(seconds=1))
    assert left_by() == [result]
    assert tasks.tell(NOW + 2 * HOUR) == 0


def test_a_goal_beside_it_keeps_nobody_waiting(clock):  # noqa: F811
    asks(goal=BOUGHT)
    begun(clock)
    close("done", NOW + HOUR)
    go(clock, NOW + HOUR)

    assert left_by() == ["done"]


def test_who_was_not_reached_is_tried_again_and_by_the_role_in_the_end(clock):  # noqa: F811
    boss, role = User.objects.create_user("boss", is_staff=True), Group.objects.create(name="calls")
    asks(staff=boss.pk, role=role.pk)
    begun(clock)
    at, seen = NOW, []
    for _try in range(3):
        at += HOUR
        close("not_reached", at)
        go(clock, at)
        go(clock, at + 3 * HOUR)
        seen.append((FollowUp.objects.get().done_at is None, FollowUp.objects.get().assignee))
        at += 4 * HOUR
        go(clock, at)
        seen.append((FollowUp.objects.get().done_at is None, FollowUp.objects.get().assignee))

    assert seen == [
        (False, boss),
        (True, boss),
        (False, boss),
        (True, None),
        (False, None),
        (False, None),
    ]
    assert (FollowUp.objects.get().role, left_by()) == (role, ["not_reached"])


def test_what_is_not_done_in_time_goes_its_own_way_and_stays_to_be_done(clock):  # noqa: F811
    asks()
    begun(clock)
    go(clock, NOW + 2 * DAY)

    assert (left_by(), FollowUp.objects.get().done_at) == (["overdue"], None)
    close("done", NOW + 2 * DAY)
    go(clock, NOW + 2 * DAY + HOUR)
    assert left_by() == ["overdue"]


def test_many_cost_as_many_statements_as_one(clock):  # noqa: F811
    def cost(numbers):
        happened(a_source(), *(an_event(member(n)) for n in numbers))
        at = NOW + timedelta(seconds=2)
        clock(at)
        with CaptureQueriesContext(connection) as first:
            settle()
        FollowUp.objects.update(done_at=at, result="done")
        with CaptureQueriesContext(connection) as then:
            go(clock, at)
        return len(first), len(then)

    asks()
    cost([1])
    assert cost([2]) == cost(range(10, 50))


def test_whoever_held_a_role_sees_its_tasks(client):
    role, user = Group.objects.create(name="calls"), User.objects.create_superuser("boss")
    customer = Customer.objects.create(first_seen_at=NOW, name="王小明")
    FollowUp.objects.create(
        customer=customer,
        origin_customer=customer,
        title="Call him",
        at=NOW,
        role=role,
        asked_by="run:1:1",
    )
    client.force_login(user)
    client.cookies["django_language"] = "en"
    assert "Call him" not in client.get("/customers/tasks/").text
    user.groups.add(role)
    page = client.get("/customers/tasks/").text
    assert "Call him" in page
    assert "Not reached" in page


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"title": "{{ x"}, {"title": "{{ coupon.code }}"}, {"n": -1}]
)
def test_wrong_fields_are_refused(wrong):
    with pytest.raises(definition.InvalidJourney):
        asks(**wrong)
