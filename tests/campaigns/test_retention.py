"""Messages lose their words, then their rows; ways through journeys their details; the figures of
both stay."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from campaigns.models import Journey, JourneyVersion, Message, Run, RunStep
from customers.data_rights.retention import running
from customers.models import ChangedCustomer, Retention
from events.insights import figures
from events.models import Figure, FigureChange
from tests.factories import a_member, a_source, an_order

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.now(UTC)
SAID = {"title": "Hello", "body": "We miss you, Zhang"}


@pytest.fixture(autouse=True)
def agreed(transactional_db):
    """The rows that a migration made are gone where tests empty the tables."""
    Retention.objects.all().delete()


def swept(*keys):
    for key in keys:
        Retention.objects.update_or_create(
            kind=key, defaults={"due_at": NOW - timedelta(days=1), "agreed_at": NOW}
        )
    while running.work():
        pass


def sent(customer, days, n, **more):
    at = NOW - timedelta(days=days)
    defaults = {
        "channel": "in_app",
        "purpose": "marketing",
        "state": "sent",
        "content": SAID,
        "facts": {"coupon": 1},
        "sent_at": at,
    }
    return Message.objects.create(
        customer=customer,
        origin_customer=customer,
        effect_key=f"effect {n}",
        created_at=at,
        **{**defaults, **more},
    )


def kept(names):
    rows = (
        "SELECT name, at, sum(n)::bigint, sum(fen)::bigint FROM events_figure WHERE name = ANY(%s)"
        " GROUP BY 1, 2"
    )
    with connection.cursor() as cursor:
        cursor.execute(rows, [list(names)])
        return {(name, at): (n, fen) for name, at, n, fen in cursor if n or fen}


def test_of_a_message_first_the_words_go():
    customer = a_member()
    old, new = sent(customer, 500, 1), sent(customer, 10, 2)
    queued = sent(customer, 500, 3, state="queued", sent_at=None, due_at=NOW)
    ChangedCustomer.objects.all().delete()

    swept("message_contents", "messages")

    assert Message.objects.count() == 3
    old.refresh_from_db()
    assert (old.content, old.facts, old.state) == ({}, {}, "sent")
    assert [Message.objects.get(pk=one.pk).content for one in (new, queued)] == [SAID, SAID]
    assert not ChangedCustomer.objects.exists()
    swept("message_contents")
    assert Retention.objects.get(kind="message_contents").gone == 1  # once


def test_then_the_rows_go_and_what_was_counted_stays_also_when_it_is_counted_again():
    customer, source = a_member(), a_source()
    sent(customer, 2000, 1)
    an_order(customer, source=source, paid_at=NOW - timedelta(days=1999))
    sent(customer, 10, 2)
    an_order(customer, source=source, paid_at=NOW - timedelta(days=9))
    figures.keep(NOW)
    names = ["message:sent", "attributed", "order", "order_net"]
    before = kept(names)
    assert sum(n for (name, _at), (n, _fen) in before.items() if name == "message:sent") == 2
    ChangedCustomer.objects.all().delete()

    swept("messages")

    assert Message.objects.count() == 1
    assert not FigureChange.objects.exists()
    assert kept(names) == before
    assert set(ChangedCustomer.objects.values_list("customer_id", "what")) == {
        (customer.pk, "message")
    }
    figures.keep(NOW)
    assert kept(names) == before
    for family in (family for family in figures.families if family.rows):
        figures.recount(family)
    figures.keep(NOW)
    assert kept(names) == before
    assert Figure.objects.filter(name="frozen:messages").count() == 1


def test_of_an_ended_way_the_details_go_and_the_entry_stays():
    customer = a_member()
    journey = Journey.objects.create(name="welcome")
    version = JourneyVersion.objects.create(
        journey=journey, number=1, definition={}, published_at=NOW
    )
    runs = []
    for n, (days, state) in enumerate([(900, "completed"), (10, "completed"), (900, "active")]):
        at = NOW - timedelta(days=days)
        run = Run.objects.create(
            customer=customer,
            origin_customer=customer,
            journey=journey,
            version=version,
            entry_key=f"once {n}",
            state=state,
            entered_at=at,
            ended_at=at if state == "completed" else None,
            keys=["sku"],
            facts={"event": {"page": "home"}, "assignment": 7},
        )
        RunStep.objects.create(run=run, visit=1, step="s1", at=at)
        runs.append(run)

    swept("run_details", "run_steps")

    assert Run.objects.count() == 3
    assert [Run.objects.get(pk=r.pk).facts for r in runs] == [
        {"assignment": 7},
        runs[1].facts,
        runs[2].facts,
    ]
    assert [Run.objects.get(pk=r.pk).keys for r in runs] == [None, ["sku"], ["sku"]]
    assert set(RunStep.objects.values_list("run", flat=True)) == {runs[1].pk, runs[2].pk}
