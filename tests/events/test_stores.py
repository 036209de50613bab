"""Orders and bookings say at which store: found by its key, made by whoever is first to name it."""

from datetime import timedelta

import pytest

from customers.models import Store
from events.commerce import stores
from events.incoming_items import BookingState, OrderState
from events.models import Booking, Event, Order
from tests.factories import NOW, a_namespace, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db


def an_order(number="1", *, at=NOW, **more):
    state = OrderState(number, "paid", at, total_fen=1000, **more)
    return an_event(member(1), name="Order Completed", at=at, order=state)


def a_booking(number="1", *, at=NOW, **more):
    state = BookingState(number, "booked", "class", at, NOW + timedelta(days=1), **more)
    return an_event(member(1), name="Booking Created", at=at, booking=state)


def test_an_order_is_of_the_store_it_names():
    west = Store.objects.create(namespace=a_namespace(), key="west", name="West Lake")
    source = a_source()
    happened(source, an_order(store="west"), an_order("2", store="east"), an_order("3"))

    assert list(Order.objects.order_by("number").values_list("store__key", flat=True)) == [
        "west",
        "east",
        None,
    ]
    assert Store.objects.get(key="east").name == "east"  # until somebody names it
    assert Store.objects.get(key="west") == west
    assert Event.objects.count() == 3


def test_a_later_state_without_a_store_keeps_it_and_another_moves_it():
    source = a_source()
    later = NOW + timedelta(seconds=1)
    happened(source, an_order(store="west"))
    happened(source, an_order(at=later))
    assert Order.objects.get().store.key == "west"
    happened(source, an_order(at=later + timedelta(seconds=1), store="east"))
    assert Order.objects.get().store.key == "east"


def test_a_booking_is_as_its_newest_state_says():
    source = a_source()
    happened(source, a_booking(store="west"))
    assert Booking.objects.get().store.key == "west"
    happened(source, a_booking(at=NOW + timedelta(seconds=1)))
    assert Booking.objects.get().store is None


def test_stores_of_two_shops_with_one_key_are_two():
    happened(a_source(), an_order(store="west"))
    happened(a_source(namespace=a_namespace("other")), an_order(store="west"))
    assert Store.objects.filter(key="west").count() == 2


def test_there_are_not_more_than_somebody_can_have(monkeypatch):
    monkeypatch.setattr(stores, "MOST", 2)
    happened(a_source(), *(an_order(str(n), store=f"s{n}") for n in range(4)))
    assert Store.objects.count() == 2
    assert Order.objects.count() == 4
    assert Order.objects.exclude(store=None).count() == 2
