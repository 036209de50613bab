"""At any moment the stored membership equals the full evaluation (semantics 3), whatever happened
and whatever time did."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import (
    ChangedCustomer,
    Customer,
    CustomerTag,
    ListMember,
    Segment,
    SegmentVersion,
    Tag,
    Transition,
)
from customers.segments import copies, membership, preview, rules
from tests.factories import NOW, a_customer, a_source, an_event, happened, member, visitor
from tests.stories import assert_right, look, undone

pytestmark = pytest.mark.django_db

VIEWED = {
    "condition": "did_event",
    "event": "A",
    "comparison": ">=",
    "times": 2,
    "window": "last",
    "window_n": 20,
    "window_unit": "seconds",
}
SELDOM = {
    "condition": "did_event",
    "event": "A",
    "comparison": "<=",
    "times": 1,
    "window": "last",
    "window_n": 30,
    "window_unit": "seconds",
}
NOT_FOLLOWED = {
    "condition": "a_and_no_b",
    "first": "A",
    "second": "B",
    "within_n": 10,
    "within_unit": "seconds",
    "same_product": True,
    "grace_seconds": 2,
}
RECENTLY = {
    **NOT_FOLLOWED,
    "same_product": False,
    "window": "last",
    "window_n": 40,
    "window_unit": "seconds",
}
GOLD = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}
NOT_GOLD = {**GOLD, "operator": "is_not"}
LEAVES = [VIEWED, SELDOM, NOT_FOLLOWED, RECENTLY, GOLD, NOT_GOLD]
TREES = [
    *({"op": "all", "of": [leaf]} for leaf in LEAVES),
    {"op": "none", "of": [VIEWED, GOLD]},
    {"op": "any", "of": [{"op": "all", "of": [SELDOM, NOT_GOLD]}, NOT_FOLLOWED]},
]

happening = st.tuples(
    st.sampled_from(["A", "A", "B", "gold", "silver", "forget", "join"]),
    st.integers(0, 3),  # who
    st.integers(-45, 6),  # seconds before or after the clock
    st.sampled_from([["p1"], ["p2"], ["p1", "p2"], None]),
)
# What happens; then so many seconds pass; by so many shards, with room for so few.
step = st.tuples(
    st.lists(happening, max_size=4),
    st.integers(2, 25),
    st.sampled_from([1, 1, 2, 3]),
    st.sampled_from([1, 5000]),
)
story = st.lists(step, min_size=1, max_size=6)


def one(what, who, at, keys):
    if what == "join":
        return an_event(member(who), visitor(who), name="Joined", at=at)
    if what in ("gold", "silver", "forget"):
        return an_event(
            member(who),
            name="Said",
            at=at,
            attributes={"level": None if what == "forget" else what},
        )
    return an_event(visitor(who) if who % 2 else member(who), name=what, at=at, keys=keys)


UNHURRIED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@settings(max_examples=6, **UNHURRIED)
@given(story, st.sampled_from([1, copies.WORTH]))
def test_the_incremental_membership_is_the_full_one(told, worth_copying):
    tell(told, worth_copying)


@pytest.mark.proof
@settings(max_examples=300, **UNHURRIED)
@given(story, st.sampled_from([1, copies.WORTH]))
def test_the_incremental_membership_is_the_full_one_in_many_stories(told, worth_copying):
    tell(told, worth_copying)


def tell(told, worth_copying):
    with undone(), patch.object(copies, "WORTH", worth_copying):
        source, now = a_source(), NOW
        segments = [
            Segment.objects.create(name=f"s{n}", definition=tree) for n, tree in enumerate(TREES)
        ]

        for happenings, seconds, shards, room in told:
            items = [
                one(what, who, now + timedelta(seconds=ago), keys)
                for what, who, ago, keys in happenings
            ]
            happened(source, *items, now=now)
            look(now, shards, room)
            assert_right(segments, now)
            now += timedelta(seconds=seconds)
            look(now, shards, room)
            assert_right(segments, now)


def test_a_pass_forgets_only_what_it_has_read():
    happened(a_source(), an_event(member(1)))
    look = membership.Pass(NOW)
    Segment.objects.create(name="s", definition={"op": "all", "of": [VIEWED]})

    result = look.done()

    assert result.changes > 0
    assert not ChangedCustomer.objects.exists()


def test_entering_and_leaving_are_rows():
    source = a_source()
    segment = Segment.objects.create(name="gold", definition=GOLD)
    for level, n in (("gold", 0), ("silver", 1), ("gold", 2)):
        happened(
            source,
            an_event(member(1), at=NOW + timedelta(seconds=n), attributes={"level": level}),
            now=NOW + timedelta(seconds=n),
        )
        membership.Pass(NOW + timedelta(seconds=n)).done()

    assert list(
        Transition.objects.filter(segment=segment).order_by("pk").values_list("entered", flat=True)
    ) == [True, False, True]


def test_a_tag_counts_until_it_expires():
    customer, tag = a_customer(), Tag.objects.create(name="VIP")
    segment = Segment.objects.create(
        name="vip", definition={"condition": "tag", "mode": "any", "tags": [tag.pk]}
    )
    CustomerTag.objects.create(
        customer=customer,
        origin_customer=customer,
        tag=tag,
        since=NOW,
        expires_at=NOW + timedelta(seconds=10),
    )

    membership.Pass(NOW).done()
    assert Segment.objects.get().size == 1
    membership.Pass(NOW + timedelta(seconds=10)).done()
    assert Segment.objects.get().size == 0
    assert not segment.memberships.exists()


def test_a_list_by_hand_is_a_segment_and_can_be_nested():
    inside, _outside = a_customer(), a_customer()
    by_hand = Segment.objects.create(name="by hand", kind="list")
    others = Segment.objects.create(
        name="others",
        definition={"condition": "in_segment", "segment": by_hand.pk, "membership": "out"},
    )
    ListMember.objects.create(segment=by_hand, customer=inside, origin_customer=inside)

    membership.Pass(NOW).done()

    assert list(by_hand.memberships.values_list("customer", flat=True)) == [inside.pk]
    assert Segment.objects.get(pk=others.pk).size == Customer.objects.count() - 1


def test_a_changed_rule_is_a_version_and_its_dependents_follow():
    gold = Segment(name="gold")
    membership.save_definition(gold, GOLD, by=None, now=NOW)
    nested = Segment(name="nested")
    membership.save_definition(
        nested,
        {"op": "all", "of": [{"condition": "in_segment", "segment": gold.pk}]},
        by=None,
        now=NOW,
    )
    happened(a_source(), an_event(member(1), attributes={"level": "silver"}))
    membership.Pass(NOW).done()
    assert Segment.objects.get(pk=nested.pk).size == 0

    membership.save_definition(gold, NOT_GOLD, by=None, now=NOW)
    membership.Pass(NOW).done()

    assert Segment.objects.get(pk=nested.pk).size == 1
    assert SegmentVersion.objects.filter(segment=gold).count() == 2


def test_segments_may_not_contain_each_other_in_a_circle():
    first, second = Segment(name="first"), Segment(name="second")
    membership.save_definition(first, GOLD, by=None, now=NOW)
    membership.save_definition(
        second, {"condition": "in_segment", "segment": first.pk}, by=None, now=NOW
    )

    with pytest.raises(rules.InvalidRule):
        membership.save_definition(
            first, {"condition": "in_segment", "segment": second.pk}, by=None, now=NOW
        )


def deep(n):
    tree = GOLD
    for _level in range(n):
        tree = {"op": "all", "of": [tree]}
    return tree


@pytest.mark.parametrize(
    "definition",
    [
        {},
        [],
        "x",
        {"op": "all", "of": []},
        {"op": "xor", "of": [GOLD]},
        {"_connector": "OR 1=1) --"},
        {"condition": "nothing"},
        {"condition": {"$ne": 1}},
        {
            "condition": "attribute",
            "attribute": "data__a') OR 1=1--",
            "operator": "regex",
            "value": "(a+)+$",
        },
        {**GOLD, "_negated": True},
        {"condition": "tag", "mode": "any", "tags": [999]},
        {"condition": "in_segment", "segment": 999},
        {"condition": "did_event", "event": "A", "where": [["a", "regex", "x"]]},
        {"op": "any", "of": [GOLD] * 5000},
    ],
)
def test_a_hostile_or_broken_rule_is_refused_in_words(definition):
    with pytest.raises(rules.InvalidRule) as refused:
        rules.check(definition)

    assert all(isinstance(message, str) and message for message in refused.value.messages)


def test_a_rule_200_deep_is_refused():
    with pytest.raises(rules.InvalidRule):
        rules.check(deep(200))


def test_wildcards_are_letters():
    happened(
        a_source(),
        an_event(member(1), attributes={"code": "a%b"}),
        an_event(member(2), attributes={"code": "axb"}),
    )

    assert (
        preview.count(
            {"condition": "attribute", "attribute": "code", "operator": "contains", "value": "%"},
            NOW,
        ).count
        == 1
    )


def test_a_rule_is_told_in_words():
    text = rules.sentence({"op": "all", "of": [VIEWED, {"op": "none", "of": [GOLD]}]})

    assert "A" in text
    assert "gold" in text
