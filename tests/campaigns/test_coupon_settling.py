from datetime import timedelta

import pytest

from campaigns import coupons
from campaigns.coupons import Wanted
from campaigns.models import Coupon, CouponBatch, CouponMove
from tests.campaigns.test_coupon_redeeming import a_coupon, money, redeem, reserve
from tests.factories import NOW, a_batch, a_member, a_namespace, a_source, an_order

WEEK = timedelta(days=7)


def refunded(number, fen=10000):
    source = a_source()
    return an_order(a_member(), source=source, number=number, refunded_fen=fen)


def settle(*numbers, now=NOW):
    return coupons.settle_orders(
        namespace=a_namespace(), order_numbers=numbers, now=now, by="refund"
    )


@pytest.mark.django_db
def test_a_coupon_of_a_fully_refunded_order_is_returned_and_usable():
    coupon = redeem(a_coupon())
    refunded("order 1")

    assert settle("order 1") == 1
    assert settle("order 1") == 0
    assert Coupon.objects.values_list(
        "state", "order_number", "redeemed_at", "discount_fen"
    ).get() == ("returned", "", None, 0)
    assert money(coupon) == (1000, 0)
    assert redeem(coupon, "order 2").state == "redeemed"
    assert money(coupon) == (0, 1000)


@pytest.mark.django_db
def test_a_part_refunded_keeps_the_coupon_spent():
    redeem(a_coupon())
    refunded("order 1", fen=9999)

    assert settle("order 1") == 0
    assert Coupon.objects.get().state == "redeemed"


@pytest.mark.django_db
def test_a_coupon_whose_time_is_over_is_void_after_the_refund():
    coupon = redeem(a_coupon())
    refunded("order 1")

    assert settle("order 1", now=NOW + WEEK) == 1
    assert Coupon.objects.values_list("state", "order_number").get() == ("void", "order 1")
    assert money(coupon) == (0, 0)


@pytest.mark.django_db
def test_a_returned_coupon_promises_no_more_than_the_budget_still_holds():
    batch = a_batch(
        kind="percent", amount_off_fen=None, percent_off=50, most_off_fen=1000, budget_fen=1500
    )
    first, other = a_coupon(batch), a_member()
    redeem(first, total_fen=800)
    coupons.issue(batch, [Wanted(other.pk, other.pk, "other")], by="test", now=NOW)
    refunded("order 1")

    settle("order 1")

    assert Coupon.objects.get(pk=first.pk).promised_fen == 500
    assert money(first) == (1500, 0)


@pytest.mark.django_db
def test_what_was_not_used_in_time_expires_once_and_frees_its_promise():
    coupon = a_coupon()

    assert coupons.expire(NOW + WEEK - timedelta(microseconds=1)) == 0
    assert coupons.expire(NOW + WEEK) == 1
    assert coupons.expire(NOW + WEEK) == 0
    assert Coupon.objects.get().state == "expired"
    assert money(coupon) == (0, 0)
    assert list(CouponMove.objects.order_by("pk").values_list("state", flat=True)) == [
        "issued",
        "expired",
    ]


@pytest.mark.django_db
def test_a_timed_out_reservation_is_free_again_or_expired():
    batch = a_batch(valid_until=NOW + timedelta(minutes=45))
    early, late = a_coupon(batch), a_coupon(batch)
    reserve(early, "order 1")
    reserve(late, "order 2", now=NOW + timedelta(minutes=20))

    coupons.expire(NOW + timedelta(minutes=30))
    between = dict(Coupon.objects.values_list("pk", "state"))
    coupons.expire(NOW + timedelta(minutes=50))

    assert between == {early.pk: "issued", late.pk: "reserved"}
    assert dict(Coupon.objects.values_list("pk", "state")) == {
        early.pk: "expired",
        late.pk: "expired",
    }
    assert money(early) == (0, 0)


@pytest.mark.django_db
def test_expiring_goes_batch_by_batch():
    batch = a_batch()
    for _n in range(5):
        a_coupon(batch)

    assert [coupons.expire(NOW + WEEK, limit=2) for _n in range(4)] == [2, 2, 1, 0]


@pytest.mark.django_db
def test_revoking_takes_back_what_is_not_spent():
    batch = a_batch()
    spent, held, idle = (
        redeem(a_coupon(batch)),
        reserve(a_coupon(batch), "order 2"),
        a_coupon(batch),
    )

    assert coupons.revoke([spent.pk, held.pk, idle.pk], by="staff", now=NOW) == 2
    assert sorted(Coupon.objects.values_list("state", flat=True)) == [
        "redeemed",
        "revoked",
        "revoked",
    ]
    assert CouponBatch.objects.values_list("promised_fen", "spent_fen").get() == (0, 1000)


@pytest.mark.django_db
def test_a_cancelled_order_frees_what_it_held_and_gives_back_what_it_spent():
    batch = a_batch()
    held, spent, other = (
        reserve(a_coupon(batch), "order 1"),
        redeem(a_coupon(batch), "order 1"),
        redeem(a_coupon(batch), "order 2"),
    )
    an_order(
        a_member(),
        source=a_source(),
        number="order 1",
        status="cancelled",
        paid_at=None,
        placed_at=NOW,
        occurred_at=NOW,
        paid_fen=0,
    )

    assert (settle("order 1", "order 2"), settle("order 1")) == (2, 0)
    assert dict(Coupon.objects.values_list("pk", "state")) == {
        held.pk: "issued",
        spent.pk: "returned",
        other.pk: "redeemed",
    }
    assert money(held) == (2000, 1000)
