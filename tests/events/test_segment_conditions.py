"""Conditions on behaviour, orders, bookings and measurements: stored membership = full evaluation =
a slow second reading."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import ChangedCustomer, Membership, Segment, Store
from customers.segments import copies, membership, rules
from events.incoming_items import BookingState, Incoming, Measured, OrderState, RefundMade
from events.models import OrderLine, Refund
from tests import slow_segments
from tests.factories import (
    NOW,
    a_customer,
    a_source,
    a_workspace,
    an_event,
    an_order,
    happened,
    member,
    visitor,
)
from tests.stories import undone

pytestmark = pytest.mark.django_db


def last(n, unit="seconds"):
    return {"window": "last", "window_n": n, "window_unit": unit}


def number(measure, comparison, times, **more):
    return {
        "condition": "event_number",
        "event": "A",
        "measure": measure,
        "comparison": comparison,
        "times": times,
        **more,
    }


def did(comparison, times, **more):
    return {
        "condition": "did_event",
        "event": "A",
        "comparison": comparison,
        "times": times,
        **more,
    }


def spans(condition, long, short):
    units = {"long_unit": "seconds", "short_unit": "seconds"}
    return {"condition": condition, "event": "A", "long_n": long, "short_n": short, **units}


def ordered(measure, comparison, times, **more):
    return {
        "condition": "orders",
        "measure": measure,
        "comparison": comparison,
        "times": times,
        **more,
    }


def counted(condition, comparison, times, **more):
    return {"condition": condition, "comparison": comparison, "times": times, **more}


FOLLOWED = {
    "condition": "sequence",
    "first": "A",
    "second": "B",
    "within_n": 10,
    "within_unit": "seconds",
}
LEAVES = [
    did(">=", 1, days=2, **last(40)),
    did("<=", 2, days=1),
    did("<=", 1, **last(30)),
    number("sum", ">=", "5", property="n", **last(30)),
    number("sum", "<=", "2", property="n", where=[["n", "exists"]], **last(20)),
    number("average", ">", "2.5", property="n"),
    number("min", "<", "2", property="n", **last(25)),
    number("max", ">=", "4", property="n", **last(25)),
    number("sum", ">", "0.03", **last(35)),
    {"condition": "first_did", "event": "A", **last(20)},
    {"condition": "first_did", "event": "A", "where": [["n", ">", "2"]], **last(30)},
    {
        "condition": "last_did",
        "event": "A",
        "has": [["n", ">", "2"]],
        "age": "at_least",
        "age_n": 10,
        "age_unit": "seconds",
    },
    {
        "condition": "last_did",
        "event": "A",
        "where": [["n", "exists"]],
        "age": "at_most",
        "age_n": 15,
        "age_unit": "seconds",
    },
    {"condition": "last_did", "event": "A", "has": [["n", "is", "x"]]},
    spans("stopped_doing", 40, 15),
    spans("restarted_doing", 30, 12),
    {
        "condition": "regularly_did",
        "event": "A",
        "times": 1,
        "periods": 2,
        "out_of": 3,
        "unit": "minutes",
    },
    {**FOLLOWED, **last(60)},
    {**FOLLOWED, "second": "A", "same_product": True},
    ordered("average", ">=", "2"),
    ordered("net", "<=", "3", **last(40)),
    ordered("days", ">=", "1"),
    ordered("days", "=", "1", **last(2, "days")),
    ordered("count", ">=", "1", with_coupon=True, **last(1, "days")),
    counted("bought", ">=", 1, what="product_id", value="p1", **last(30)),
    counted("bought", "<=", 1, what="category", value="tea"),
    counted("refunded", ">=", "1", measure="count", **last(20)),
    counted("refunded", "<", "2", measure="total"),
    counted(
        "booking", ">=", 1, state="upcoming", window="next", window_n=20, window_unit="seconds"
    ),
    counted("booking", ">=", 1, state="upcoming"),
    counted("booking", ">=", 1, state="attended", **last(30)),
    counted("booking", "<=", 0, state="cancelled"),
    counted("booking", ">=", 1, state="no_show", window="next", window_n=10, window_unit="seconds"),
    counted("booking", "=", 1, state="booked", kind="class", product="p1"),
    {"condition": "booked_on", "day": "today", "resource": "Dr Li"},
    {"condition": "booked_on", "booked": "no", "day": "tomorrow", "state": "any"},
    {"condition": "booked_on", "day": "last", "day_n": 1, "state": "attended", "whom": "self"},
    {"condition": "booked_on", "day": "next", "day_n": 2, "state": "awaited", "place": "upstairs"},
    {"condition": "booked_on", "booked": "no", "day": "ever", "kind": "class", "whom": "other"},
    counted("measured", ">=", "3", kind="weight", measure="latest", **last(30)),
    counted("measured", "<", "2", kind="weight", measure="any", **last(20)),
    counted("measured", ">", "2.5", kind="weight", measure="average", **last(60)),
    counted("measured", "<=", "1", kind="weight", measure="min"),
]
TREES = [
    *LEAVES,
    *({"op": "any", "of": [leaf, LEAVES[n - 5]]} for n, leaf in enumerate(LEAVES)),
    *({"op": "none", "of": [leaf, LEAVES[n - 9]]} for n, leaf in enumerate(LEAVES)),
]

happening = st.tuples(
    st.sampled_from(
        ["A", "A", "A", "B", "B", "order", "order", "refund", "booking", "measure", "join"]
    ),
    st.integers(0, 3),  # who
    st.integers(-130, 8) | st.integers(-25, 8),  # seconds before or after the clock
    st.integers(0, 5),  # a number, and what follows from it
)
story = st.lists(
    st.tuples(st.lists(happening, min_size=1, max_size=7), st.integers(2, 25)),
    min_size=1,
    max_size=5,
)
PRODUCTS = [["p1"], ["p2"], ["p1", "p2"], None]
STATES = ["booked", "confirmed", "attended", "cancelled", "no_show", "booked"]


def one(what, who, at, n):
    """The item that is told; `n` chooses its details."""
    keys = PRODUCTS[n % 4]
    if what == "join":
        return an_event(member(who), visitor(who), name="Joined", at=at)
    if what == "order":
        return bill(who, at - timedelta(days=n % 3), n)
    if what == "refund":
        refund = RefundMade(f"r{who}-{n}", f"o{who}-{n % 2}", 60 + n, at)
        return typed("Order Refunded", f"refunds:{refund.number}", who, at, refund=refund)
    if what == "booking":
        state = BookingState(
            f"b{who}-{n % 3}",
            STATES[n],
            ("class", "service")[n % 2],
            at,
            at + timedelta(seconds=9 * n - 9),
            product_id="p1",
            place=("upstairs", "")[n == 4],
            resource=("Dr Li", "Room 2")[n % 3 == 1],
            for_key=("", "child")[n > 2],
        )
        return typed("Booked", f"bookings:{state.number}:{at}:{n}", who, at, booking=state)
    if what == "measure":
        value = Measured(f"m{who}-{at}-{n}", ("weight", "height")[n == 5], at, float(n))
        return typed("Measurement Recorded", value.number, who, at, measurement=value)
    properties = [{"n": n}, {"n": str(n)}, {"n": "x"}, {}][n % 4] if n else {"n": 4.5}
    return an_event(
        visitor(who) if who % 2 else member(who),
        name=what,
        at=at,
        keys=keys,
        properties=properties,
        amount_fen=n or None,
    )


def bill(who, at, n):
    lines = [
        {"product_id": p, "category": ("tea", "cups")[p == "p2"], "quantity": 1, "price_fen": 100}
        for p in PRODUCTS[n % 4] or []
    ]
    status = "cancelled" if n == 5 else "paid"
    order = OrderState(
        f"o{who}-{n % 2}",
        status,
        at,
        100 + 100 * n,
        coupon_code="SPRING" if n > 2 else "",
        lines=lines,
    )
    return typed("Order Completed", f"orders:{order.number}:{status}:{at}", who, at, order=order)


def typed(name, id, who, at, **more):
    return Incoming(
        id, repr(more).encode(), name, at, identities=[member(who)], event_id=id, **more
    )


def tell(told, worth_copying):
    with undone(), patch.object(copies, "WORTH", worth_copying):
        a_workspace(time_zone="Etc/GMT+2")  # it is midnight there
        source, now = a_source(), NOW
        segments = [
            Segment.objects.create(name=f"s{n}", definition=tree) for n, tree in enumerate(TREES)
        ]

        for happenings, seconds in told:
            items = [
                one(what, who, now + timedelta(seconds=ago), n) for what, who, ago, n in happenings
            ]
            happened(source, *items, now=now)
            membership.Pass(now).done()
            assert_right(segments, now)
            now += timedelta(seconds=seconds)
            membership.Pass(now).done()
            assert_right(segments, now)


def assert_right(segments, now):
    stored = {segment.pk: set() for segment in segments}
    for segment, customer in Membership.objects.values_list("segment_id", "customer_id"):
        stored[segment].add(customer)
    full = rules.Evaluation(now)
    people = slow_segments.facts(full.universe)
    for segment in segments:
        expected = {pk for pk, of in people.items() if meant(segment.definition, of, now)}
        assert set(full.of(segment.definition)) == expected, (segment.definition, now)
        assert stored[segment.pk] == expected, (segment.definition, now)


def meant(tree, of, now):
    if "condition" in tree:
        return slow_segments.fits(tree, of, now)
    return any(meant(part, of, now) for part in tree["of"]) == (tree["op"] == "any")


UNHURRIED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@settings(max_examples=3, **UNHURRIED)
@given(story, st.sampled_from([1, copies.WORTH]))
def test_stored_full_and_slow_are_one(told, worth_copying):
    tell(told, worth_copying)


@pytest.mark.proof
@settings(max_examples=150, **UNHURRIED)
@given(story, st.sampled_from([1, copies.WORTH]))
def test_stored_full_and_slow_are_one_in_many_stories(told, worth_copying):
    tell(told, worth_copying)


NOT_FOLLOWED = {**FOLLOWED, "condition": "a_and_no_b", "grace_seconds": 0}
# (the condition, what 1 did so many seconds from now with these details, after how many seconds the
# answer is another)
FLIPS = [
    (did(">=", 1, **last(20)), [("A", -5, 1)], 30),
    (did(">=", 1), [("A", 5, 1)], 30),
    (number("sum", ">=", "1", property="n", **last(20)), [("A", -5, 1)], 30),
    ({"condition": "first_did", "event": "A", **last(20)}, [("A", -5, 1)], 30),
    (
        {
            "condition": "last_did",
            "event": "A",
            "age": "at_least",
            "age_n": 10,
            "age_unit": "seconds",
        },
        [("A", -5, 1)],
        30,
    ),
    (
        {"condition": "last_did", "event": "A", "has": [["n", "is", "x"]]},
        [("A", -5, 1), ("A", 5, 2)],
        30,
    ),
    (spans("stopped_doing", 40, 15), [("A", -5, 1)], 30),
    (spans("restarted_doing", 30, 12), [("A", -60, 1), ("A", -5, 1)], 30),
    (
        {
            "condition": "regularly_did",
            "event": "A",
            "times": 1,
            "periods": 1,
            "out_of": 1,
            "unit": "minutes",
        },
        [("A", -50, 1)],
        30,
    ),
    ({**FOLLOWED, **last(20)}, [("A", -9, 1), ("B", -5, 1)], 30),
    (FOLLOWED, [("A", 0, 1), ("B", 5, 1)], 30),
    (NOT_FOLLOWED, [("A", -5, 1)], 30),
    (ordered("count", ">=", "1", **last(20)), [("order", -5, 0)], 30),
    (ordered("days", ">=", "1"), [("order", -86_390, 0)], 30),
    (counted("bought", ">=", 1, what="product_id", value="p1", **last(20)), [("order", -5, 0)], 30),
    (
        counted("refunded", ">=", "1", measure="count", **last(20)),
        [("order", -30, 0), ("refund", -5, 0)],
        30,
    ),
    (counted("refunded", ">=", "1", measure="count"), [("order", -30, 0), ("refund", 5, 0)], 30),
    (
        counted(
            "booking", ">=", 1, state="upcoming", window="next", window_n=20, window_unit="seconds"
        ),
        [("booking", -5, 5)],
        30,
    ),
    (counted("booking", ">=", 1, state="upcoming"), [("booking", -5, 5)], 40),
    (counted("booking", ">=", 1, state="attended", **last(20)), [("booking", -10, 2)], 30),
    (
        counted("measured", ">=", "3", kind="weight", measure="latest", **last(20)),
        [("measure", -5, 4)],
        30,
    ),
]


@pytest.mark.parametrize(("leaf", "happenings", "seconds"), FLIPS)
def test_time_alone_changes_the_answer(leaf, happenings, seconds):
    segment = Segment.objects.create(name="s", definition=leaf)
    happened(
        a_source(),
        *(one(what, 1, NOW + timedelta(seconds=ago), n) for what, ago, n in happenings),
        now=NOW,
    )
    sizes = []
    for now in (NOW, NOW + timedelta(seconds=seconds)):
        membership.Pass(now).done()
        sizes.append(segment.memberships.count())

    assert sorted(sizes) == [0, 1]


def members(definition, now=NOW):
    rules.check(definition)
    return set(rules.Evaluation(now).of(definition))


# One plain example for each condition: (the condition, seconds of 1's As, seconds of 2's As); 1
# fits and 2 does not.
@pytest.mark.parametrize(
    ("leaf", "fitting", "other"),
    [
        (did(">=", 2, days=2), [-86400, 0], [-1, 0]),
        (number("sum", ">=", "3", property="n"), [-2, -1, 0], [-1, 0]),
        ({"condition": "first_did", "event": "A", **last(10)}, [-5], [-20, -5]),
        (
            {
                "condition": "last_did",
                "event": "A",
                "age": "at_least",
                "age_n": 1,
                "age_unit": "minutes",
            },
            [-90, -60],
            [-90, -59],
        ),
        (spans("stopped_doing", 40, 20), [-30], [-30, -10]),
        (spans("restarted_doing", 40, 20), [-50, -20], [-50, -21, -10]),
        (
            {
                "condition": "regularly_did",
                "event": "A",
                "times": 2,
                "periods": 2,
                "out_of": 3,
                "unit": "hours",
            },
            [-9, -8, -9e3, -8e3],
            [-9] * 9,
        ),
        ({**FOLLOWED, "second": "A"}, [-20, -10], [-20, -9]),
    ],
)
def test_what_one_did_and_the_other_did_not(leaf, fitting, other):
    source = a_source()
    for who, seconds in enumerate((fitting, other)):
        for ago in seconds:
            item = an_event(
                member(who), name="A", at=NOW + timedelta(seconds=ago), properties={"n": 1}
            )
            outcome = happened(source, item, now=NOW)[0]
        if who == 0:
            first = outcome.customer_id

    assert members(leaf) == {first}


def test_orders_lines_refunds():
    source, (tea, cups) = a_source(), (a_customer(), a_customer())
    order = an_order(tea, source=source, paid_at=NOW - timedelta(days=3), coupon_code_digest="x")
    an_order(cups, source=source, paid_fen=5000)
    OrderLine.objects.create(order=order, product_id="p1", category="tea")
    refund = {
        "namespace": source.namespace,
        "source": source,
        "occurred_at": NOW,
        "order_number": order.number,
    }
    Refund.objects.create(number="r", amount_fen=100, **refund)

    for fitting in (
        ordered("average", ">", "60"),
        ordered("days", "=", "3"),
        ordered("count", ">=", "1", with_coupon=True),
        counted("bought", ">=", 1, what="product_id", value="p1"),
        counted("bought", ">=", 1, what="category", value="tea"),
        counted("refunded", ">=", "1", measure="count"),
        counted("refunded", "=", "1", measure="total"),
    ):
        assert members(fitting) == {tea.pk}, fitting


def test_lines_and_refunds_that_come_alone_name_their_customer():
    source, customer = a_source(), a_customer()
    order = an_order(customer, source=source)
    ChangedCustomer.objects.all().delete()

    line = OrderLine.objects.create(order=order, product_id="p1")
    assert list(ChangedCustomer.objects.values_list("customer_id", "what")) == [
        (customer.pk, "order")
    ]
    line.delete()
    assert ChangedCustomer.objects.count() == 2
    Refund.objects.create(
        number="r",
        amount_fen=1,
        namespace=source.namespace,
        source=source,
        occurred_at=NOW,
        order_number=order.number,
    ).delete()
    assert ChangedCustomer.objects.count() == 4
    order.delete()
    assert ChangedCustomer.objects.count() == 5


def test_bookings_and_measurements():
    source = a_source()
    items = [
        one("booking", 1, NOW, 3),
        one("booking", 2, NOW, 0),
        one("booking", 3, NOW - timedelta(seconds=20), 5),
    ]
    items += [
        one("measure", 1, NOW, 4),
        one("measure", 1, NOW - timedelta(seconds=9), 1),
        one("measure", 2, NOW, 1),
    ]
    cancelled, past, coming = (
        outcome.customer_id for outcome in happened(source, *items, now=NOW)[:3]
    )

    assert members(
        counted(
            "booking", ">=", 1, state="upcoming", window="next", window_n=16, window_unit="seconds"
        )
    ) == {coming}
    assert (
        members(
            counted(
                "booking",
                ">=",
                1,
                state="upcoming",
                window="next",
                window_n=15,
                window_unit="seconds",
            )
        )
        == set()
    )
    assert members(counted("booking", ">=", 1, state="cancelled")) == {cancelled}
    assert members(counted("booking", ">=", 1, state="booked", **last(9))) == {past}
    assert members(counted("measured", ">=", "4", kind="weight", measure="latest")) == {cancelled}
    assert members(counted("measured", "=", "2.5", kind="weight", measure="average")) == {cancelled}
    assert members(counted("measured", "<=", "1", kind="weight", measure="any")) == {
        cancelled,
        past,
    }


def booked_on(**more):
    return {"condition": "booked_on", **more}


def test_a_booking_is_on_a_day_with_somebody_at_a_place():
    """The day is the workspace's: at 16:00 UTC it is the next one in Shanghai."""
    a_workspace(time_zone="Asia/Shanghai")
    source, late = a_source(), NOW.replace(hour=15, minute=59)
    west, whole = {"store": "west"}, {"place": "upstairs", "resource": "Dr Li"}

    def a_booking(who, at, status="booked", **more):
        state = BookingState(f"b{who}", status, "class", NOW, at, **more)
        return typed("Booked", f"bookings:b{who}", who, NOW, booking=state)

    items = [
        a_booking(1, late, **whole, **west),
        a_booking(2, late + timedelta(minutes=1), **whole, for_key="child"),
        a_booking(3, late, "cancelled", **whole),
    ]
    one, two, three = (outcome.customer_id for outcome in happened(source, *items, now=NOW))
    store = Store.objects.get(key="west")

    assert members(booked_on(day="today")) == {one}
    assert members(booked_on(day="today", state="any")) == {one, three}
    assert members(booked_on(day="tomorrow")) == {two}
    assert members(booked_on(day="ahead", day_n=1, whom="other")) == {two}
    assert members(booked_on(day="next", day_n=2, resource="Dr Li")) == {one, two}
    assert members(booked_on(day="next", day_n=2, resource="Dr Wu")) == set()
    assert members(booked_on(day="ever", store=store.pk)) == {one}
    assert members(booked_on(day="today", booked="no")) == {two, three}
    fixed = {"day": "between", "day_from": "2026-11-25", "day_until": "2026-11-25"}
    assert members(booked_on(**fixed, place="upstairs", kind="class")) == {two}
    assert members(booked_on(day="today"), now=NOW + timedelta(days=1)) == {two}
    assert members(booked_on(day="ago", day_n=1), now=NOW + timedelta(days=1)) == {one}
    assert members(booked_on(day="last", day_n=2), now=NOW + timedelta(days=1)) == {one, two}


@pytest.mark.parametrize("leaf", LEAVES)
def test_it_is_told_in_both_languages(leaf):
    with translation.override("en"):
        english = rules.sentence(leaf)
    with translation.override("zh-hans"):
        chinese = rules.sentence(leaf)

    assert "unknown" not in english
    assert "%(" not in english + chinese
    assert any("一" <= letter <= "鿿" for letter in chinese)


@pytest.mark.parametrize(
    "leaf",
    [
        did(">=", 1, days=0),
        did(">=", 1, where=[["n", ["is"], "1"]]),
        did(">=", 1, where=[["n\x00", "is", "1"]]),
        did(">=", 1, where=[["n", ">", "1e999999"]]),
        number("median", ">=", "1"),
        number("sum", ">=", "NaN"),
        {"condition": "last_did", "event": "A", "age": "at_most"},
        spans("stopped_doing", 15, 15),
        {
            "condition": "regularly_did",
            "event": "A",
            "times": 1,
            "periods": 4,
            "out_of": 3,
            "unit": "days",
        },
        {**FOLLOWED, "within_unit": "months"},
        ordered("median", ">=", "1"),
        counted("bought", ">=", 1, what="id; --", value="p1"),
        counted("refunded", ">=", "-1", measure="count"),
        counted("booking", ">=", 1, state="upcoming", **last(3)),
        counted("booking", ">=", 1, state="upcoming", window="next"),
        counted(
            "booking",
            ">=",
            1,
            state="upcoming",
            window="next",
            window_n=100_000,
            window_unit="weeks",
        ),
        {"condition": "booked_on", "day": "ahead"},
        {"condition": "booked_on", "day": "between", "day_from": "2026-11-24"},
        {
            "condition": "booked_on",
            "day": "between",
            "day_from": "2026-11-24",
            "day_until": "2026-11-23",
        },
        counted("measured", ">=", "1", kind="weight", measure="mode"),
        counted("measured", ">=", None, kind="weight", measure="latest"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_in_words(leaf):
    with pytest.raises(rules.InvalidRule) as refused:
        rules.check(leaf)

    assert all(refused.value.messages)


@pytest.mark.parametrize("unit", ["seconds", "weeks", "months"])
def test_the_farthest_spans_are_answered(unit):
    for leaf in (
        counted(
            "booking", ">=", 1, state="upcoming", window="next", window_n=10_000, window_unit=unit
        ),
        {"condition": "booked_on", "day": "ahead", "day_n": 3650},
        {
            "condition": "booked_on",
            "day": "between",
            "day_from": "0001-01-01",
            "day_until": "9999-12-31",
        },
        ordered("days", ">=", str(10**12)),
        {**spans("restarted_doing", 100_000, 1), "long_unit": unit},
        {
            "condition": "regularly_did",
            "event": "A",
            "times": 1,
            "periods": 60,
            "out_of": 60,
            "unit": unit,
        },
    ):
        rules.check(leaf)
        leaf = rules.parsed(leaf)
        assert not leaf.customers(now=NOW, among=rules.everyone())
        assert not leaf.touched_by_time(since=NOW - timedelta(days=1), until=NOW)
