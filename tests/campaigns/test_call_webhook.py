"""A step that calls another system: once per visit, told back at once, its answer said further
on."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.delivery import sender
from campaigns.journeys import calls as wanted
from campaigns.journeys import definition
from campaigns.models import Message, Run, RunStep
from customers.models import Connection, Customer, OutboundCall
from integrations.connections import calls
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.campaigns.test_leaving import BOUGHT, a_journey
from tests.campaigns.test_purpose import says
from tests.campaigns.test_wait_for_event import step
from tests.factories import NOW, a_namespace, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def a_webhook():
    return Connection.objects.create(
        vendor="webhook",
        namespace=a_namespace(),
        name="ERP",
        account="erp",
        settings={"url": "https://erp.example/hook"},
    )


def a_call(*, goal=None, **more):
    fields = {"connection": a_webhook().pk, "data": "name = {{ customer.name }}", "hours": 2}
    steps = {
        "s1": step("call_webhook", fields | more, next="s2", failed=None),
        "s2": says("Your number: {{ answer.number }}"),
    }
    return a_journey(steps, goal=goal)


def begun(clock, *numbers):  # noqa: F811
    happened(a_source(), *(an_event(member(n)) for n in numbers or (1,)))
    clock(NOW + timedelta(seconds=2))
    settle()


def ends(state, answer=None):
    """As integrations/connections/calls.py notes it."""
    for call in OutboundCall.objects.all():
        call.sealed_answer = None if answer is None else json.dumps(answer)
        calls.end(call, state, NOW)
    calls.notify_callers()
    settle()


def left_by():
    return list(RunStep.objects.order_by("run", "visit").values_list("step", "outcome"))


def test_what_is_told_and_what_is_answered(clock):  # noqa: F811
    journey = a_call()
    happened(a_source(), an_event(member(1)))
    Customer.objects.update(name="王小明")
    begun(clock, 2)
    first = OutboundCall.objects.order_by("pk").first()
    run = Run.objects.get(pk=int(first.key.split(":")[1]))
    assert json.loads(first.content["body"]) == {
        "journey": journey.pk,
        "step": "s1",
        "run": run.pk,
        "customer": str(run.customer.public_id),
        "data": {"name": "王小明"},
    }
    assert left_by() == []

    ends("answered", {"number": 7, "deep": {"x": 1}})
    assert set(left_by()) == {("s1", "next"), ("s2", "next")}
    sender.send_due("in_app")
    assert {one.content["body"] for one in Message.objects.all()} == {"Your number: 7"}


@pytest.mark.parametrize(
    ("state", "answer", "outcome"),
    [("failed", None, "failed"), ("expired", None, "expired"), ("answered", "no JSON", "next")],
)
def test_however_it_ends_the_run_goes_on(clock, state, answer, outcome):  # noqa: F811
    a_call(goal=BOUGHT)
    begun(clock)
    ends(state, answer)

    assert left_by()[0] == ("s1", outcome)


def test_an_answer_without_the_field_skips_the_message(clock):  # noqa: F811
    a_call()
    begun(clock)
    ends("answered", "no JSON")
    sender.send_due("in_app")

    assert Message.objects.get().reason == "no_field:answer.number"


def test_wanted_twice_it_is_one_call(clock):  # noqa: F811
    a_call()
    begun(clock)
    run = Run.objects.get()
    to = Connection.objects.get()
    wanted.want([run], {run.pk: {}}, to=to, data="", lasts=HOUR, now=NOW)

    assert OutboundCall.objects.count() == 1


def test_who_is_never_told_goes_on_when_its_time_is_over(clock):  # noqa: F811
    a_call()
    begun(clock)
    OutboundCall.objects.update(state="expired", due_at=None)
    clock(NOW + 3 * HOUR)
    settle()

    assert left_by() == [("s1", "expired")]


def test_many_cost_as_many_statements_as_one(clock):  # noqa: F811
    def cost(numbers):
        happened(a_source(), *(an_event(member(n)) for n in numbers))
        clock(NOW + timedelta(seconds=2))
        with CaptureQueriesContext(connection) as first:
            settle()
        return len(first)

    a_call()
    cost([1])
    assert cost([2]) == cost(range(10, 50))


@pytest.mark.parametrize(
    "wrong",
    [
        {"connection": 0},
        {"data": "no pair"},
        {"data": "a = {{ x"},
        {"data": "a=1\n" * 31},
        {"hours": 0},
    ],
)
def test_wrong_fields_are_refused(wrong):
    with pytest.raises(definition.InvalidJourney):
        a_call(**wrong)


def test_an_answer_is_known_behind_the_call_only():
    with pytest.raises(definition.InvalidJourney, match=r"answer\.number"):
        a_journey({"s1": says("{{ answer.number }}")})
