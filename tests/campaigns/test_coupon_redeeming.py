from datetime import timedelta

import pytest

from campaigns import coupons
from campaigns.coupons import CouponRefused, Wanted
from campaigns.models import Coupon, CouponBatch, CouponMove
from tests.campaigns.at_once import at_once
from tests.factories import NOW, a_batch, a_member, a_namespace, a_source, an_order

MINUTES = timedelta(minutes=1)


def a_coupon(batch=None, now=NOW, **more) -> Coupon:
    customer = a_member()
    return coupons.issue(
        batch or a_batch(**more),
        [Wanted(customer.pk, customer.pk, f"key {customer.pk}")],
        by="test",
        now=now,
    )[f"key {customer.pk}"]


def use(act, coupon, order="order 1", *, total_fen=10000, now=NOW, shop=None, lines=()):
    return act(
        code=coupon.code,
        namespace=shop or a_namespace(),
        order_number=order,
        total_fen=total_fen,
        lines=list(lines),
        now=now,
        by="shop",
    )


def redeem(coupon, *args, **more):
    return use(coupons.redeem, coupon, *args, **more)


def reserve(coupon, *args, **more):
    return use(coupons.reserve, coupon, *args, **more)


def refusal(act, *args, **more):
    with pytest.raises(CouponRefused) as refused:
        act(*args, **more)
    return refused.value.code, refused.value.order_number


def money(coupon):
    return CouponBatch.objects.values_list("promised_fen", "spent_fen").get(pk=coupon.batch_id)


@pytest.mark.django_db
def test_a_redeemed_coupon_is_spent_on_its_order():
    coupon = redeem(a_coupon())

    stored = Coupon.objects.get()
    assert (stored.state, stored.order_number, stored.discount_fen, stored.redeemed_at) == (
        "redeemed",
        "order 1",
        1000,
        NOW,
    )
    assert (coupon.state, coupon.discount_fen, coupon.redeemed_at) == ("redeemed", 1000, NOW)
    assert list(
        CouponMove.objects.order_by("pk").values_list("state", "order_number", "amount_fen")
    ) == [
        ("issued", "", 0),
        ("redeemed", "order 1", 1000),
    ]
    assert money(coupon) == (0, 1000)


@pytest.mark.django_db
def test_a_second_redemption_is_told_which_order_took_it():
    coupon = a_coupon()
    redeem(coupon)

    assert refusal(redeem, coupon, "order 2") == ("already_redeemed", "order 1")
    assert refusal(reserve, coupon, "order 1") == ("already_redeemed", "order 1")
    assert money(coupon) == (0, 1000)


@pytest.mark.django_db
def test_the_same_order_is_answered_as_it_was_the_first_time():
    coupon = a_coupon()
    first = redeem(coupon)

    again = redeem(coupon, total_fen=1, now=NOW + 300 * MINUTES)

    said = lambda c: (c.state, c.order_number, c.discount_fen, c.redeemed_at)  # noqa: E731
    assert said(again) == said(first) == ("redeemed", "order 1", 1000, NOW)
    assert CouponMove.objects.filter(state="redeemed").count() == 1
    assert money(coupon) == (0, 1000)


@pytest.mark.django_db
def test_a_late_repeat_does_not_spend_again_what_a_refund_gave_back():
    coupon, source = a_coupon(), a_source()
    redeem(coupon)
    an_order(coupon.customer, source=source, number="order 1", paid_fen=10000, refunded_fen=10000)
    coupons.settle_orders(namespace=a_namespace(), order_numbers=["order 1"], now=NOW, by="shop")

    again = redeem(coupon, now=NOW + MINUTES)

    assert (again.state, again.discount_fen, again.redeemed_at) == ("redeemed", 1000, NOW)
    assert Coupon.objects.values_list("state", "order_number").get() == ("returned", "")
    assert money(coupon) == (1000, 0)
    assert redeem(coupon, "order 2").order_number == "order 2"


@pytest.mark.django_db
def test_what_an_order_has_spent_is_not_released():
    coupon = a_coupon()
    redeem(coupon)

    release = lambda: coupons.release(  # noqa: E731
        namespace=a_namespace(), order_number="order 1", now=NOW, by="shop"
    )
    assert refusal(release) == ("already_redeemed", "order 1")


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_repeats_at_once_all_are_answered_alike():
    coupon = a_coupon()

    results = at_once(16, lambda n: redeem(coupon, now=NOW + n * MINUTES))

    assert len({(r.state, r.order_number, r.discount_fen, r.redeemed_at) for r in results}) == 1
    assert CouponMove.objects.filter(state="redeemed").count() == 1
    assert money(coupon) == (0, 1000)


@pytest.mark.django_db
def test_an_unknown_code_and_another_shops_code_are_the_same_answer():
    coupon, other = a_coupon(), a_namespace("other shop")

    assert refusal(redeem, coupon, shop=other) == ("unknown_coupon", "")
    assert refusal(redeem, Coupon(code="nothing"), shop=other) == ("unknown_coupon", "")


@pytest.mark.django_db
def test_the_moment_decides_to_the_microsecond():
    coupon = a_coupon(valid_from=NOW + MINUTES, valid_until=NOW + 2 * MINUTES)
    tick = timedelta(microseconds=1)

    assert refusal(reserve, coupon, now=NOW + MINUTES - tick) == ("not_yet_valid", "")
    assert reserve(coupon, now=NOW + MINUTES).state == "reserved"
    coupons.release(namespace=a_namespace(), order_number="order 1", now=NOW + MINUTES, by="shop")
    assert refusal(redeem, coupon, now=NOW + 2 * MINUTES) == ("expired", "")
    assert redeem(coupon, now=NOW + 2 * MINUTES - tick).state == "redeemed"


@pytest.mark.django_db
def test_an_order_that_does_not_meet_the_terms_leaves_the_coupon_alone():
    coupon = a_coupon(threshold_fen=5000)

    assert refusal(redeem, coupon, total_fen=4999) == ("below_threshold", "")
    assert Coupon.objects.get().state == "issued"


@pytest.mark.django_db
def test_a_reserved_coupon_is_for_its_own_order():
    coupon = a_coupon()

    assert reserve(coupon).reserved_until == NOW + 30 * MINUTES
    assert refusal(redeem, coupon, "order 2") == ("already_reserved", "order 1")
    assert refusal(reserve, coupon, "order 2") == ("already_reserved", "order 1")
    assert reserve(coupon, now=NOW + MINUTES).reserved_until == NOW + 31 * MINUTES
    assert redeem(coupon, now=NOW + 2 * MINUTES).state == "redeemed"
    assert money(coupon) == (0, 1000)


@pytest.mark.django_db
def test_a_reservation_that_timed_out_holds_nobody_up():
    coupon = a_coupon()
    reserve(coupon)

    assert redeem(coupon, "order 2", now=NOW + 30 * MINUTES).order_number == "order 2"


@pytest.mark.django_db
def test_a_reservation_made_in_time_is_honoured_after_the_coupon_expired():
    coupon = a_coupon(valid_until=NOW + 10 * MINUTES)
    reserve(coupon)

    assert refusal(redeem, coupon, "order 2", now=NOW + 11 * MINUTES) == ("expired", "")
    assert redeem(coupon, now=NOW + 11 * MINUTES).state == "redeemed"


@pytest.mark.django_db
def test_a_released_coupon_can_be_used_again():
    coupon = a_coupon()
    reserve(coupon)

    assert coupons.release(namespace=a_namespace(), order_number="order 1", now=NOW, by="shop") == 1
    assert coupons.release(namespace=a_namespace(), order_number="order 1", now=NOW, by="shop") == 0
    assert Coupon.objects.values_list(
        "state", "order_number", "reserved_until", "discount_fen"
    ).get() == ("issued", "", None, 0)
    assert redeem(coupon, "order 2").state == "redeemed"


@pytest.mark.django_db
def test_on_a_budget_no_more_is_taken_off_than_was_promised():
    coupon = a_coupon(
        kind="percent", amount_off_fen=None, percent_off=50, most_off_fen=800, budget_fen=800
    )
    CouponBatch.objects.update(most_off_fen=5000)

    assert redeem(coupon, total_fen=10000).discount_fen == 800
    assert money(coupon) == (0, 800)


@pytest.mark.django_db
def test_what_was_promised_and_not_spent_can_be_promised_again():
    batch = a_batch(
        kind="percent", amount_off_fen=None, percent_off=50, most_off_fen=1000, budget_fen=1500
    )
    first, other = a_coupon(batch), a_member()
    again = [Wanted(other.pk, other.pk, "other")]

    assert coupons.issue(batch, again, by="test", now=NOW).refusals == {"other": "over_budget"}
    redeem(first, total_fen=800)
    assert list(coupons.issue(batch, again, by="test", now=NOW)) == ["other"]
    assert money(first) == (1000, 400)


@pytest.mark.django_db(transaction=True)
def test_of_sixty_four_redemptions_at_once_one_succeeds():
    coupon = a_coupon()

    results = at_once(64, lambda n: redeem(coupon, f"order {n}"))

    won = [r for r in results if isinstance(r, Coupon)]
    lost = [r.code for r in results if isinstance(r, CouponRefused)]
    assert (len(won), lost) == (1, ["already_redeemed"] * 63)
    assert CouponMove.objects.filter(state="redeemed").count() == 1
    assert money(coupon) == (0, 1000)
