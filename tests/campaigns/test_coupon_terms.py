import pytest

from campaigns.coupons import CouponRefused, terms
from campaigns.models import CouponBatch
from events.models import Product
from tests.factories import NOW, a_namespace


def line(product_id="p1", price_fen=5000, quantity=1, category=""):
    return {
        "product_id": product_id,
        "price_fen": price_fen,
        "quantity": quantity,
        "category": category,
        "name": "",
    }


def off(batch, total_fen, *lines):
    return terms.discount(batch, total_fen=total_fen, lines=list(lines))


def refusal(batch, total_fen, *lines):
    with pytest.raises(CouponRefused) as refused:
        off(batch, total_fen, *lines)
    return refused.value.code


def test_an_amount_is_taken_off_from_its_threshold_on():
    batch = CouponBatch(kind="amount", amount_off_fen=1000, threshold_fen=5000)

    assert off(batch, 5000) == 1000
    assert refusal(batch, 4999) == "below_threshold"


def test_never_more_is_taken_off_than_the_order_costs():
    assert off(CouponBatch(kind="amount", amount_off_fen=1000), 300) == 300


def test_a_percentage_stops_at_its_most():
    batch = CouponBatch(kind="percent", percent_off=20, most_off_fen=1500)

    assert off(batch, 5000) == 1000
    assert off(batch, 10000) == 1500


def test_a_percentage_is_rounded_down():
    assert off(CouponBatch(kind="percent", percent_off=33), 101) == 33


def test_a_scope_counts_only_its_own_products():
    batch = CouponBatch(kind="percent", percent_off=50, products=["p1"])

    assert off(batch, 12000, line("p1", 1000, 2), line("p2", 10000)) == 1000
    assert refusal(batch, 10000, line("p2", 10000)) == "not_for_these_products"
    assert refusal(batch, 10000) == "not_for_these_products"


def test_the_threshold_is_of_the_scope():
    batch = CouponBatch(kind="amount", amount_off_fen=1000, threshold_fen=5000, products=["p1"])

    assert refusal(batch, 12000, line("p1", 2000), line("p2", 10000)) == "below_threshold"


@pytest.mark.django_db
def test_a_category_is_read_from_the_catalogue_where_the_shop_did_not_send_it():
    shop = a_namespace()
    Product.objects.create(
        namespace=shop, product_id="p1", name="Tea", category="drinks", updated_at=NOW
    )
    batch = CouponBatch(kind="percent", percent_off=10, categories=["drinks"], namespace=shop)

    assert off(batch, 5000, line("p1", 5000)) == 500
    assert off(batch, 5000, line("p9", 5000, category="drinks")) == 500
    assert refusal(batch, 5000, line("p1", 5000, category="food")) == "not_for_these_products"


def test_an_exchange_is_worth_one_unit_of_the_dearest_product_it_is_for():
    batch = CouponBatch(kind="exchange", products=["p1", "p2"])

    assert off(batch, 20000, line("p1", 3000, 2), line("p2", 4000), line("p3", 9000)) == 4000


@pytest.mark.django_db
def test_what_a_coupon_promises_is_the_most_it_can_cost():
    shop = a_namespace()
    Product.objects.create(
        namespace=shop, product_id="p1", name="Tea", price_fen=3000, updated_at=NOW
    )

    assert terms.promise(CouponBatch(kind="amount", amount_off_fen=1000)) == 1000
    assert terms.promise(CouponBatch(kind="percent", percent_off=20, most_off_fen=1500)) == 1500
    assert terms.promise(CouponBatch(kind="percent", percent_off=20)) is None
    assert (
        terms.promise(CouponBatch(kind="exchange", products=["p1", "p2"], namespace=shop)) == 3000
    )


def test_money_is_written_without_needless_zeros():
    assert [terms.yuan(fen) for fen in (3000, 2990, 5)] == ["30", "29.90", "0.05"]
