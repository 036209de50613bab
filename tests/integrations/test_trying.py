"""A source's page: what came in, narrowed and paged; what it would send, tried."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm_project.queue.due import database_now
from customers.models import AuditEntry, Customer
from events.models import Event
from integrations.admin import arrivals, trying
from integrations.doors import refusals, throttle
from integrations.doors.formats import formats
from tests.factories import a_source, an_event, happened, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    cache.clear()
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def text_of(answer) -> str:
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def arrived(client, source, **query) -> str:
    return text_of(client.get(f"/admin/customers/source/{source.pk}/arrivals/", query))


def with_events(n: int):
    source, now = a_source(), database_now()
    many = [
        an_event(visitor(1), at=now, id=f"e{number:03}", properties={"colour": "red"})
        for number in range(n)
    ]
    happened(source, *many, now=now)
    return source


def test_more_than_a_page_of_arrivals_is_paged(boss):
    source = with_events(45)
    pages = [arrived(boss, source, page=page) for page in range(4)]

    assert [page.count("external") + page.count(">e0") for page in pages] == [20, 20, 5, 0]
    assert "Older" in pages[0]
    assert "Newer" in pages[2]
    assert "Older" not in pages[2]
    for odd in ("x", "-1", "9" * 40):
        assert arrived(boss, source, page=odd)


def test_what_came_is_shown_covered(boss):
    source, now = a_source(), database_now()
    happened(source, an_event(visitor(1), at=now, properties={"note": "call 13800001234"}), now=now)

    text = arrived(boss, source)

    assert "note" in text
    assert "13800001234" not in text


def test_only_the_refused_and_a_search(boss):
    source = with_events(2)
    refusals.note(source, "unknown_event", "$.name", payload='{"name": "•••"}')
    refusals.note(source, "fraction_of_fen", "$.total_fen")

    text = arrived(boss, source, refused="1")
    assert "e001" not in text
    assert "unknown_event" in text
    assert "&quot;name&quot;" in text
    text = arrived(boss, source, q="fraction")
    assert "fraction_of_fen" in text
    assert "unknown_event" not in text
    assert "e001" in arrived(boss, source, q="e001")
    assert "Nothing fits" in arrived(boss, source, q="zzz")


def test_the_list_costs_the_same_with_more_arrivals(boss):
    def queries(source) -> int:
        with CaptureQueriesContext(connection) as found:
            arrived(boss, source)
        return len(found)

    few = with_events(3)
    queries(few)
    assert queries(few) == queries(with_events(20)) <= 12


@pytest.mark.parametrize("key", [entry.key for entry in formats if not entry.example])
def test_what_a_vendor_signs_or_a_queue_holds_is_not_offered_to_be_tried(boss, key):
    source = a_source(format=key)
    page = text_of(boss.get(f"/admin/customers/source/{source.pk}/change/"))
    assert "Check only" not in page


@pytest.mark.parametrize("key", [entry.key for entry in formats if entry.example])
@pytest.mark.parametrize("trust", ["server", "client"])
def test_every_formats_example_is_understood_and_sent(boss, key, trust):
    source = a_source(trust=trust, format=key, money_unit="yuan")
    page = text_of(boss.get(f"/admin/customers/source/{source.pk}/change/"))
    assert "Check only" in page
    example = trying.example(source, database_now())
    where = f"/admin/customers/source/{source.pk}/try/"

    text = text_of(boss.post(where, {"door": "api/v1/events", "body": example, "dry": "1"}))
    assert "not stored" in text
    assert "Product Viewed" in text or "product_viewed" in text
    assert not Event.objects.filter(source=source).exists()

    text = text_of(boss.post(where, {"door": "api/v1/events", "body": example, "send": "1"}))
    assert "stored" in text
    assert Event.objects.filter(source=source).count() == 1
    assert Customer.objects.count() == 1
    assert AuditEntry.objects.filter(act="source.test").count() == 1


@pytest.mark.parametrize("body", ["", "{", "[]", '{"batch": []}', '{"id": 1}', "null", "\x00"])
def test_what_cannot_be_understood_is_said(boss, body):
    source = a_source()

    text = text_of(
        boss.post(f"/admin/customers/source/{source.pk}/try/", {"body": body, "dry": "1"})
    )

    assert "ht-error" in text or "ht-bad" in text
    assert not Event.objects.exists()


def test_who_may_only_look_tries_nothing(client):
    source = a_source()
    client.force_login(User.objects.create_user("other", is_staff=True))
    assert client.post(f"/admin/customers/source/{source.pk}/try/", {}).status_code == 403
    assert client.get(f"/admin/customers/source/{source.pk}/try/").status_code in (403, 405)


def test_a_payload_is_sealed_in_the_cache_and_none_of_the_next_refusal(boss):
    source = a_source()
    for n in range(refusals.MOST):
        refusals.note(source, "bad", payload=f'{{"n": {n}}}')
    assert all(one["payload"] for one in refusals.last(source))
    slots = [cache.get(f"refusal-payload:{source.pk}:{n}") for n in range(refusals.MOST)]
    assert not any(b'"n"' in bytes(one) for one in slots)
    for _more in range(refusals.MOST):
        refusals.note(source, "bad")
    assert not any(one["payload"] for one in refusals.last(source))


def test_answers_say_what_is_left_of_this_second(settings):
    cache.clear()
    settings.INTAKE_REQUESTS_PER_SECOND = 10
    source = a_source()
    found = []
    for _request in range(3):
        throttle.count(source)
        found.append(throttle.headers(source))
    assert found[0]["RateLimit-Policy"] == '"source";q=10;w=1'
    assert all(one["RateLimit"].startswith('"source";r=') for one in found)


def test_a_list_of_arrivals_is_bounded():
    now = database_now()
    source = a_source()
    happened(source, an_event(visitor(1), at=now - timedelta(minutes=1)), now=now)
    last = arrivals.Asked.of({"page": "999999"})
    assert last.page == arrivals.MOST_PAGES - 1
    assert arrivals.arrived(source, last).found == []
