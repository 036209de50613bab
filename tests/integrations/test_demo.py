"""The full house: what comes in by COPY is what the doors would have left behind."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from customers.models import ChangedCustomer, Customer, Segment
from customers.segments import membership
from events import ingest
from events.models import Event, Order, OrderLine
from tests.factories import an_event, happened, member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def full_house():
    call_command("demo", customers=300, events=5000, verbosity=0)


def ledger() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM events_event e JOIN events_ledger l USING (source_id) WHERE"
            " l.id_hash = substring(sha256(e.external_id::bytea) FOR 16)"
        )
        return cursor.fetchone()[0]


def test_people_and_past_are_there(full_house):
    events = Event.objects.count()

    assert Customer.objects.count() == 300
    assert Order.objects.count() == 500
    assert OrderLine.objects.values("order").distinct().count() == 500
    assert 4900 < events <= 5000
    assert ledger() == events
    assert not ChangedCustomer.objects.exists()


def test_numbers_go_on_after_it_and_identities_resolve(full_house):
    known = Customer.objects.order_by("pk").first()
    source = Event.objects.first().source

    outcomes = happened(
        source, an_event(member(f"M{known.pk:08}")), an_event(member("somebody else"))
    )

    assert outcomes[0].customer_id == known.pk
    assert outcomes[1].customer_id > Customer.objects.order_by("-pk")[1].pk
    assert Event.objects.filter(external_id=outcomes[0].id).get().pk > 5000


def test_an_id_of_the_past_is_a_duplicate(full_house):
    old = Event.objects.exclude(external_id__startswith="orders:").first()

    outcome = ingest.record(old.source, [an_event(member("M1"), id=old.external_id)])[0]

    assert outcome.status == outcome.REUSED


def test_more_is_added_to_those_who_are_there_and_segments_follow(full_house):
    with pytest.raises(CommandError, match="--more"):
        call_command("demo", customers=10, events=100)
    segment = Segment.objects.create(
        name="Buyers",
        definition={"condition": "orders", "measure": "count", "comparison": ">=", "times": "1"},
    )
    membership.refresh()
    before = Event.objects.count()

    call_command("demo", customers=0, events=2000, more=True, verbosity=0)
    membership.refresh()

    segment.refresh_from_db()
    assert Customer.objects.count() == 300
    assert Event.objects.count() > before + 1900
    assert (
        segment.size
        == Order.objects.exclude(paid_at=None)
        .exclude(status="cancelled")
        .values("customer")
        .distinct()
        .count()
    )
