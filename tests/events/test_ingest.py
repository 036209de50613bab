"""Once, in whatever order, however late."""

from datetime import timedelta

import pytest
from django.db import connection

from customers.models import ChangedCustomer, CustomerAttribute
from events import names
from events.incoming_items import (
    ConsentStated,
    Incoming,
    OrderState,
    Outcome,
    ProductListed,
    RefundMade,
)
from events.models import Event, Order, OrderLine, Product, Reaction, Refund, WatchedName
from tests.factories import NOW, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db


def an_order(number, status, *, at=NOW, total=10000, **more):
    state = OrderState(number, status, at, total, **more)
    id = f"orders:{number}:{status}:{at.isoformat()}"
    event_id = f"orders:{number}:{status}"
    content = repr(state).encode()
    return Incoming(
        id, content, f"Order {status}", at, identities=[member(1)], event_id=event_id, order=state
    )


def a_refund(number, order_number, fen, at=NOW):
    refund = RefundMade(number, order_number, fen, at)
    return Incoming(
        f"refunds:{number}",
        repr(refund).encode(),
        "Order Refunded",
        at,
        event_id=f"refunds:{number}:refunded",
        refund=refund,
    )


def statuses(outcomes):
    return [o.status for o in outcomes]


def test_a_repeat_is_a_duplicate_and_another_content_a_reuse():
    source = a_source()
    first = an_event(member(1), id="e1")
    other = an_event(member(1), id="e1")
    other.content = b"other"

    assert statuses(happened(source, first)) == [Outcome.STORED]
    assert statuses(happened(source, first, other)) == [Outcome.DUPLICATE, Outcome.REUSED]
    assert Event.objects.count() == 1


def test_a_repeat_within_one_batch_is_stored_once():
    source = a_source()
    event = an_event(member(1), id="e1")

    assert statuses(happened(source, event, event)) == [Outcome.STORED, Outcome.DUPLICATE]


def test_the_same_id_from_another_source_is_another_event():
    assert statuses(happened(a_source(), an_event(member(1), id="e"))) == [Outcome.STORED]
    assert statuses(happened(a_source(), an_event(member(1), id="e"))) == [Outcome.STORED]


@pytest.mark.parametrize(
    ("ago", "timing"),
    [
        (timedelta(days=400), 1),
        (timedelta(hours=-2), 2),
        (timedelta(days=3), 0),
        (timedelta(days=1200), 1),
    ],
)
def test_late_and_future_events_are_stored_and_flagged(ago, timing):
    happened(a_source(), an_event(member(1), at=NOW - ago))

    assert Event.objects.get().timing == timing


def test_only_watched_fresh_events_leave_a_reaction():
    WatchedName.objects.create(name_id=names.number("Product Viewed"), watcher="test")

    happened(
        a_source(),
        an_event(member(1)),
        an_event(member(1), name="Other"),
        an_event(member(1), at=NOW - timedelta(days=30)),
    )

    reaction = Reaction.objects.get()
    assert (reaction.event_id, reaction.occurred_at) == Event.objects.filter(
        timing=0, name__name="Product Viewed"
    ).values_list("id", "occurred_at").get()


def test_every_event_names_its_customer_as_changed():
    (outcome,) = happened(a_source(), an_event(member(1)))

    assert ChangedCustomer.objects.filter(what="event", customer_id=outcome.customer_id).exists()


def test_personal_properties_are_lifted_out_of_the_json():
    happened(
        a_source(),
        an_event(
            member(1), properties={"phone": "13812345678", "inner": {"email": "a@b.cn"}, "sku": "1"}
        ),
    )

    event = Event.objects.get()
    assert {key: value for key, value in event.properties.items() if key != "$sealed"} == {
        "sku": "1",
        "inner": {},
    }
    assert sorted(event.properties["$sealed"]) == ["inner.email", "phone"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT personal FROM events_event")
        assert b"13812345678" not in bytes(cursor.fetchone()[0])
    assert "13812345678" in event.personal


def test_the_last_writer_by_time_wins_whatever_arrives_last():
    source = a_source()
    happened(
        source, an_event(member(1), attributes={"level": "gold", "city": "上海", "name": "王小明"})
    )
    happened(
        source,
        an_event(member(1), at=NOW - timedelta(days=1), attributes={"level": "normal", "age": 30}),
    )
    happened(source, an_event(member(1), at=NOW + timedelta(minutes=1), attributes={"city": None}))
    happened(source, an_event(member(1), at=NOW, attributes={"city": "北京"}))

    current = {a.key: a.value for a in CustomerAttribute.objects.all()}
    assert current == {"level": "gold", "age": 30, "city": None, "name": "王小明"}
    assert Event.objects.first().customer.name == "王小明"


def test_an_older_order_state_never_overwrites_a_newer_one():
    source = a_source()
    happened(source, an_order("1", "shipped", at=NOW, paid_fen=9000))
    happened(
        source,
        an_order("1", "paid", at=NOW - timedelta(hours=1), paid_fen=9000),
        an_order("1", "placed", at=NOW - timedelta(hours=2)),
    )

    order = Order.objects.get()
    assert (order.status, order.paid_fen) == ("shipped", 9000)
    assert (order.placed_at, order.paid_at) == (NOW - timedelta(hours=2), NOW - timedelta(hours=1))
    assert Event.objects.count() == 3


def test_states_of_one_order_in_one_batch_fold_in_order():
    lines = [
        {"product_id": "p1", "name": "鞋", "category": "shoes", "quantity": 2, "price_fen": 5000}
    ]
    happened(
        a_source(),
        an_order("1", "placed", lines=lines),
        an_order("1", "paid", at=NOW + timedelta(seconds=1), discount_fen=1000, lines=lines),
    )

    order = Order.objects.get()
    assert (order.status, order.paid_fen, order.net_fen) == ("paid", 9000, 9000)
    assert OrderLine.objects.count() == 1


@pytest.mark.parametrize("refund_first", [True, False])
def test_a_refund_counts_before_and_after_its_order(refund_first):
    source = a_source()
    items = [an_order("1", "paid"), a_refund("r1", "1", 4000)]

    for item in reversed(items) if refund_first else items:
        happened(source, item)

    order = Order.objects.get()
    assert (order.refunded_fen, order.net_fen) == (4000, 6000)
    assert (
        Event.objects.filter(name__name="Order Refunded", customer=order.customer_id).count() == 1
    )
    assert Refund.objects.count() == 1


def test_net_is_never_below_zero():
    happened(
        a_source(), an_order("1", "paid"), a_refund("r1", "1", 8000), a_refund("r2", "1", 8000)
    )

    assert Order.objects.get().net_fen == 0


def test_an_order_reported_by_two_sources_is_one_order():
    one, two = a_source(), a_source()

    happened(one, an_order("1", "paid"))
    happened(two, an_order("1", "paid"))

    assert Order.objects.count() == 1


def test_the_catalogue_keeps_the_newest_listing():
    source = a_source()
    for at, name in ((NOW, "new"), (NOW - timedelta(days=1), "old")):
        product = ProductListed("p1", name)
        happened(source, Incoming(name, name.encode(), "", at, product=product))

    assert Product.objects.get().name == "new"


def test_consents_are_kept_as_stated():
    (outcome,) = happened(
        a_source(),
        an_event(
            member(1),
            name="Consent Given",
            consents=[ConsentStated("sms", "marketing", is_granted=True)],
        ),
    )

    from customers.privacy import consent

    assert consent.latest([outcome.customer_id]) == {
        (outcome.customer_id, "sms", "marketing"): True
    }


def test_a_month_that_was_dropped_is_made_again():
    source = a_source()
    happened(source, an_event(member(1)))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP TABLE events_event_2026_11")

    happened(source, an_event(member(1)))

    assert Event.objects.count() == 1
