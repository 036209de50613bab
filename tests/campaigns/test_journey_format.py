"""How journeys are stored: version 2, and version 1 wherever it is met."""

from datetime import timedelta

import pytest

from campaigns.journeys import definition, starting, telling
from campaigns.journeys.format import current
from campaigns.journeys.steps import base
from campaigns.models import Journey, JourneyVersion, Message, Run
from campaigns.uses import rows_named
from customers.models import Tag
from events import names
from tests.campaigns.test_journeys import (
    HELLO,
    a_journey,
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.factories import NOW, a_source, a_workspace, an_event, happened, member

pytestmark = pytest.mark.django_db

SEND = {"channel": "in_app", "purpose": "marketing", "content": {"title": "Hello", "body": "You"}}
ON_VIEW = {"trigger": "event", "fields": {"event": "Product Viewed"}}


def version_2(**more) -> dict:
    send = {"step": "send_message", "fields": SEND, "exits": {"next": None}}
    return {
        "v": 2,
        "trigger": ON_VIEW,
        "reentry": {"kind": "always"},
        "start": "s1",
        "steps": {"s1": send},
    } | more


def version_1() -> dict:
    tag = Tag.objects.create(name="VIP")
    rule = {"condition": "tag", "mode": "any", "tags": [tag.pk]}
    return {
        "trigger": {"trigger": "event", "event": "Product Viewed"},
        "reentry": {"kind": "once"},
        "holdout_percent": 10,
        "start": "branch",
        "steps": {
            "branch": {"step": "branch", "rule": rule, "yes": "wait", "no": "hello"},
            "wait": {"step": "wait", "n": 1, "unit": "hours", "next": "hello"},
            "hello": HELLO,
        },
    }


def test_version_1_is_read_as_version_2():
    read = current(version_1())

    assert read["v"] == 2
    assert read["trigger"] == ON_VIEW
    assert read["steps"]["branch"]["exits"] == {"yes": "wait", "no": "hello"}
    assert read["steps"]["branch"]["fields"].keys() == {"rule"}
    assert read["steps"]["wait"] == {
        "step": "wait",
        "fields": {"n": 1, "unit": "hours"},
        "exits": {"next": "hello"},
    }
    assert (read["reentry"], read["holdout_percent"], read["start"]) == (
        {"kind": "once"},
        10,
        "branch",
    )
    assert current(read) is read
    assert definition.check(read).watches() == {"Product Viewed"}


def test_what_is_published_is_version_2_and_names_what_it_uses():
    draft = version_1()
    journey = Journey.objects.create(name="old", draft=draft)
    definition.publish(journey, by=None, now=NOW)

    published = JourneyVersion.objects.get().definition
    assert published == current(draft)
    assert rows_named(draft, Tag) == rows_named(published, Tag) == {Tag.objects.get().pk}


def test_runs_of_a_version_1_that_was_published_before_go_on(clock):  # noqa: F811
    a_workspace()
    journey = a_journey({"hello": HELLO})
    JourneyVersion.objects.update(
        definition={
            "trigger": {"trigger": "event", "event": "Product Viewed"},
            "reentry": {"kind": "always"},
            "start": "hello",
        }
        | {"steps": {"hello": HELLO}}
    )
    definition.of_version.cache_clear()
    happened(a_source(), an_event(member(1)))
    clock(NOW + timedelta(seconds=2))
    settle()

    assert Run.objects.get().state == "completed"
    assert Message.objects.get().journey_id == journey.pk


@pytest.mark.parametrize(
    "wrong",
    [
        {"v": 3},
        {"v": "2"},
        {"v": None},
        {"surprise": 1},
        {"trigger": {"trigger": "event", "event": "Product Viewed"}},
        {"trigger": {"trigger": "event", "fields": []}},
        {"trigger": None},
        {"start": None},
        {"start": "elsewhere"},
        {"reentry": "once"},
        {"steps": {}},
        {"steps": []},
        {"steps": {"s1": None}},
        {"steps": {"s1": {"step": "send_message", "fields": SEND}}},
        {"steps": {"s1": {"step": "send_message", "fields": SEND, "exits": {"yes": None}}}},
        {"steps": {"s1": {"step": "send_message", "fields": SEND, "exits": {"next": 7}}}},
        {
            "steps": {
                "s1": {
                    "step": "send_message",
                    "fields": {**SEND, "next": None},
                    "exits": {"next": None},
                }
            }
        },
        {"steps": {"s1": {"step": "send_message", **SEND, "exits": {"next": None}}}},
        {"steps": {"s1": {"step": "unheard_of", "fields": {}, "exits": {}}}},
        {"steps": {"s1": {"step": ["send_message"], "fields": SEND, "exits": {"next": None}}}},
    ],
    ids=str,
)
def test_what_is_wrong_is_refused_in_words(wrong):
    with pytest.raises(definition.InvalidJourney) as refused:
        definition.check(version_2(**wrong))
    assert all(refused.value.messages)
    assert telling.sentence(version_2(**wrong))


def test_a_step_that_is_off_is_walked_past(clock):  # noqa: F811
    a_workspace()
    off = {"step": "send_message", "fields": SEND, "exits": {"next": "s2"}, "off": True}
    on = {
        "step": "send_message",
        "fields": SEND | {"content": {"title": "On", "body": "it is"}},
        "exits": {"next": None},
    }
    journey = Journey.objects.create(name="off", draft=version_2(steps={"s1": off, "s2": on}))
    definition.publish(journey, by=None, now=NOW)
    happened(a_source(), an_event(member(1)))
    clock(NOW + timedelta(seconds=2))
    settle()

    assert list(Message.objects.values_list("step", flat=True)) == ["s2"]
    assert list(Run.objects.get().history.order_by("visit").values_list("step", "outcome")) == [
        ("s1", "off"),
        ("s2", "next"),
    ]


class Listening(base.Step):
    """Sleeps until one of two events happens."""

    key, label, waits = "listening", "Listen", True
    EVENTS = ("Order Completed", "Booking Cancelled")

    def watches(self):
        return set(self.EVENTS)

    def run(self, runs, *, now, effects):
        return {
            run.pk: base.Sleep(
                now + timedelta(days=1), frozenset(names.numbers(self.EVENTS).values())
            )
            for run in runs
        }

    def sentence(self):
        return "listen"


@pytest.mark.parametrize(
    ("event", "woken"), [("Order Completed", 1), ("Booking Cancelled", 1), ("Cart Viewed", 0)]
)
def test_any_of_the_events_that_a_step_awaits_wakes_its_run(clock, monkeypatch, event, woken):  # noqa: F811
    a_workspace()
    monkeypatch.setitem(base.steps.by_key, "listening", Listening)
    draft = version_2(steps={"s1": {"step": "listening", "fields": {}, "exits": {"next": None}}})
    definition.publish(Journey.objects.create(name="listen", draft=draft), by=None, now=NOW)
    happened(a_source(), an_event(member(1)))
    clock(NOW + timedelta(seconds=2))
    settle()
    assert sorted(Run.objects.get().awaits) == sorted(names.numbers(Listening.EVENTS).values())

    happened(a_source(), an_event(member(1), name=event))
    settle()

    assert Run.objects.filter(state="completed").count() == woken
    assert Run.objects.filter(awaits=[]).count() == woken
    assert starting.live()


@pytest.mark.parametrize(
    ("stored", "schedule"),
    [
        ({"once_at": "2026-05-01T09:00"}, {"kind": "once", "at": "2026-05-01T09:00"}),
        ({"daily_at": "10:00:01", "once_at": None}, {"kind": "daily", "time": "10:00:01"}),
    ],
)
def test_a_time_of_before_is_read_as_a_schedule(stored, schedule):
    older = version_2(trigger={"trigger": "schedule", "fields": {"segment": 7, **stored}})
    read = current(older)
    assert read["trigger"]["fields"] == {"segment": 7, "schedule": {"missed": "last", **schedule}}
    assert current(read) is read
