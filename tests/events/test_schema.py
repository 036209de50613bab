"""The event schema is derived from the events themselves: each is counted once, whatever is still
open when the tick looks."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from events import schema
from events.models import EventCursor, SeenEvent, SeenProperty
from tests.factories import NOW, a_source, an_event, happened, visitor
from tests.product import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def looked() -> None:
    """What is open in tests beside us holds up the count, too: look until everything up to now was
    passed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM events_event_id_seq")
        newest = cursor.fetchone()[0]

    def is_done():
        schema.look()
        return EventCursor.objects.filter(
            pk=EventCursor.Reader.SCHEMA, counted_id__gte=newest
        ).exists()

    assert eventually(is_done, seconds=300, every=0.1)


def properties(name: str) -> dict:
    rows = SeenProperty.objects.filter(event__name__name=name)
    return {row.key: (row.types, row.volume) for row in rows}


def test_names_properties_types_and_volume_are_seen():
    source, other = a_source(), a_source()
    happened(
        source,
        an_event(visitor(1), properties={"price": 1, "tags": ["a"], "phone": "13812345678"}),
        an_event(
            visitor(1), properties={"price": "1", "deep": {"a": None}, "none": None, "on": True}
        ),
        an_event(visitor(1), name="Cart Viewed"),
    )
    happened(other, an_event(visitor(2)))

    looked()

    volumes = SeenEvent.objects.values_list("source", "name__name", "volume")
    assert sorted(volumes) == [
        (source.pk, "Cart Viewed", 1),
        (source.pk, "Product Viewed", 2),
        (other.pk, "Product Viewed", 1),
    ]
    assert properties("Product Viewed") == {
        "price": (["number", "string"], 2),
        "tags": (["array"], 1),
        "deep": (["object"], 1),
        "none": (["null"], 1),
        "on": (["boolean"], 1),
        "phone": (["sealed"], 1),
    }


def test_a_second_look_counts_only_what_is_new():
    source = a_source()
    happened(source, an_event(visitor(1), properties={"a": 1}))
    looked()
    schema.look()
    happened(source, an_event(visitor(1), properties={"a": "x"}), now=NOW + timedelta(minutes=1))
    looked()

    (row,) = SeenEvent.objects.all()
    assert (row.volume, row.last_seen_at - row.first_seen_at) == (2, timedelta(seconds=59))
    assert properties("Product Viewed") == {"a": (["number", "string"], 2)}


def test_what_commits_late_is_counted_too():
    """An event that took its number before the look and commits after it."""
    source, inside, finish = a_source(), threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            happened(source, an_event(visitor(1)))
            inside.set()
            finish.wait(120)
        connection.close()

    happened(source, an_event(visitor(3), name="Cart Viewed"))
    thread = threading.Thread(target=slow)
    thread.start()
    assert inside.wait(120)
    happened(source, an_event(visitor(2), name="Cart Viewed"))
    schema.look()
    schema.look()
    before = SeenEvent.objects.count()
    finish.set()
    thread.join()
    looked()

    assert before == 0
    assert dict(SeenEvent.objects.values_list("name__name", "volume")) == {
        "Product Viewed": 1,
        "Cart Viewed": 2,
    }


def test_keys_that_a_client_makes_up_do_not_fill_the_table():
    source = a_source()
    happened(source, an_event(visitor(1), properties={"real": 1}))
    looked()
    for lump in range(3):
        happened(
            source,
            an_event(visitor(1), properties={"real": 1} | {f"k{lump}-{n}": 1 for n in range(200)}),
        )
        looked()

    assert SeenProperty.objects.count() == schema.MOST_PROPERTIES
    assert properties("Product Viewed")["real"][1] == 4


def test_two_ticks_at_once_count_once():
    happened(a_source(), *[an_event(visitor(n)) for n in range(50)])
    schema.look()

    def tick():
        schema.look()
        connection.close()

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    looked()

    assert SeenEvent.objects.get().volume == 50
    assert EventCursor.objects.count() == 1
