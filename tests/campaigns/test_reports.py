from datetime import timedelta

import pytest

from campaigns import coupons
from campaigns.coupons import Wanted
from campaigns.models import Message
from campaigns.reports import results
from tests.campaigns.queued import a_message
from tests.factories import (
    NOW,
    a_batch,
    a_customer,
    a_member,
    a_namespace,
    a_source,
    a_workspace,
    an_order,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


def sent(customer, at, state="sent", **more):
    message = a_message(customer, **more)
    Message.objects.filter(pk=message.pk).update(
        state=state, sent_at=at, due_at=None, created_at=at
    )
    return message


def attributed():
    return results.attributed_net_fen(NOW - 30 * DAY, NOW + 30 * DAY)


@pytest.mark.parametrize(
    ("before", "fen"),
    [(timedelta(0), 10000), (DAY, 10000), (5 * DAY - TICK, 10000), (5 * DAY, 0), (-TICK, 0)],
)
def test_an_order_is_credited_within_the_window_after_a_message(before, fen):
    a_workspace(attribution_days=5)
    customer = a_customer()
    sent(customer, NOW - before)

    an_order(customer, source=a_source())

    assert attributed() == fen


def test_only_what_was_sent_to_the_same_customer_counts():
    a_workspace()
    customer, other, source = a_customer(), a_customer(), a_source()
    sent(other, NOW - DAY)
    for state in ("failed", "unknown", "skipped", "cancelled"):
        sent(customer, NOW - DAY, state)

    an_order(customer, source=source)

    assert attributed() == 0


def test_an_order_is_credited_once_with_its_net():
    a_workspace()
    customer, source = a_customer(), a_source()
    for days in (1, 2, 3):
        sent(customer, NOW - days * DAY)

    an_order(customer, source=source, refunded_fen=2500)
    an_order(
        customer,
        source=source,
        paid_at=None,
        placed_at=NOW,
        occurred_at=NOW,
        paid_fen=0,
        status="placed",
    )

    assert attributed() == 7500


def test_the_period_takes_in_its_start_and_not_its_end():
    a_workspace()
    customer, source = a_customer(), a_source()
    sent(customer, NOW - DAY)
    an_order(customer, source=source)

    assert results.attributed_net_fen(NOW, NOW + TICK) == 10000
    assert results.attributed_net_fen(NOW - DAY, NOW) == 0


def test_the_last_touch_takes_the_credit():
    a_workspace()
    customer, other, source = a_customer(), a_customer(), a_source()
    sent(customer, NOW - 2 * DAY, journey_id=1)
    sent(customer, NOW - DAY, journey_id=2)
    sent(other, NOW - DAY, campaign_id=5)

    an_order(customer, source=source)
    an_order(other, source=source, paid_fen=300)

    assert results.attributed_by_journey(NOW - DAY, NOW + DAY) == {2: 10000, None: 300}


def test_messages_are_counted_by_state():
    customer = a_customer()
    for state in ("sent", "sent", "skipped"):
        sent(customer, NOW, state)
    sent(customer, NOW + DAY)

    counts = results.messages_by_state(NOW, NOW + DAY)

    assert counts == dict.fromkeys(Message.State.values, 0) | {"sent": 2, "skipped": 1}


def test_coupons_are_counted_by_what_they_are_now():
    customers = [a_member() for _n in range(3)]
    issued = coupons.issue(
        a_batch(), [Wanted(c.pk, c.pk, str(c.pk)) for c in customers], by="test", now=NOW
    )
    code = issued[str(customers[0].pk)].code
    coupons.redeem(
        code=code,
        namespace=a_namespace(),
        order_number="1",
        total_fen=5000,
        lines=[],
        now=NOW,
        by="shop",
    )

    counts = results.coupon_counts(NOW, NOW + DAY)

    assert {name: count for name, count in counts.items() if count} == {
        "issued": 2,
        "redeemed": 1,
        "discount_fen": 1000,
    }
