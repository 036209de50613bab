"""The number of a product means something within its shop only: two shops of one workspace may
number theirs alike."""

from datetime import timedelta

import pytest
from pyroaring import BitMap

from campaigns.models import Message, Run
from customers.models import Identity
from customers.segments import rules
from events.incoming_items import Named, OrderState
from events.models import Booking, Order
from tests.campaigns.test_journeys import (
    HELLO,
    a_journey,
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.factories import NOW, a_customer, a_namespace, a_source, an_event, happened

pytestmark = pytest.mark.django_db

SOON, LATER = timedelta(seconds=2), timedelta(hours=25)
ABSENCE = {
    "trigger": "absence",
    "first": "Product Viewed",
    "second": "Order Completed",
    "within_seconds": 86400,
    "same_product": True,
}
PHONE = Named("phone", "+8613800138000")


@pytest.fixture
def shops():
    """Two sources, each of a shop of its own."""
    return a_source(), a_source(namespace=a_namespace("other"))


def bought(source, keys, at):
    happened(source, an_event(PHONE, name="Order Completed", keys=keys, at=at), now=at + SOON)


def them() -> int:
    return Identity.objects.filter(kind="phone").values_list("customer", flat=True).get()


def fits(leaf: dict, now=NOW) -> bool:
    return them() in rules.Evaluation(now, BitMap([them()])).value(rules.parsed(leaf))


@pytest.mark.parametrize(
    ("where", "outcome", "messages"), [(0, "did_follow", 0), (1, "completed", 1)]
)
def test_only_an_order_in_the_shop_of_what_was_viewed_ends_the_wait(
    clock,  # noqa: F811
    shops,
    where,
    outcome,
    messages,
):
    a_journey({"hello": HELLO}, trigger=ABSENCE)
    happened(shops[0], an_event(PHONE, keys=["p1"]))
    clock(NOW + SOON)
    settle()
    bought(shops[where], ["p1"], NOW + timedelta(hours=1))
    clock(NOW + LATER)
    settle()

    assert Run.objects.get().outcome == outcome
    assert Message.objects.count() == messages


def test_a_run_from_before_shops_were_told_apart_ends_by_any(clock, shops):  # noqa: F811
    a_journey({"hello": HELLO}, trigger=ABSENCE)
    happened(shops[0], an_event(PHONE, keys=["p1"]))
    clock(NOW + SOON)
    settle()
    Run.objects.update(facts={"event": {}, "keys": ["p1"]})
    bought(shops[1], ["p1"], NOW + timedelta(hours=1))
    clock(NOW + LATER)
    settle()

    assert Run.objects.get().outcome == "did_follow"


def test_once_per_product_is_once_in_each_shop(clock, shops):  # noqa: F811
    a_journey({"hello": HELLO}, reentry={"kind": "key"})
    for source in (shops[0], shops[1], shops[0]):
        happened(source, an_event(PHONE, keys=["p1"]))
        clock(NOW + SOON)
        settle()

    assert sorted(Run.objects.values_list("entry_key", flat=True)) == sorted(
        f"key:{shop.namespace_id}/p1" for shop in shops
    )


def test_whoever_entered_before_shops_were_told_apart_has_entered(clock, shops):  # noqa: F811
    a_journey({"hello": HELLO}, reentry={"kind": "key"})
    happened(shops[0], an_event(PHONE, keys=["p1"]))
    clock(NOW + SOON)
    settle()
    Run.objects.update(entry_key="key:p1")
    happened(shops[0], an_event(PHONE, keys=["p1"]))
    settle()

    assert Run.objects.count() == 1


@pytest.mark.parametrize("where", [0, 1])
def test_a_sequence_of_the_same_product_stays_in_one_shop(shops, where):
    happened(shops[0], an_event(PHONE, keys=["p1"]))
    bought(shops[where], ["p1"], NOW + timedelta(hours=1))
    pair = {
        "first": "Product Viewed",
        "second": "Order Completed",
        "within_n": 2,
        "within_unit": "hours",
        "same_product": True,
    }
    later = NOW + timedelta(hours=4)

    assert fits({"condition": "sequence", **pair}, later) == (where == 0)
    assert fits({"condition": "a_and_no_b", **pair}, later) == (where == 1)


def test_who_bought_a_product_of_a_shop(shops):
    line = {"product_id": "p1", "name": "tea", "category": "tea", "quantity": 1, "price_fen": 100}
    order = OrderState(number="1", status="paid", occurred_at=NOW, total_fen=100, lines=[line])
    happened(shops[1], an_event(PHONE, name="Order Completed", order=order))
    assert Order.objects.get().namespace == shops[1].namespace
    leaf = {"condition": "bought", "what": "product_id", "value": "p1"}

    assert fits(leaf, NOW + SOON)
    assert fits({**leaf, "shop": shops[1].namespace_id}, NOW + SOON)
    assert not fits({**leaf, "shop": shops[0].namespace_id}, NOW + SOON)
    sentence = rules.sentence({**leaf, "shop": shops[1].namespace_id})
    assert "Other" in sentence


def test_who_booked_a_course_of_a_school(shops):
    customer = a_customer()
    Identity.objects.create(
        customer=customer,
        origin_customer=customer,
        kind="phone",
        scope="",
        value=PHONE.value,
        is_strong=True,
        first_seen_at=NOW,
    )
    common = {
        "source": shops[1],
        "customer": customer,
        "origin_customer": customer,
        "product_id": "c1",
        "kind": "course",
        "status": "booked",
        "occurred_at": NOW,
    }
    Booking.objects.create(
        namespace=shops[1].namespace, number="1", starts_at=NOW + LATER, **common
    )
    leaf = {"condition": "booking", "state": "upcoming", "product": "c1"}

    assert fits(leaf)
    assert fits({**leaf, "shop": shops[1].namespace_id})
    assert not fits({**leaf, "shop": shops[0].namespace_id})
