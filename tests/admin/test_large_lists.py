"""Lists at a size where counting and sorting everything is too much: the same rows in the same
order, from what is kept and indexed."""

from datetime import timedelta
from random import Random

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm_project.admin import filters
from crm_project.queue.due import database_now
from customers.models import Membership, Workspace
from events.admin import events as admin_of_events
from events.admin import paging
from events.insights import activity
from events.models import Event
from tests.factories import a_customer, a_segment, a_source, an_event, happened, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    Workspace.get()
    return client


@pytest.fixture
def many_events(monkeypatch):
    """A large table, in small."""
    monkeypatch.setattr(paging, "COUNTED", 5)
    monkeypatch.setattr(admin_of_events.EventAdmin, "list_per_page", 7)
    dice, now, source = Random(1), database_now(), a_source()
    for _batch in range(6):
        times = [now - timedelta(minutes=dice.randrange(3 * 24 * 60)) for _n in range(10)]
        happened(source, *[an_event(visitor(1), at=at) for at in times], now=now)
    happened(source, an_event(visitor(1), name="Late", at=now - timedelta(days=900)), now=now)
    newest = max(Event.objects.values_list("pk", flat=True))
    activity.count(0, newest, {}, filters.timezone.get_current_timezone(), now)
    return now


def shown(client, **query) -> list[int]:
    response = client.get("/admin/events/event/", query)
    assert response.status_code == 200
    return [row.pk for row in response.context["cl"].result_list]


@pytest.mark.parametrize("latest", [1, 20, 10_000])
def test_all_events_are_on_the_pages_in_the_order_of_their_time(
    boss, many_events, monkeypatch, latest
):
    monkeypatch.setattr(paging, "LATEST", latest)
    right = list(
        Event.objects.filter(out_of_range=False)
        .order_by("-occurred_at", "-id")
        .values_list("pk", flat=True)
    )

    pages = [shown(boss, p=number) for number in range(1, 10)]

    assert [pk for page in pages for pk in page] == right
    assert [len(page) for page in pages] == [7] * 8 + [4]


def test_the_days_that_were_asked_for(boss, many_events):
    day = filters.timezone.localdate(many_events - timedelta(days=1))
    begin = filters.midnight(day.isoformat())
    inside = Event.objects.filter(
        out_of_range=False, occurred_at__gte=begin, occurred_at__lt=begin + timedelta(days=1)
    )
    right = list(inside.order_by("-occurred_at", "-id").values_list("pk", flat=True))
    query = {"occurred_at_from": day.isoformat(), "occurred_at_to": day.isoformat()}

    first = shown(boss, **query)
    rest = [
        pk for number in range(2, -(-len(right) // 7) + 1) for pk in shown(boss, **query, p=number)
    ]

    assert first + rest == right
    assert len(right) > 7


def test_what_came_in_since_the_figures_were_kept_is_on_the_first_page(boss, many_events):
    happened(
        a_source(),
        an_event(visitor(2)),
        an_event(visitor(3), at=many_events),
        now=many_events + timedelta(seconds=1),
    )
    newest = (
        Event.objects.order_by("-occurred_at", "-id")
        .filter(out_of_range=False)
        .values_list("pk", flat=True)
    )

    assert shown(boss) == list(newest[:7])


def test_the_first_page_sorts_what_came_in_last_and_not_a_whole_quarter(boss, many_events):
    with CaptureQueriesContext(connection) as queries:
        first = shown(boss)

    rows = next(q["sql"] for q in queries if "properties" in q["sql"] and "ORDER BY" in q["sql"])
    assert f"{Event.objects.get(pk=first[-1]).occurred_at:%H:%M:%S}" in rows


def test_no_page_sorts_more_than_its_quarters(boss, many_events):
    with CaptureQueriesContext(connection) as queries:
        shown(boss, p=4)

    rows = next(q["sql"] for q in queries if "properties" in q["sql"] and "ORDER BY" in q["sql"])
    assert '"occurred_at" >=' in rows
    assert '"occurred_at" <' in rows


@pytest.mark.parametrize(
    "query",
    [
        {"occurred_at_from": "soon"},
        {"occurred_at_to": "2026-02-31"},
        {"timing": "x"},
        {"source": "x"},
        {"p": "99999"},
    ],
)
def test_odd_questions_are_answered(boss, many_events, query):
    response = boss.get("/admin/events/event/", query, follow=True)

    assert response.status_code == 200


def test_by_source_and_timing(boss, many_events):
    other = a_source()
    happened(other, an_event(visitor(2)), an_event(visitor(2), at=many_events + timedelta(days=3)))
    of_other = set(Event.objects.filter(source=other).values_list("pk", flat=True))

    assert set(shown(boss, source=other.pk)) == of_other
    assert (
        set(shown(boss, timing=2))
        == set(Event.objects.filter(timing=2).values_list("pk", flat=True))
        != set()
    )


def test_customers_are_filtered_by_segment(boss):
    inside, _outside = a_customer(), a_customer()
    segment = a_segment(inside)
    assert Membership.objects.count() == 1

    rows = boss.get("/admin/customers/customer/", {"segment": segment.pk}).context["cl"].result_list

    assert [row.pk for row in rows] == [inside.pk]


def test_a_refund_is_found_by_its_number_and_by_its_order(boss):
    from tests.admin.rows import ROWS, Refund

    refund = ROWS[Refund]()
    for term, found in ((refund.number, 1), (refund.order_number, 1), ("n", 0)):
        assert (
            len(boss.get("/admin/events/refund/", {"q": term}).context["cl"].result_list) == found
        )


def test_choices_of_a_filter_are_those_of_the_newest_rows(boss, monkeypatch):
    from customers.models import AuditEntry

    monkeypatch.setattr(filters.LatestValues, "LOOKED_AT", 2)
    for name in ("old.act", "new.act", "new.act"):
        AuditEntry.objects.create(act=name, subject="x")

    text = boss.get("/admin/customers/auditentry/").content.decode()

    assert "?act=new.act" in text
    assert "?act=old.act" not in text
    assert "?act=" in boss.get("/admin/customers/auditentry/", {"act": "old.act"}).content.decode()


def test_days_begin_and_end_in_the_zone_that_is_shown():
    with filters.timezone.override("Asia/Shanghai"):
        assert filters.midnight("2026-11-26").isoformat() == "2026-11-26T00:00:00+08:00"
        assert filters.midnight("2026-11-26", days=1).isoformat() == "2026-11-27T00:00:00+08:00"
    with pytest.raises(filters.IncorrectLookupParameters):
        filters.midnight("9999-12-31", days=1)
