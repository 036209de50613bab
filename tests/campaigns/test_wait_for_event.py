"""Steps that wait until something happens: in whatever order it is told, for many at once, and when
it is told while they begin to wait."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from campaigns import automation
from campaigns.journeys import definition, engine, telling
from campaigns.journeys.steps.wait_for_event import LOOK_AGAIN, MOST_AT_ONCE
from campaigns.models import Journey, Run, RunStep
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
    wait_until_somebody_waits,  # noqa: F401
)
from tests.factories import NOW, a_namespace, a_source, an_event, happened, member, visitor

pytestmark = pytest.mark.django_db

ON_VIEW = {"trigger": "event", "fields": {"event": "Product Viewed"}}
ORDER = {"event": "Order Completed", "n": 1, "unit": "hours"}
HOUR = timedelta(hours=1)


def seconds(n):
    return NOW + timedelta(seconds=n)


def step(kind, fields, **exits):
    return {"step": kind, "fields": fields, "exits": exits}


def a_journey(steps, **more):
    draft = {
        "v": 2,
        "trigger": ON_VIEW,
        "reentry": {"kind": "always"},
        "start": next(iter(steps)),
        "steps": steps,
        **more,
    }
    journey = Journey.objects.create(name=f"journey {Journey.objects.count()}", draft=draft)
    definition.publish(journey, by=None, now=NOW)
    return journey


def waits(**fields):
    return a_journey({"s1": step("wait_for_event", ORDER | fields, happened=None, timed_out=None)})


def left_by():
    return list(RunStep.objects.order_by("run", "visit").values_list("outcome", flat=True))


def begun(clock, *events, source=None, at=2):  # noqa: F811
    happened(source or a_source(), *(events or [an_event(member(1))]))
    clock(seconds(at))
    settle()


def test_it_goes_on_when_the_event_is_there_and_not_before(clock):  # noqa: F811
    waits()
    source = a_source()
    begun(clock, source=source)
    clock(seconds(10))
    settle()
    assert (Run.objects.get().state, Run.objects.get().due_at) == ("active", NOW + HOUR)

    happened(source, an_event(member(1), name="Cart Viewed", at=seconds(20)), now=seconds(20))
    happened(source, an_event(member(2), name="Order Completed", at=seconds(20)), now=seconds(20))
    clock(seconds(21))
    settle()
    assert left_by() == []

    happened(source, an_event(member(1), name="Order Completed", at=seconds(30)), now=seconds(30))
    clock(seconds(31))
    settle()
    assert (left_by(), Run.objects.get().awaits) == (["happened"], [])


def test_it_goes_on_by_the_other_way_when_its_time_is_over(clock):  # noqa: F811
    waits()
    begun(clock)
    clock(NOW + HOUR - timedelta(seconds=1))
    settle()
    assert left_by() == []

    clock(NOW + HOUR)
    settle()
    assert left_by() == ["timed_out"]


@pytest.mark.parametrize(
    ("occurred", "told_after_seconds", "outcome"),
    [
        (0, 1, "happened"),  # told with what began the journey, at its very moment
        (1, 1, "happened"),  # told with it
        (-1, 1, "timed_out"),  # before
        (60, 3500, "happened"),  # late, and within its time
        (3600, 3600, "happened"),
        (3601, 3601, "timed_out"),
        (3601, 100, "timed_out"),  # from the future, and beyond its time
    ],
)
def test_what_counts_is_when_it_happened(clock, occurred, told_after_seconds, outcome):  # noqa: F811
    waits()
    source = a_source()
    begun(clock, source=source)
    now = seconds(told_after_seconds)
    happened(source, an_event(member(1), name="Order Completed", at=seconds(occurred)), now=now)
    clock(now)
    settle()
    clock(NOW + HOUR + timedelta(seconds=5))
    settle()

    assert left_by() == [outcome]


@pytest.mark.parametrize("is_first", [True, False])
def test_both_told_before_anybody_looks(clock, is_first):  # noqa: F811
    waits()
    view, order = an_event(member(1)), an_event(member(1), name="Order Completed", at=seconds(0.5))
    begun(clock, *((order, view) if is_first else (view, order)))

    assert left_by() == ["happened"]


def test_an_event_from_the_future_has_happened_when_its_time_has_come(clock):  # noqa: F811
    waits()
    source = a_source()
    begun(clock, source=source)
    happened(source, an_event(member(1), name="Order Completed", at=seconds(300)), now=seconds(4))
    clock(seconds(4))
    settle()
    assert (left_by(), Run.objects.get().due_at) == ([], seconds(300))

    clock(seconds(300))
    settle()
    assert left_by() == ["happened"]


@pytest.mark.parametrize(
    ("fields", "properties", "outcome"),
    [
        ({"where": [["total", ">", 100]]}, {"total": 150}, ["happened"]),
        ({"where": [["total", ">", 100]]}, {"total": 50}, []),
        ({"where": [["city", "is", "Beijing"]]}, {"city": "Beijing"}, ["happened"]),
    ],
)
def test_only_events_that_fit_the_filters_count(clock, fields, properties, outcome):  # noqa: F811
    waits(**fields)
    source = a_source()
    begun(clock, source=source)
    happened(
        source,
        an_event(member(1), name="Order Completed", at=seconds(3), properties=properties),
        now=seconds(4),
    )
    clock(seconds(4))
    settle()

    assert left_by() == outcome


@pytest.mark.parametrize(
    ("keys", "shop", "outcome"),
    [
        (["p1", "p9"], "shop", ["happened"]),
        (["p2"], "shop", []),
        (None, "shop", []),
        (["p1"], "other", []),
    ],
)
def test_only_the_same_product_of_the_same_shop_counts(clock, keys, shop, outcome):  # noqa: F811
    waits(key_of="product")
    source, shops = a_source(), {"other": a_namespace("other")}
    begun(clock, an_event(member(1), keys=["p1"]), source=source)
    where_from = source if shop == "shop" else a_source(namespace=shops[shop])
    customer = Run.objects.get().customer_id
    happened(
        where_from,
        an_event(member(1), name="Order Completed", at=seconds(3), keys=keys),
        now=seconds(4),
    )
    with (
        connection.cursor() as cursor
    ):  # whose member number it is in the other shop is not what is asked here
        cursor.execute("UPDATE events_event SET customer_id = %s", [customer])
    Run.objects.update(due_at=seconds(4))
    clock(seconds(4))
    settle()

    assert left_by() == outcome


def test_who_waits_again_waits_for_another_one(clock):  # noqa: F811
    """Also where two follow each other without a pause; and what happens between two looks counts
    for the second."""
    wait = step("wait_for_event", ORDER, happened="s2", timed_out=None)
    a_journey({"s1": wait, "s2": step("wait_for_event", ORDER, happened="s1", timed_out=None)})
    source = a_source()
    begun(clock, source=source)
    orders = [an_event(member(1), name="Order Completed", at=seconds(at)) for at in (10, 11, 12)]
    happened(source, *orders, now=seconds(13))
    clock(seconds(13))
    settle()

    assert (left_by(), Run.objects.get().visit) == (["happened"] * 3, 4)


def test_a_circle_through_waits_that_are_over_at_once_takes_pauses(clock):  # noqa: F811
    """However many there are to count, no go is longer than a few steps."""
    a_journey({"s1": step("wait_for_event", ORDER, happened="s1", timed_out=None)})
    source = a_source()
    orders = [
        an_event(member(1), name="Order Completed", at=NOW + timedelta(milliseconds=n))
        for n in range(150)
    ]
    begun(clock, an_event(member(1)), *orders, source=source)
    assert (left_by(), Run.objects.get().due_at) == (
        ["happened"] * MOST_AT_ONCE,
        seconds(2) + LOOK_AGAIN,
    )

    for n in range(1, 40):
        clock(seconds(2) + n * LOOK_AGAIN)
        settle()
    assert (left_by(), Run.objects.get().attempts) == (["happened"] * 150, 0)


def test_whoever_stands_here_without_having_come_begins_to_wait(clock):  # noqa: F811
    """As after a repair by hand: no run is stuck for want of a fact."""
    waits()
    begun(clock)
    Run.objects.update(facts={}, due_at=seconds(100))
    clock(seconds(100))
    settle()
    assert (left_by(), Run.objects.get().due_at) == ([], seconds(100) + HOUR)


def test_what_a_visitor_did_counts_once_they_are_known(clock):  # noqa: F811
    """The event was recorded for somebody else and woke nobody; the merge that brings it does."""
    waits()
    source = a_source()
    begun(clock, source=source)
    happened(source, an_event(visitor(9), name="Order Completed", at=seconds(10)), now=seconds(10))
    clock(seconds(11))
    settle()
    assert left_by() == []

    happened(
        source, an_event(member(1), visitor(9), name="Logged In", at=seconds(20)), now=seconds(20)
    )
    clock(seconds(21))
    settle()
    assert left_by() == ["happened"]


def test_whoever_comes_in_time_waits_from_then_on(clock):  # noqa: F811
    """What happened in the wait before does not count."""
    steps = {
        "s1": step("wait", {"n": 1, "unit": "minutes"}, next="s2"),
        "s2": step("wait_for_event", ORDER, happened=None, timed_out=None),
    }
    a_journey(steps)
    source = a_source()
    begun(clock, source=source)
    happened(source, an_event(member(1), name="Order Completed", at=seconds(30)), now=seconds(30))
    clock(seconds(70))
    settle()
    assert left_by() == ["next"]

    clock(seconds(70) + HOUR)
    settle()
    assert left_by() == ["next", "timed_out"]


def test_many_cost_as_many_statements_as_one(clock):  # noqa: F811
    waits()
    source = a_source()

    def statements(*numbers, at):
        happened(source, *[an_event(member(n)) for n in numbers])
        clock(seconds(at))
        automation.process_reactions()
        with CaptureQueriesContext(connection) as entered:
            engine.advance()
        clock(seconds(at) + LOOK_AGAIN)
        with CaptureQueriesContext(connection) as looked:
            engine.advance()
        return len(entered), len(looked)

    statements(1, at=2)  # what is read once per process is read
    one = statements(2, at=10)
    assert statements(*range(100, 300), at=20) == one
    assert Run.objects.filter(state="active", is_waiting=True).count() == 202


@pytest.mark.parametrize(
    "wrong",
    [
        {"event": ""},
        {"n": 0},
        {"n": None},
        {"unit": "months"},
        {"unit": ""},
        {"where": "x"},
        {"where": [["a"]]},
        {"key_of": "order"},
    ],
    ids=str,
)
def test_wrong_fields_are_refused(wrong):
    with pytest.raises(definition.InvalidJourney):
        waits(**wrong)


def test_it_is_told_in_words_and_watched():
    journey = waits(key_of="product", where=[["total", ">", 100]])

    with translation.override("en"):
        said = telling.sentence(journey.draft)
    assert (
        "wait until “Order Completed” where total > “100” happens for the same product, for at most"
        " 1 hour" in said
    )
    assert "it happened: end; time is over: end" in said
    with translation.override("zh-hans"):
        said = telling.sentence(journey.draft)
    assert "等待同一商品的“完成订单”（其中 总额 > “100”）发生，最多 1 小时" in said
    assert definition.check(journey.draft).watches() == {"Product Viewed", "Order Completed"}
