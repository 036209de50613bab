"""A customer's story: all sources in one order, page by page, searched within bounds, and only what
one may see."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from campaigns import coupons
from campaigns.models import Message
from customers.identity import merging
from customers.models import Consent
from customers.profile import notes, timeline
from events.models import Event
from tests.factories import (
    NOW,
    a_batch,
    a_customer,
    a_member,
    a_source,
    an_event,
    an_order,
    happened,
    member,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


@pytest.fixture
def boss():
    return User.objects.create_superuser("boss")


def titles(story):
    return [line.entry.title for line in story.lines]


def minutes(n):
    return NOW - timedelta(minutes=n)


def did(number, count, name="Product Viewed", **more):
    source = a_source()
    happened(
        source, *(an_event(member(number), name=name, at=minutes(n), **more) for n in range(count))
    )
    return Event.objects.order_by("pk").last().customer


def test_every_strand_is_told_newest_first(boss):
    shopper, source = a_member("7"), a_source()
    an_order(shopper, source=source, paid_at=minutes(30), number="A-1")
    happened(source, an_event(member("7"), at=minutes(20), properties={"name": "Vase"}))
    Consent.objects.create(
        customer=shopper,
        origin_customer=shopper,
        channel="sms",
        purpose="marketing",
        is_granted=False,
        occurred_at=minutes(10),
    )
    coupons.issue(
        a_batch(name="Tenner"),
        [coupons.Wanted(shopper.pk, shopper.pk, "k")],
        by="test",
        now=minutes(5),
    )
    Message.objects.create(
        customer=shopper,
        origin_customer=shopper,
        channel="in_app",
        purpose="service",
        state="sent",
        sent_at=NOW,
        effect_key="m",
        content={"title": "Sorry", "body": "It is on its way."},
        created_at=minutes(4),
    )
    notes.write(shopper, "Called about A-1", by=boss, now=minutes(3))

    story = timeline.story(shopper, boss)

    assert [line.source.key for line in story.lines] == [
        "notes",
        "messages",
        "coupons",
        "consents",
        "events",
        "orders",
    ]
    assert story.lines[1].entry.text == "It is on its way."
    assert story.lines[4].entry.details == ("Vase",)
    assert story.lines[5].entry.amount_fen == 10000
    assert story.older is None


def test_pages_join_without_a_gap_or_a_repeat_also_where_moments_are_the_same(boss):
    shopper = did("7", 25)
    for n in range(25):
        notes.write(shopper, f"note {n}", by=boss, now=minutes(n))

    seen, before, pages = [], None, 0
    while pages == 0 or before:
        page = timeline.story(shopper, boss, before=before, size=7)
        assert len(page.lines) <= 7
        seen += [(line.at, line.source.key) for line in page.lines]
        before, pages = page.older and timeline.Place.read(str(page.older)), pages + 1

    assert len(seen) == 50
    assert len(set(seen)) == 50
    assert seen == sorted(seen, key=lambda one: (one[0], one[1] == "notes"), reverse=True)


def test_a_page_is_one_question_to_the_database(boss):
    shopper = did("7", 5)

    with CaptureQueriesContext(connection) as queries:
        timeline.story(shopper, boss)

    assert len(queries) == 2  # and what staff call things


def test_a_kind_is_chosen(boss):
    shopper = did("7", 3)
    notes.write(shopper, "a note", by=boss, now=NOW)

    assert titles(timeline.story(shopper, boss, kind="notes")) == ["Note"]
    assert len(timeline.story(shopper, boss, kind="events").lines) == 3
    assert timeline.story(shopper, boss, kind="nothing").lines == []


def test_what_an_order_tells_is_not_told_again_by_its_events_unless_asked(boss):
    shopper = did("7", 1, name="Order Placed")

    assert timeline.story(shopper, boss).lines == []
    assert len(timeline.story(shopper, boss, kind="events").lines) == 1


def test_a_search_finds_words_of_every_strand(boss):
    shopper = did("7", 2, properties={"name": "陶瓷花瓶"})
    notes.write(shopper, "问过花瓶的尺寸", by=boss, now=NOW)
    notes.write(shopper, "别的事", by=boss, now=NOW)

    assert len(timeline.story(shopper, boss, term="花瓶").lines) == 3
    assert timeline.story(shopper, boss, term="100%").lines == []


def test_a_search_looks_at_a_bounded_number_of_events_and_goes_on_from_there(boss, monkeypatch):
    monkeypatch.setattr(timeline, "SEARCHED", 10)
    shopper = did("7", 30)
    happened(a_source(), an_event(member("7"), at=minutes(60), properties={"name": "needle"}))
    notes.write(shopper, "an old needle", by=boss, now=minutes(90))

    found, before, asked = [], None, 0
    while asked == 0 or before:
        page = timeline.story(shopper, boss, term="needle", before=before)
        found += [line.source.key for line in page.lines]
        before, asked = page.older, asked + 1

    assert found == ["events", "notes"]
    assert asked > 1


def test_whoever_may_not_see_orders_is_told_nothing_of_them():
    shopper = a_member("7")
    an_order(shopper, source=a_source())
    guest = User.objects.create_user("guest", is_staff=True)
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_order"))

    assert timeline.story(shopper, guest).lines == []
    assert len(timeline.story(shopper, clerk).lines) == 1


def test_a_merge_is_told_and_brings_the_others_story(boss):
    first, second = a_customer(name="Anna"), a_customer(name="Ann")
    notes.write(second, "hers", by=boss, now=minutes(9))

    merge = merging.merge(first.pk, second.pk, by="user:boss", identity="phone", now=NOW)
    assert titles(timeline.story(first, boss)) == ["Took in the customer “Ann”", "Note"]

    merging.undo(merge, by="boss", now=NOW)
    assert titles(timeline.story(second, boss)) == ["Note"]


def test_a_place_that_somebody_made_up_is_none():
    assert timeline.Place.read("2026-01-01~1~1") is None
    assert timeline.Place.read("") is None
