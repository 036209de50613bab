"""Stages and value: kept rows = a recomputation = a second reading in plain Python, whatever
happened and whatever time did."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from customers.identity import merging
from customers.models import Customer, Merge, Segment
from customers.segments import rules, why
from events.insights import cycle, lifecycle
from events.models import CustomerStage, CycleMeasure, LifecycleSettings, Order, StageChange
from events.segment_conditions import lifecycle as conditions
from tests import slow_segments
from tests.events.test_segment_conditions import UNHURRIED
from tests.factories import NOW, a_customer, a_source, an_event, an_order, happened, member
from tests.stories import assert_right, look, undone

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def in_force(**more) -> LifecycleSettings:
    """Short bounds, so that small stories pass them."""
    LifecycleSettings.get()
    bounds = {
        "new_days": 3,
        "active_days": 6,
        "silent_days": 9,
        "is_automatic": False,
        "rfm_is_automatic": False,
    }
    scores = {
        "recency_days": [2, 4, 6, 8],
        "frequency": [1, 2, 3, 4],
        "money_fen": [100, 200, 300, 400],
        "high_from": 3,
    }
    LifecycleSettings.objects.update(**bounds, **scores, **more)
    return LifecycleSettings.get()


def passed(now):
    look(now)


def stage_of(customer) -> str:
    row = CustomerStage.objects.filter(customer=customer).first()
    return row.stage if row else "prospect"


@pytest.mark.parametrize(
    ("ages", "stage", "since"),
    [
        ([], "prospect", None),
        ([0], "new", 0),
        ([3], "new", 3),
        ([3, 2, 1], "new", 3),
        ([3.001], "active", 0.001),
        ([6], "active", 3),
        ([6.001], "silent", 0.001),
        ([9], "silent", 3),
        ([9.001], "lost", 0.001),
        ([20, 19, 1], "active", 1),
        ([20, 14, 8, 2], "active", 17),
        ([-1], "prospect", None),
        ([20, -1], "lost", 11),
    ],
)
def test_the_stage_follows_from_first_and_last(ages, stage, since):
    in_force()
    customer, source = a_customer(), a_source()
    for age in ages:
        an_order(customer, source=source, paid_at=NOW - DAY * age)

    passed(NOW)

    assert stage_of(customer) == stage
    if since is not None:
        assert abs((NOW - CustomerStage.objects.get().since) - DAY * since) < timedelta(seconds=1)


def test_an_order_that_was_cancelled_or_given_back_whole_is_no_purchase():
    in_force()
    source, people = a_source(), [a_customer() for _n in range(4)]
    an_order(people[0], source=source, status="cancelled")
    an_order(people[1], source=source, refunded_fen=10000)
    an_order(people[2], source=source, refunded_fen=9999)
    an_order(people[3], source=source, total_fen=0, paid_fen=0)  # a free order is one

    passed(NOW)

    assert [stage_of(customer) for customer in people] == ["prospect", "prospect", "new", "new"]


def test_time_alone_moves_them_and_each_move_is_a_row():
    in_force()
    customer = a_customer()
    an_order(customer, source=a_source())
    for days in (0, 2.9, 3.1, 6.1, 9.1, 30):
        passed(NOW + DAY * days)

    changes = StageChange.objects.order_by("pk").values_list("customer", "before", "after", "at")
    assert list(changes) == [
        (customer.pk, "prospect", "new", NOW),
        (customer.pk, "new", "active", NOW + DAY * 3.1),
        (customer.pk, "active", "silent", NOW + DAY * 6.1),
        (customer.pk, "silent", "lost", NOW + DAY * 9.1),
    ]


def test_a_refund_takes_the_only_purchase_back():
    in_force()
    customer = a_customer()
    order = an_order(customer, source=a_source())
    passed(NOW)
    Order.objects.filter(pk=order.pk).update(refunded_fen=order.paid_fen)
    passed(NOW + DAY)

    assert stage_of(customer) == "prospect"
    assert StageChange.objects.filter(after="prospect").count() == 1


def test_an_order_that_lies_ahead_counts_once_its_time_has_come():
    in_force()
    customer = a_customer()
    an_order(customer, source=a_source(), paid_at=NOW + DAY)
    passed(NOW)
    assert stage_of(customer) == "prospect"
    passed(NOW + 2 * DAY)

    assert stage_of(customer) == "new"


def test_a_business_without_orders_counts_an_event():
    in_force(counting="events", events=["Booking Attended"])
    happened(
        a_source(),
        an_event(member(1), name="Booking Attended", at=NOW - 4 * DAY),
        an_event(member(2), name="Product Viewed"),
    )
    passed(NOW)

    assert list(CustomerStage.objects.values_list("stage", "orders", "net_fen")) == [
        ("active", 1, 0)
    ]


def test_the_scores_follow_the_bounds_and_equal_values_have_equal_scores():
    in_force()
    source, rich, poor, same = a_source(), a_customer(), a_customer(), a_customer()
    for days in (1, 2, 20):
        an_order(rich, source=source, paid_at=NOW - DAY * days, paid_fen=200)
    for customer in (poor, same):
        an_order(customer, source=source, paid_at=NOW - 20 * DAY, paid_fen=100)
    passed(NOW)

    scores = dict(CustomerStage.objects.values_list("customer", "value_class"))
    assert scores == {
        rich.pk: "important_value",
        poor.pk: "general_win_back",
        same.pk: "general_win_back",
    }
    assert (
        CustomerStage.objects.filter(
            customer__in=[poor, same], recency=1, frequency=1, money=1
        ).count()
        == 2
    )
    assert list(
        CustomerStage.objects.filter(customer=rich).values_list("recency", "frequency", "money")
    ) == [(5, 3, 5)]


@pytest.mark.parametrize(
    "change",
    [
        {"active_days": 4, "silent_days": 5},
        {"high_from": 5},
        {"counting": "events", "events": ["A"]},
    ],
)
def test_other_thresholds_look_at_everybody_again(change):
    in_force()
    source = a_source()
    for age in (1, 5, 8):
        an_order(a_customer(), source=source, paid_at=NOW - DAY * age, paid_fen=10**6)
    happened(source, an_event(member(1), name="A"))
    passed(NOW)
    LifecycleSettings.objects.update(**change)
    passed(NOW)

    kept = sorted(CustomerStage.objects.values_list())
    CustomerStage.objects.all().delete()
    lifecycle.keep(
        LifecycleSettings.get(), list(Customer.objects.values_list("pk", flat=True)), NOW
    )
    assert kept == sorted(CustomerStage.objects.values_list())


def test_asked_about_one_it_does_not_wait_for_the_next_pass():
    in_force()
    customer = a_customer()
    passed(NOW)
    an_order(customer, source=a_source())

    assert set(
        rules.Evaluation(NOW, BitMap([customer.pk])).of(
            {"condition": "lifecycle", "stages": ["new"]}
        )
    ) == {customer.pk}
    assert stage_of(customer) == "prospect"


def test_why_says_when_time_alone_will_move_somebody():
    in_force()
    customer = a_customer()
    an_order(customer, source=a_source())
    segment = Segment.objects.create(
        name="s", definition={"condition": "lifecycle", "stages": ["active"]}
    )
    passed(NOW)

    told = why.explain(segment, customer, NOW)

    assert not told.because.is_true
    assert abs(told.changes_at - NOW - 3 * DAY) < timedelta(seconds=2)
    assert told.because.evidence


# -- the cycle


def test_bounds_follow_the_pauses_and_small_numbers_have_floors():
    LifecycleSettings.get()
    source = a_source()
    for _n in range(3):
        customer = a_customer()
        for age in (10, 5, 5, 0):  # two on the same day are no pause
            an_order(customer, source=source, paid_at=NOW - DAY * age)

    few = cycle.measure(NOW)

    assert (few.gaps, few.days, few.p50) == (6, [[5, 6]], 5)
    assert cycle.stages_of(few) == {"new_days": 30, "active_days": 60, "silent_days": 90}
    many = CycleMeasure(gaps=100, p50=7, p80=7, p90=40, customers=10)
    assert cycle.stages_of(many) == {"new_days": 7, "active_days": 8, "silent_days": 40}


def test_percentiles_are_the_shortest_pause_that_so_many_do_not_exceed():
    assert cycle.percentiles([(1, 50), (2, 30), (3, 10), (9, 10)]) == [1, 2, 3]
    assert cycle.percentiles([]) == [None, None, None]


def test_what_staff_have_set_stays_and_small_drift_moves_nobody():
    one = LifecycleSettings.get()
    measured = CycleMeasure(counting="orders", gaps=1000, p50=31, p80=63, p90=95, customers=0)
    cycle.follow(measured)
    assert LifecycleSettings.get().new_days == one.new_days
    measured.p80 = 70
    cycle.follow(measured)
    assert (LifecycleSettings.get().new_days, LifecycleSettings.get().active_days) == (31, 70)
    LifecycleSettings.objects.update(is_automatic=False)
    measured.p80 = 40
    cycle.follow(measured)

    assert LifecycleSettings.get().active_days == 70


def test_it_is_measured_at_once_then_soon_while_there_is_little_then_at_night():
    LifecycleSettings.get()
    assert cycle.measure_due(NOW, 12)
    assert not cycle.measure_due(NOW + timedelta(minutes=1), 2)
    assert cycle.measure_due(NOW + timedelta(minutes=3), 12)
    CycleMeasure.objects.update(gaps=100)
    assert not cycle.measure_due(NOW + DAY, 12)
    assert cycle.measure_due(NOW + DAY, 2)


# -- stories

LEAVES = [
    {"condition": "lifecycle", "stages": ["prospect"]},
    {"condition": "lifecycle", "stages": ["new"]},
    {"condition": "lifecycle", "stages": ["active", "lost"]},
    {
        "condition": "lifecycle",
        "stages": ["silent"],
        "length": "at_least",
        "length_n": 1,
        "length_unit": "days",
    },
    {
        "condition": "lifecycle",
        "stages": ["active", "prospect", "new"],
        "length": "less_than",
        "length_n": 2,
        "length_unit": "days",
    },
    {
        "condition": "lifecycle",
        "stages": ["active"],
        "came_from": ["silent", "lost"],
        "length": "less_than",
        "length_n": 4,
        "length_unit": "days",
    },
    {"condition": "lifecycle", "stages": ["silent", "lost"], "came_from": ["active"]},
    {"condition": "rfm", "measure": "class", "classes": ["important_value", "general_win_back"]},
    {"condition": "rfm", "measure": "recency", "comparison": ">=", "score": 3},
    {"condition": "rfm", "measure": "frequency", "comparison": "=", "score": 2},
    {"condition": "rfm", "measure": "money", "comparison": "<", "score": 4},
]
TREES = [*LEAVES, {"op": "none", "of": [LEAVES[2], LEAVES[8]]}]
happening = st.tuples(
    st.sampled_from(
        ["order", "order", "order", "cancel", "refund", "ahead", "merge", "undo", "bounds", "seen"]
    ),
    st.integers(0, 3),  # who
    st.integers(-26, 0) | st.integers(-10, 0),  # half days
    st.integers(1, 5),
)
story = st.lists(
    st.tuples(st.lists(happening, min_size=1, max_size=5), st.integers(1, 9)),
    min_size=1,
    max_size=5,
)


def happen(what, who, half_days, n, people, source, now):
    customer = people[who]
    at = now + half_days * DAY / 2
    if what in ("order", "ahead"):
        owner = customer.merged_into_id or customer.pk
        at = now + n * DAY / 2 if what == "ahead" else at
        an_order(customer, source=source, paid_at=at, paid_fen=n * 60, customer_id=owner)
    elif what in ("cancel", "refund") and (
        order := Order.objects.filter(customer=customer).order_by("-pk").first()
    ):
        if what == "cancel":
            Order.objects.filter(pk=order.pk).update(status="cancelled")
        else:
            Order.objects.filter(pk=order.pk).update(refunded_fen=order.paid_fen)
    elif what == "merge":
        other = people[(who + n) % 4]
        customer.refresh_from_db(), other.refresh_from_db()
        if other != customer and not customer.merged_into_id and not other.merged_into_id:
            merging.merge(customer.pk, other.pk, by="test", identity="x", now=now)
    elif what == "undo" and (merge := Merge.objects.filter(undone_at=None).order_by("-pk").first()):
        merging.undo(merge, by="test", now=now)
    elif what == "bounds":
        LifecycleSettings.objects.update(
            new_days=2 + n % 2, active_days=4 + n, silent_days=10 + n, high_from=2 + n % 3
        )
    elif what == "seen":
        Customer.objects.filter(pk=customer.pk).update(first_seen_at=at)
    for one in people:
        one.refresh_from_db()


def tell(told):
    with undone():
        in_force()
        source, now = a_source(), NOW
        people = [a_customer(first_seen_at=NOW - n * DAY) for n in range(4)]
        segments = [
            Segment.objects.create(name=f"s{n}", definition=tree) for n, tree in enumerate(TREES)
        ]
        for happenings, half_days in told:
            for one in happenings:
                happen(*one, people, source, now)
            passed(now)
            compare(segments, now)
            now += half_days * DAY / 2 + timedelta(seconds=half_days % 2)
            passed(now)
            compare(segments, now)


def compare(segments, now):
    assert_right(segments, now)
    people = slow_segments.facts(Customer.objects.alive().values_list("pk", flat=True))
    for segment in segments:
        expected = {
            pk for pk, of in people.items() if slow_segments.meant(segment.definition, of, now)
        }
        stored = set(segment.memberships.values_list("customer_id", flat=True))
        assert stored == expected, (segment.definition, now)
        with patch.object(conditions, "FEW", -1):  # of many, the kept rows are asked
            assert set(rules.Evaluation(now).of(segment.definition)) == expected, (
                segment.definition,
                now,
            )
    kept = sorted(CustomerStage.objects.values_list())
    CustomerStage.objects.all().delete()
    lifecycle.keep(
        LifecycleSettings.get(), list(Customer.objects.values_list("pk", flat=True)), now
    )
    assert kept == sorted(CustomerStage.objects.values_list())


@pytest.mark.parametrize(
    "leaf",
    [*LEAVES, {"condition": "interest", "category": "tea", "measure": "weight", "weight": "5"}],
)
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
        {"condition": "lifecycle"},
        {"condition": "lifecycle", "stages": []},
        {"condition": "lifecycle", "stages": ["moon"]},
        {"condition": "lifecycle", "stages": "new"},
        {"condition": "lifecycle", "stages": ["new"], "length": "at_least"},
        {"condition": "lifecycle", "stages": ["new"], "length": "at_least", "length_n": 10**9},
        {"condition": "rfm"},
        {"condition": "rfm", "measure": "money", "score": 6},
        {"condition": "rfm", "measure": "luck", "score": 1},
        {"condition": "interest", "category": ""},
        {"condition": "interest", "category": "tea", "measure": "weight", "weight": "NaN"},
        {"condition": "interest", "category": "tea", "measure": "top", "n": 0},
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_in_words(leaf):
    with pytest.raises(rules.InvalidRule) as refused:
        rules.check(leaf)

    assert all(refused.value.messages)


@settings(max_examples=4, **UNHURRIED)
@given(story)
def test_kept_full_and_slow_are_one(told):
    tell(told)


@pytest.mark.proof
@settings(max_examples=120, **UNHURRIED)
@given(story)
def test_kept_full_and_slow_are_one_in_many_stories(told):
    tell(told)
