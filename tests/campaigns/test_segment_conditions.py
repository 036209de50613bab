"""Conditions on coupons, messages and reach: single examples, and kept incrementally whatever
happens and whatever time does."""

from datetime import timedelta

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Coupon, Message, Suppression
from customers.identity import merging
from customers.models import Customer, Identity, Segment
from customers.segments import membership, rules
from tests.campaigns.queued import agree
from tests.customers.test_conditions import fits
from tests.factories import NOW, a_batch, a_campaign, a_customer, a_member, count
from tests.stories import assert_right, undone

pytestmark = pytest.mark.django_db

HOLDS = {"condition": "holds_coupon"}
ENDS_SOON = {**HOLDS, "state": "unused", "expires_n": 2, "expires_unit": "hours"}
EXPIRED = {**HOLDS, "state": "expired"}
REDEEMED = {
    "condition": "redeemed_coupon",
    "window": "last",
    "window_n": 1,
    "window_unit": "months",
}
NEVER = {"condition": "redeemed_coupon", "comparison": "=", "times": 0}
OPENED = {
    "condition": "message",
    "became": "opened",
    "window": "last",
    "window_n": 5,
    "window_unit": "hours",
}
SENT_TWICE = {
    "condition": "message",
    "became": "sent",
    "times": 2,
    "window": "last",
    "window_n": 3,
    "window_unit": "days",
}
UNCLICKED = {
    "condition": "message",
    "became": "clicked",
    "comparison": "<",
    "times": 1,
    "window": "last",
    "window_n": 1,
}
ALLOWS = {"condition": "consented", "channel": "loopback"}
REACHED = {"condition": "reachable", "channel": "loopback"}
IN_APP = {"condition": "reachable", "channel": "in_app"}
LEAVES = [
    HOLDS,
    ENDS_SOON,
    EXPIRED,
    REDEEMED,
    NEVER,
    OPENED,
    SENT_TWICE,
    UNCLICKED,
    ALLOWS,
    REACHED,
    IN_APP,
]


@pytest.fixture(autouse=True)
def with_loopback(push):
    rules._parsed.cache_clear()


def a_coupon(customer, batch, **more):
    number = next(count)
    defaults = {
        "code": str(number),
        "code_digest": str(number),
        "effect_key": str(number),
        "issued_at": NOW,
        "valid_from": NOW,
    }
    defaults |= {"expires_at": NOW + timedelta(days=7)}
    return Coupon.objects.create(
        customer=customer, origin_customer=customer, batch=batch, **{**defaults, **more}
    )


def a_redeemed(customer, batch, at, **more):
    return a_coupon(customer, batch, state="redeemed", redeemed_at=at, order_number="1", **more)


def a_sent(customer, at, **more):
    defaults = {
        "channel": "in_app",
        "purpose": "marketing",
        "state": "sent",
        "effect_key": str(next(count)),
        "created_at": NOW,
    }
    return Message.objects.create(
        **{
            "customer": customer,
            "origin_customer": customer,
            "sent_at": at,
            **defaults,
            "due_at": None,
            **more,
        }
    )


STEPS = [timedelta(minutes=30), timedelta(hours=2), timedelta(days=1), timedelta(days=29)]
happening = st.tuples(
    st.sampled_from(
        [
            "coupon",
            "redeem",
            "refund",
            "sent",
            "queued",
            "open",
            "click",
            "yes",
            "no",
            "silence",
            "speak",
            "lose",
            "join",
        ]
    ),
    st.integers(0, 2),  # who
    st.sampled_from([-24 * 30, -25, -4, -1, 0, 3]),  # hours before or after the clock
)
story = st.lists(
    st.tuples(st.lists(happening, max_size=5), st.sampled_from(STEPS)), min_size=1, max_size=5
)


# One line for each thing that can happen
def told(people, batch, what, who, at, now):  # noqa: C901
    customer = Customer.objects.get(pk=people[who])
    customer = customer.merged_into or customer
    mine = {"customer": customer}
    if what == "coupon":
        a_coupon(customer, batch, expires_at=at + timedelta(hours=5))
    elif what == "redeem":
        a_redeemed(customer, batch, at)
    elif what == "refund":
        Coupon.objects.filter(**mine, state="redeemed").update(state="returned")
    elif what == "sent":
        a_sent(customer, at)
    elif what == "queued":
        message = a_sent(customer, None, state="queued", due_at=now)
        Message.objects.filter(pk=message.pk).update(state="sent", sent_at=at, due_at=None)
    elif what in ("open", "click"):
        Message.objects.filter(**mine, state="sent").update(
            **{"opened_at" if what == "open" else "clicked_at": at}
        )
    elif what in ("yes", "no"):
        agree(customer, is_granted=what == "yes", at=at)
    elif what == "silence":
        Suppression.objects.get_or_create(
            origin_customer=customer,
            channel="loopback",
            purpose=("", "marketing", "service")[at.hour % 3],
            defaults={**mine, "reason": "by hand", "at": at},
        )
    elif what == "speak":
        Suppression.objects.filter(**mine).delete()
    elif what == "lose":
        Identity.objects.filter(**mine).delete()
    elif customer.pk != people[0]:
        merging.merge(people[0], customer.pk, by="test", identity="", now=now)


UNHURRIED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@settings(max_examples=3, **UNHURRIED)
@given(story)
def test_the_incremental_membership_is_the_full_one(lines):
    tell(lines)


@pytest.mark.proof
@settings(max_examples=150, **UNHURRIED)
@given(story)
def test_the_incremental_membership_is_the_full_one_in_many_stories(lines):
    tell(lines)


def tell(lines):
    with undone():
        now, batch, people = NOW, a_batch(), [a_member().pk for _n in range(3)]
        trees = [{"op": "any", "of": [leaf]} for leaf in LEAVES] + [
            {"op": "none", "of": LEAVES[n : n + 2]} for n in range(0, len(LEAVES), 2)
        ]
        segments = [
            Segment.objects.create(name=f"s{n}", definition=tree) for n, tree in enumerate(trees)
        ]

        for happenings, step in lines:
            for what, who, ago in happenings:
                told(people, batch, what, who, now + timedelta(hours=ago), now)
            membership.Pass(now).done()
            assert_right(segments, now)
            now += step
            membership.Pass(now).done()
            assert_right(segments, now)


def test_time_alone_takes_people_in_and_out():
    """Something of every kind every half an hour; then nothing but the clock."""
    batch = a_batch()
    for n in range(60):
        customer, at = a_member(), NOW + timedelta(minutes=30 * (n - 50))
        a_coupon(customer, batch, expires_at=at + timedelta(hours=3))
        a_redeemed(customer, batch, at - timedelta(days=30))
        for ago in (3, 2):
            a_sent(customer, at - timedelta(days=ago), opened_at=at, clicked_at=at)
    segments = [
        Segment.objects.create(name=f"s{n}", definition=leaf) for n, leaf in enumerate(LEAVES)
    ]

    for n in range(8):
        now = NOW + timedelta(minutes=50 * n)
        membership.Pass(now).done()
        assert_right(segments, now)


def test_a_coupon_past_its_end_is_expired_before_it_is_swept_up():
    customer, batch, other = a_customer(), a_batch(), a_batch()
    coupon = a_coupon(customer, batch, expires_at=NOW + timedelta(hours=1))

    assert (fits(HOLDS), fits(ENDS_SOON), fits(EXPIRED)) == ({customer.pk}, {customer.pk}, set())
    assert fits({**HOLDS, "batch": other.pk}) == set()
    assert (fits(HOLDS, coupon.expires_at), fits(EXPIRED, coupon.expires_at)) == (
        set(),
        {customer.pk},
    )


def test_redeeming_counts_by_batch_and_window():
    customer, other, batch = a_customer(), a_customer(), a_batch()
    for days in (1, 2, 40):
        a_redeemed(customer, batch, NOW - timedelta(days=days))
    a_redeemed(other, a_batch(), NOW)
    twice = {**REDEEMED, "batch": batch.pk, "comparison": "=", "times": 2}

    assert fits(twice) == {customer.pk}
    assert fits({**REDEEMED, "batch": batch.pk}) == {customer.pk}
    assert fits({**NEVER, "batch": batch.pk}) == {other.pk}


def test_messages_are_told_apart_by_what_became_of_them_and_whose_they_are():
    first, second, campaign = a_customer(), a_customer(), a_campaign()
    a_sent(first, NOW, campaign_id=campaign.pk, opened_at=NOW)
    a_sent(second, NOW, channel="loopback")
    a_sent(second, NOW, state="failed")

    assert fits({"condition": "message", "became": "sent"}) == {first.pk, second.pk}
    assert fits({"condition": "message", "became": "sent", "campaign": campaign.pk}) == {first.pk}
    assert fits({"condition": "message", "became": "sent", "channel": "loopback"}) == {second.pk}
    assert fits(OPENED) == {first.pk}
    assert fits({**OPENED, "comparison": "<"}) == {second.pk}
    assert fits({"condition": "message", "became": "sent", "times": 2}) == set()


def test_reach_is_consent_no_suppression_and_an_address(push):
    silent, asked, agreed, refused, blocked, nowhere = (a_member() for _n in range(6))
    agree(agreed, blocked, nowhere)
    agree(refused, at=NOW - timedelta(days=1))
    agree(refused, is_granted=False, at=NOW)
    agree(asked, purpose="service", is_granted=False)
    Suppression.objects.create(
        customer=blocked, origin_customer=blocked, channel="loopback", reason="by hand", at=NOW
    )
    push.Loopback.unreachable.add(nowhere.pk)

    assert fits(ALLOWS) == {agreed.pk, blocked.pk, nowhere.pk}
    assert fits(REACHED) == {agreed.pk}
    assert fits({**REACHED, "purpose": "service"}) == {silent.pk, agreed.pk, refused.pk}


def test_in_the_mini_program_nobody_need_be_asked_but_must_be_known():
    known, _unknown, refused = a_member(), a_customer(), a_member()
    agree(refused, channel="in_app", is_granted=False)

    assert fits(IN_APP) == {known.pk}


@pytest.mark.parametrize(
    "wrong",
    [
        {**HOLDS, "state": "gone"},
        {**HOLDS, "batch": 999},
        {**ENDS_SOON, "state": "redeemed"},
        {**OPENED, "became": "eaten"},
        {**OPENED, "channel": "pigeon"},
        {**OPENED, "campaign": 999},
        {"condition": "reachable"},
        {**REACHED, "purpose": "fun"},
    ],
)
def test_a_wrong_rule_is_refused_in_words(wrong):
    with pytest.raises(rules.InvalidRule) as refused:
        rules.check(wrong)

    assert all(refused.value.messages)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_is_told_in_words(language):
    campaign = {**OPENED, "campaign": a_campaign().pk}
    with translation.override(language):
        texts = [rules.sentence(leaf) for leaf in [*LEAVES, campaign]]

    assert len(set(texts)) == len(texts)
    assert all(text and "%(" not in text for text in texts)
    assert language == "en" or all(any("\u4e00" <= c <= "\u9fff" for c in text) for text in texts)
