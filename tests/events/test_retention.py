"""Months of events go whole; what is out of time goes by when it came; figures and the ledger
stay."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection, transaction

from customers.data_rights.retention import chosen_terms, running
from customers.data_rights.retention.base import kinds
from customers.models import ChangedCustomer, Retention, Segment
from customers.segments import membership
from events import partitions
from events.incoming_items import Outcome
from events.insights import figures
from events.models import Event, Figure, FigureChange, Order
from events.privacy import retention as kept
from tests.factories import a_member, a_source, an_event, an_order, happened, member

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
THIS_MONTH = NOW.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month(back, day=15):
    first = partitions.months_later(THIS_MONTH.date(), -back)
    return datetime(first.year, first.month, day, 12, tzinfo=UTC)


def months_there():
    return [name.removeprefix("events_event_") for name, _rows in kept.months()]


def swept(*keys):
    Retention.objects.exclude(kind__in=keys).update(due_at=None)
    Retention.objects.filter(kind__in=keys).update(due_at=NOW - timedelta(days=1), began_at=None)
    while running.work():
        pass


def chosen(key, number):
    user = User.objects.create_user(f"{key} {number}")
    user.user_permissions.set(Permission.objects.filter(codename="change_retention"))
    chosen_terms.choose(kinds[key](), number, by=User.objects.get(pk=user.pk))
    Retention.objects.filter(kind=key).update(agreed_at=NOW)
    partitions.forget()


def row(key):
    return Retention.objects.get(kind=key)


def test_a_month_goes_when_its_last_day_has_had_its_time():
    source = a_source()
    for back in (24, 13, 12, 1):
        happened(source, an_event(member(1), at=month(back)), now=NOW)
    assert month(24).strftime("%Y_%m") in months_there()
    chosen("events", 12)
    happened(
        source, an_event(member(1), at=month(13)), now=NOW
    )  # older than is kept by now: out of time

    swept("events", "odd_events")

    assert month(13).strftime("%Y_%m") not in months_there()
    assert month(12).strftime("%Y_%m") in months_there()
    assert sorted(Event.objects.values_list("occurred_at", "out_of_range")) == [
        (month(13), True),
        (month(12), False),
        (month(1), False),
    ]
    assert row("events").gone == 2


def test_before_anybody_agreed_months_are_only_counted():
    happened(
        a_source(), an_event(member(1), at=month(24)), an_event(member(1), at=month(13)), now=NOW
    )
    chosen("events", 12)
    Retention.objects.filter(kind="events").update(agreed_at=None)
    swept("events")
    assert Event.objects.count() == 2
    assert (row("events").waiting, row("events").waiting_oldest) == (2, month(24))


def test_what_came_in_out_of_time_is_kept_as_long_from_when_it_came():
    source = a_source()
    happened(source, an_event(member(1), at=month(70)), now=NOW - timedelta(days=900))
    happened(source, an_event(member(1), at=month(41)), now=NOW)
    ChangedCustomer.objects.all().delete()
    swept("odd_events")
    assert [e.occurred_at for e in Event.objects.all()] == [month(41)]
    assert ChangedCustomer.objects.filter(what="event").count() == 1
    assert row("odd_events").gone == 1


def test_who_ever_did_something_is_asked_anew_when_a_month_goes():
    source, customer = a_source(), a_member("m")
    happened(source, an_event(member("m"), name="Viewed", at=month(20)), now=NOW)
    leaf = {"condition": "did_event", "event": "Viewed", "comparison": ">=", "times": 1}
    segment = Segment.objects.create(name="ever viewed", definition=leaf)
    other = Segment.objects.create(
        name="ordered",
        definition={"condition": "orders", "measure": "count", "comparison": ">=", "times": 1},
    )
    membership.refresh()
    assert set(segment.memberships.values_list("customer", flat=True)) == {customer.pk}
    before = Segment.objects.get(pk=other.pk).revision
    chosen("events", 12)

    swept("events")
    membership.refresh()

    assert not segment.memberships.exists()
    assert Segment.objects.get(pk=other.pk).revision == before


def test_after_a_month_went_its_ids_are_known_and_its_time_is_odd():
    source = a_source()
    first = an_event(member(1), at=month(20))
    happened(source, first, now=NOW)
    partitions.ensure([month(20).date().replace(day=1)])  # this process believes that it is there
    chosen("events", 12)
    swept("events")

    [again] = happened(source, first, now=NOW)
    assert again.status == Outcome.DUPLICATE
    [late] = happened(source, an_event(member(1), at=month(20)), now=NOW)
    assert late.status == Outcome.STORED
    assert Event.objects.get().out_of_range


def test_another_process_that_believes_the_month_is_there_makes_it_again():
    source = a_source()
    happened(source, an_event(member(1), at=month(20)), now=NOW)
    believed = set(partitions._made)
    chosen("events", 12)
    swept("events")
    partitions._made.update(believed)
    partitions._term.months, partitions._term.until = 25, float("inf")

    [late] = happened(source, an_event(member(1), at=month(20)), now=NOW)

    assert late.status == Outcome.STORED
    assert Event.objects.get().out_of_range in (True, False)


def test_only_a_month_that_may_go_is_dropped():
    for name in ("2026_11; DROP TABLE x", NOW.strftime("%Y_%m"), "even", "odd"):
        with (
            pytest.raises(Exception, match="not a month that may go"),
            connection.cursor() as cursor,
            transaction.atomic(),
        ):
            cursor.execute("SELECT events_drop_month(%s)", [name])


def test_orders_go_and_their_figures_stay():
    source, customer = a_source(), a_member()
    for days in (1200, 1150, 10):
        an_order(customer, source=source, paid_at=NOW - timedelta(days=days))
    figures.fold(NOW)
    before = figures.totals(["order", "order_net"])
    by_row = dict(Figure.objects.values_list("name", "fen").filter(name="order"))
    chosen("orders", 36)

    swept("orders", "refunds")

    assert Order.objects.count() == 1
    assert not FigureChange.objects.exists()
    figures.fold(NOW)
    assert figures.totals(["order", "order_net"]) == before == {"order": 3, "order_net": 3}
    assert dict(Figure.objects.values_list("name", "fen").filter(name="order")) == by_row
    assert figures.frozen("orders") == kinds["orders"]().cutoff(36, NOW)
    assert ChangedCustomer.objects.filter(customer_id=customer.pk).exists()


def test_without_a_number_orders_stay():
    an_order(a_member(), source=a_source(), paid_at=NOW - timedelta(days=9000))
    swept("orders")
    assert Order.objects.count() == 1
    assert row("orders").due_at is None


def test_what_was_frozen_is_never_thawed():
    figures.freeze("orders", month(3))
    figures.freeze("orders", month(5))
    figures.freeze("orders", month(2))
    assert figures.frozen("orders") == month(2)
    assert figures.frozen("messages") == figures.BEGAN
