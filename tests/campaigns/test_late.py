"""A paused journey goes on: what is late by then is asked about, with its number."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from campaigns.delivery import sender
from campaigns.journeys import late, lifecycle
from campaigns.models import Journey, Message, Run
from customers.models import Workspace
from tests.campaigns.test_journeys import (
    HELLO,
    a_journey,
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.factories import NOW, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
STEPS = {"wait": {"step": "wait", "n": 1, "unit": "hours", "next": "hello"}, "hello": HELLO}


def paused(clock):  # noqa: F811
    """One message waits to leave, one person waits to move on; then the journey stands still."""
    journey, source = a_journey(STEPS), a_source()
    for n, at in ((1, NOW), (2, NOW + HOUR)):
        happened(source, an_event(member(n), at=at), now=at)
        clock(at + timedelta(seconds=2))
        settle()
    clock(NOW + HOUR + timedelta(seconds=5))
    settle()
    lifecycle.pause(journey, by=None)
    assert (Message.objects.count(), Run.objects.filter(state="active").count()) == (1, 1)
    return journey


def press(client, journey, name, **data):
    address = reverse(f"admin:campaigns_journey_{name}", args=[journey.pk, *data.pop("args", [])])
    answer = client.post(address, {**data, "_token": uuid4().hex}, follow=True)
    journey.refresh_from_db()
    return answer


def test_a_short_pause_asks_nothing(clock, client, django_user_model):  # noqa: F811
    journey = paused(clock)
    clock(NOW + 20 * HOUR)
    assert not late.counts(journey, NOW + 20 * HOUR)
    client.force_login(django_user_model.objects.create_superuser("boss"))
    press(client, journey, "act", args=["resume"])

    assert journey.status == Journey.Status.LIVE


@pytest.mark.parametrize(
    ("choice", "runs", "messages"),
    [
        ("with_late", {("completed", "completed")}, {("sent", "")}),
        (
            "without_late",
            {("completed", "completed"), ("exited", "taken_out")},
            {("cancelled", "late")},
        ),
    ],
)
def test_what_is_late_is_asked_about(
    clock,  # noqa: F811
    client,
    django_user_model,
    choice,
    runs,
    messages,
):
    journey, now = paused(clock), NOW + 30 * HOUR
    clock(now)
    client.force_login(django_user_model.objects.create_superuser("boss"))
    found = late.counts(journey, now)
    assert (found.people, found.messages, found.hours) == (1, 1, 24)

    answer = press(client, journey, "act", args=["resume"])
    assert journey.status == Journey.Status.PAUSED
    assert answer.context["late"] == found
    press(client, journey, "trouble", act=choice)
    assert journey.status == Journey.Status.LIVE
    settle()
    sender.send_due("in_app")

    assert set(Run.objects.values_list("state", "outcome")) == runs
    assert set(Message.objects.values_list("state", "reason")) == messages


def test_how_late_is_a_setting(clock):  # noqa: F811
    journey = paused(clock)
    Workspace.objects.update(late_hours=2)

    assert late.counts(journey, NOW + 5 * HOUR).people == 1
