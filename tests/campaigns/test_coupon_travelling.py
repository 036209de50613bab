"""A coupon that travels in a message exists only if the message leaves; the accounts of messages,
coupons and money agree after anything."""

import contextlib
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns import coupons
from campaigns.broadcasts import launching, slots
from campaigns.coupons import CouponRefused
from campaigns.delivery import dispatch, receipts, recovering, sender
from campaigns.delivery.channels import SendFailed
from campaigns.delivery.limits import HOUR
from campaigns.delivery.outcomes import outcomes
from campaigns.models import Campaign, CampaignSlot, Coupon, CouponBatch, CouponMove, Message
from campaigns.privacy.erasing import Accounts
from crm_project.queue.due import database_now
from customers.identity import merging
from customers.segments import membership
from events.models import EventName
from tests.campaigns.queued import agree, outcome
from tests.factories import a_batch, a_campaign, a_member, a_namespace, a_template, a_workspace

pytestmark = pytest.mark.django_db

WORDS = {"body": "{{ customer.name }}: {{ coupon.code }}, {{ coupon.expires }}"}


def launched(*customers, channel="loopback", batch=None, **more) -> Campaign:
    template = a_template(
        channel=channel,
        content=WORDS if channel != "in_app" else {"title": "{{ coupon.code }}", "body": "x"},
    )
    campaign = a_campaign(*customers, template=template, coupon_batch=batch or a_batch(), **more)
    launching.launch(campaign, by=None, now=database_now())
    expand()
    return campaign


def expand():
    membership.refresh_all()
    CampaignSlot.objects.filter(due_at__isnull=False).update(due_at=database_now())
    slots.expand()


def now_due():
    Message.objects.filter(due_at__isnull=False).update(
        due_at=database_now() - timedelta(seconds=1)
    )


def states() -> list[str]:
    return sorted(Coupon.objects.values_list("state", flat=True))


def money(batch) -> tuple[int, int]:
    return CouponBatch.objects.values_list("issued", "promised_fen").get(pk=batch.pk)


def told(message, name):
    fact = {
        "name_id": EventName.objects.get_or_create(name=name)[0].pk,
        "properties": {"message_id": message.pk},
    }
    receipts.note(
        [SimpleNamespace(**fact, occurred_at=database_now(), customer_id=message.customer_id)],
        database_now(),
    )


def test_whoever_is_skipped_is_given_no_coupon_and_no_money_is_promised_for_them(push):
    a_workspace()
    asked, unasked, unreachable = (a_member() for _n in range(3))
    agree(asked, unreachable)
    push.Loopback.unreachable.add(unreachable.pk)
    batch = a_batch()

    campaign = launched(asked, unasked, unreachable, batch=batch)
    waiting = (states(), money(batch))
    sender.send_due("loopback")

    assert waiting == (["pending"] * 3, (3, 3000))
    assert launching.reasons(campaign) == {"skipped": {"no_consent": 1, "unreachable": 1}}
    assert dict(Coupon.objects.values_list("customer", "state")) == {
        asked.pk: "issued",
        unasked.pk: "withdrawn",
        unreachable.pk: "withdrawn",
    }
    assert money(batch) == (1, 1000)
    assert list(CouponMove.objects.values_list("state", "coupon__customer")) == [
        ("issued", asked.pk)
    ]


def test_what_is_pending_can_be_neither_seen_nor_used(push):
    a_workspace()
    member = a_member()
    launched(member)
    code = Coupon.objects.get().code

    order = {
        "code": code,
        "namespace": a_namespace(),
        "order_number": "1",
        "total_fen": 5000,
        "lines": [],
        "by": "shop",
    }
    for move in (coupons.reserve, coupons.redeem):
        with pytest.raises(CouponRefused) as refused:
            move(**order, now=database_now())
        assert refused.value.code == "unknown_coupon"
    assert coupons.expire(database_now() + timedelta(days=400)) == 0


def test_its_time_begins_when_the_message_leaves_and_the_message_says_so(push):
    a_workspace(time_zone="UTC")
    member = a_member(name="Li")
    agree(member)
    launched(member, batch=a_batch(valid_seconds=3600))
    Coupon.objects.update(
        issued_at=database_now() - timedelta(hours=5),
        expires_at=database_now() - timedelta(hours=4),
    )

    sender.send_due("loopback")

    coupon = Coupon.objects.get()
    assert timedelta(seconds=3590) < coupon.expires_at - database_now() <= timedelta(seconds=3600)
    assert (coupon.state, coupon.issued_at, coupon.valid_from) == (
        "issued",
        Message.objects.get().sent_at,
        coupon.issued_at,
    )
    assert push.Loopback.sent[0].content == {
        "body": f"Li: {coupon.code}, {coupon.expires_at:%Y-%m-%d %H:%M}"
    }


def test_in_the_mini_program_it_is_there_with_its_message():
    a_workspace()
    launched(a_member(), channel="in_app")

    sender.send_due("in_app")

    assert (states(), Message.objects.get().state) == (["issued"], "sent")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_active": False}, "coupon_batch_inactive"),
        ({"valid_until": database_now}, "coupon_not_valid"),
    ],
)
def test_a_batch_that_closed_meanwhile_gives_nothing(push, change, reason):
    a_workspace()
    member = a_member()
    agree(member)
    launched(member)
    CouponBatch.objects.update(
        **{name: value() if callable(value) else value for name, value in change.items()}
    )

    sender.send_due("loopback")

    assert (outcome(Message.objects.get()), states()) == (("skipped", reason), ["withdrawn"])


def test_one_that_was_revoked_meanwhile_is_not_sent(push):
    a_workspace()
    member = a_member()
    agree(member)
    launched(member)

    assert coupons.revoke([Coupon.objects.get().pk], by="staff", now=database_now()) == 1
    sender.send_due("loopback")

    assert (outcome(Message.objects.get()), states()) == (
        ("skipped", "coupon_revoked"),
        ["revoked"],
    )


def test_two_who_turn_out_to_be_one_are_given_as_many_as_one_may_have(push):
    a_workspace()
    one, other = a_member(), a_member()
    agree(one, other)
    batch = a_batch()
    launched(one, other, batch=batch)
    with transaction.atomic():
        merging.merge(one.pk, other.pk, by="test", identity="", now=database_now())

    sender.send_due("loopback")

    reasons = sorted(Message.objects.values_list("state", "reason"))
    assert (reasons, states(), money(batch)) == (
        [("sent", ""), ("skipped", "coupon_per_customer")],
        ["issued", "withdrawn"],
        (1, 1000),
    )


def test_where_the_provider_puts_it_off_it_waits_again(push):
    a_workspace()
    member = a_member()
    agree(member)
    batch = a_batch()
    launched(member, batch=batch)
    push.Loopback.answer = staticmethod(lambda p: SendFailed("busy"))
    sender.send_due("loopback")
    put_off = (states(), money(batch))

    push.Loopback.answer = staticmethod(lambda p: "id")
    now_due()
    sender.send_due("loopback")

    assert (put_off, states(), money(batch)) == ((["pending"], (1, 1000)), ["issued"], (1, 1000))
    assert list(CouponMove.objects.order_by("pk").values_list("state", flat=True)) == [
        "issued",
        "pending",
        "issued",
    ]


def test_a_refusal_takes_it_back_and_a_lost_answer_does_not(push):
    a_workspace()
    refused, lost = a_member(), a_member()
    agree(refused, lost)
    batch = a_batch()
    launched(refused, lost, batch=batch)
    push.Loopback.answer = staticmethod(
        lambda p: SendFailed("no", permanent=True) if p.customer_id == refused.pk else None
    )

    sender.send_due("loopback")

    assert dict(Coupon.objects.values_list("customer", "state")) == {
        refused.pk: "withdrawn",
        lost.pk: "issued",
    }
    assert (Message.objects.get(customer_id=lost.pk).state, money(batch)) == ("unknown", (1, 1000))
    assert list(
        CouponMove.objects.filter(coupon__customer=refused)
        .order_by("pk")
        .values_list("state", flat=True)
    ) == [
        "issued",
        "withdrawn",
    ]


def test_what_came_back_and_yet_was_opened_is_valid_after_all(push):
    a_workspace()
    member = a_member()
    agree(member)
    batch = a_batch(stock=1)
    launched(member, batch=batch)
    sender.send_due("loopback")
    message = Message.objects.get()

    told(message, "Message Bounced")
    bounced = (states(), money(batch))
    told(message, "Message Opened")

    assert (bounced, states(), money(batch)) == ((["withdrawn"], (0, 0)), ["issued"], (1, 1000))


def test_what_was_used_stays_used_whatever_is_said_of_the_message(push):
    a_workspace()
    member = a_member()
    agree(member)
    launched(member)
    sender.send_due("loopback")
    use(member, "loopback")

    told(Message.objects.get(), "Message Bounced")

    assert (outcome(Message.objects.get()), states()) == (("failed", "bounced"), ["redeemed"])


def test_a_cancel_gives_stock_and_budget_back():
    a_workspace()
    batch = a_batch(stock=5, budget_fen=5000)
    campaign = launched(*(a_member() for _n in range(5)), channel="in_app", batch=batch)
    dispatch.deliver("in_app", limit=2)

    launching.cancel([campaign], by=None, now=database_now())

    assert (Counter(states()), money(batch)) == ({"issued": 2, "withdrawn": 3}, (2, 2000))


def test_whoever_is_forgotten_leaves_their_place(push):
    a_workspace()
    waiting, lost = a_member(), a_member()
    agree(waiting, lost)
    batch = a_batch()
    launched(waiting, lost, batch=batch)
    Message.objects.filter(customer_id=lost.pk).update(state="sending", sent_at=database_now())

    for customer in (waiting, lost):
        erase(customer)

    assert dict(Message.objects.values_list("customer", "state")) == {
        waiting.pk: "cancelled",
        lost.pk: "unknown",
    }
    assert dict(Coupon.objects.values_list("customer", "state")) == {
        waiting.pk: "withdrawn",
        lost.pk: "issued",
    }
    assert money(batch) == (1, 1000)


def erase(customer):
    Accounts().erase([customer.pk], database_now())


def test_a_worker_of_the_release_before_is_caught_up_with(push):
    a_workspace()
    member = a_member()
    agree(member)
    launched(member)
    Message.objects.update(state="sent", sent_at=database_now(), due_at=None, token=None)

    for second in range(60):
        coupons.catch_up(database_now().replace(second=second))

    assert states() == ["issued"]


# -- the accounts, whatever happens

MOST = 6
person = st.fixed_dictionaries({"agrees": st.booleans(), "is_reached": st.booleans()})
ANSWERS = {
    "sent": "id",
    "temporary": SendFailed("busy"),
    "refused": SendFailed("no", permanent=True),
    "lost": None,
}
answer = st.sampled_from(sorted(ANSWERS))
act = st.one_of(
    st.tuples(st.just("send"), st.lists(answer, min_size=MOST, max_size=MOST)),
    st.tuples(st.just("die"), st.integers(1, MOST)),
    st.tuples(
        st.just("receipt"),
        st.tuples(st.integers(0, MOST - 1), st.sampled_from(sorted(o.event for o in outcomes))),
    ),
    st.tuples(st.just("use"), st.integers(0, MOST - 1)),
    st.tuples(st.just("withdraw consent"), st.integers(0, MOST - 1)),
    st.tuples(
        st.sampled_from(
            ["recover", "pause", "resume", "cancel", "expand", "close", "revoke", "expire"]
        ),
        st.just(0),
    ),
)


class Died(BaseException):
    pass


@given(
    st.lists(person, min_size=1, max_size=MOST),
    st.sampled_from(["loopback", "keyed"]),
    st.none() | st.integers(1, MOST),
    st.none() | st.integers(500, 4000),
    st.lists(act, max_size=12),
)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_targeted_is_the_sum_and_coupons_are_what_left(push, people, channel, stock, budget, acts):
    with transaction.atomic():
        try:
            campaign_of(push, people, channel, stock, budget, acts)
        finally:
            transaction.set_rollback(True)


def campaign_of(push, people, channel, stock, budget, acts):
    a_workspace(caps={HOUR: 2})
    push.Loopback.unreachable.clear()
    members = [a_member() for _one in people]
    agree(*(m for m, one in zip(members, people, strict=True) if one["agrees"]), channel=channel)
    unreachable = {m.pk for m, one in zip(members, people, strict=True) if not one["is_reached"]}
    push.Loopback.unreachable |= unreachable
    batch = a_batch(stock=stock, budget_fen=budget)
    campaign = launched(*members, channel=channel, batch=batch)
    agrees_with_itself(campaign, batch)
    for name, more in acts:
        happen(push, name, more, campaign, members, channel)
        agrees_with_itself(campaign, batch)


def happen(push, name, more, campaign, members, channel):
    kind = push.Keyed if channel == "keyed" else push.Loopback
    messages = list(Message.objects.filter(campaign_id=campaign.pk).order_by("pk"))
    if name == "send":
        answers = {m.pk: ANSWERS[said] for m, said in zip(messages, more, strict=False)}
        kind.answer = staticmethod(lambda p: answers.get(p.message_id))
        now_due()
        dispatch.deliver(channel)
    elif name == "die":
        kind.answer = staticmethod(dies)
        now_due()
        with contextlib.suppress(Died):
            dispatch.deliver(channel, limit=more)
    elif name == "receipt" and more[0] < len(messages):
        told(messages[more[0]], more[1])
    elif name in ("pause", "resume", "cancel"):
        getattr(launching, name)([campaign], by=None, now=database_now())
    elif name in OTHERS:
        OTHERS[name](members[more % len(members)], channel)


def use(member, _channel):
    for coupon in Coupon.objects.filter(customer=member, state="issued"):
        order = {
            "namespace": a_namespace(),
            "order_number": f"{coupon.pk}",
            "total_fen": 5000,
            "lines": [],
            "by": "shop",
        }
        coupons.redeem(code=coupon.code, **order, now=database_now())


def recover(_member, _channel):
    now_due()
    recovering.recover(database_now())


def end(_member, _channel):
    Coupon.objects.filter(state="issued").update(expires_at=database_now())
    coupons.expire(database_now())


OTHERS = {
    "use": use,
    "recover": recover,
    "expire": end,
    "withdraw consent": lambda member, channel: agree(member, channel=channel, is_granted=False),
    "expand": lambda _member, _channel: expand(),
    "close": lambda _member, _channel: CouponBatch.objects.update(is_active=False),
    "revoke": lambda member, _channel: coupons.revoke(
        Coupon.objects.filter(customer=member).values_list("pk", flat=True),
        by="staff",
        now=database_now(),
    ),
}


def dies(parcel):
    raise Died


def agrees_with_itself(campaign, batch):
    accounts = launching.accounts(campaign)
    assert accounts["targeted"] == sum(n for state, n in accounts.items() if state != "targeted")
    batch = CouponBatch.objects.get(pk=batch.pk)
    held = list(Coupon.objects.filter(batch=batch))
    state_of = dict(Message.objects.values_list("coupon_id", "state"))
    for coupon in held:
        state = state_of[coupon.pk]
        if coupon.state == "pending":
            assert state == "queued"
        if coupon.state in ("issued", "withdrawn"):
            lost = coupon.state == "issued" and state == "queued"
            assert (state in ("sending", "sent", "unknown") or lost) == (
                coupon.state == "issued"
            ), (coupon.state, state)
    assert batch.issued == sum(c.state != "withdrawn" for c in held)
    assert batch.promised_fen == 1000 * sum(c.state in ("pending", "issued") for c in held)
    assert batch.stock is None or batch.issued <= batch.stock
    left = Message.objects.filter(sent_at__isnull=False).exclude(state="failed")
    assert left.filter(coupon_id=None).count() == 0
