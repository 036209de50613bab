"""The first page: its figures are the kept ones, its links lead to the rows it counts, its first
steps tick themselves."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.coupons import moves
from campaigns.models import Journey, Message
from campaigns.reports.figures import Attributed
from crm_project.queue.due import database_now
from customers.identity import merging
from customers.models import Customer, FollowUp, IdentityConflict, Segment, Workspace
from events.insights import activity
from events.models import DayCustomers, Event, Figure, Order, Reach
from integrations.doors import refusals
from integrations.models import Quarantine
from tests.admin.rows import a_coupon, a_journey, a_message, an_event_row, an_order
from tests.factories import a_batch, a_customer, a_segment, a_source, an_event, happened, visitor

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def figures(text) -> dict[str, int]:
    return {
        name: int(value)
        for name, value in re.findall(r'data-figure="(\w+)" data-value="(-?\d+)"', text)
    }


def looked_at(client) -> dict[str, int]:
    return figures(text_of(client.get(reverse("admin:index"))))


def counted(now) -> None:
    """What ticks do, inside a test's own transaction."""
    newest = max(Event.objects.values_list("pk", flat=True), default=0)
    steps = {
        name_id: step
        for step, names in activity.FUNNEL.items()
        for name_id in Event.objects.filter(name__name__in=names).values_list("name_id", flat=True)
    }
    activity.count(0, newest, steps, ZONE, now)
    activity.measure(ZONE, now)
    Attributed().keep_up(now)


def test_it_says_what_to_do_when_there_is_nothing(boss):
    text = text_of(boss.get(reverse("admin:index")))

    assert "Connect a source" in text
    assert "Nobody viewed a product yet" in text
    assert figures(text)["attributed_net_fen"] == 0


def test_the_first_steps_tick_themselves_and_go_away(boss):
    def done():
        return text_of(boss.get(reverse("admin:index"))).count("ht-check-done")

    Workspace.get()
    ticked = [done()]
    source = a_source()
    ticked.append(done())
    happened(source, an_event(visitor(1)))
    ticked.append(done())
    a_segment()
    ticked.append(done())
    journey = a_journey()
    assert journey.published

    assert ticked == [0, 1, 2, 3]
    assert "data-first-steps" not in text_of(boss.get(reverse("admin:index")))


def test_it_counts_today_of_the_workspaces_zone(boss):
    Workspace.get()
    now = database_now()
    order, message, coupon = an_order(), a_message(), a_coupon()
    Order.objects.filter(pk=order.pk).update(
        paid_at=now, customer=message.customer, origin_customer=message.customer
    )
    Message.objects.filter(pk=message.pk).update(
        state="sent", sent_at=now - timedelta(seconds=5), created_at=now
    )
    moves.record([coupon], by="test", now=now)
    Event.objects.filter(pk=an_event_row().pk).update(occurred_at=now)
    Customer.objects.update(first_seen_at=now)
    counted(now)

    found = looked_at(boss)

    assert found["attributed_net_fen"] == found["attributed_net_fen_today"] == 1234
    assert (
        found["orders"]
        == found["messages"]
        == found["messages_sent"]
        == found["coupons"]
        == found["events"]
        == found["journeys"]
        == 1
    )
    assert found["customers"] == found["customers_today"] == Customer.objects.alive().count()
    assert found["active"] == found["active_30"] == 1
    assert found["chart_revenue"] == found["net_fen_today"] == 1234
    assert found["chart_minutes"] == 1


def test_who_was_active_is_a_customer(boss):
    """Not whoever was erased, nor, between two measurements, whoever became one with another."""
    Workspace.get()
    source, now = a_source(), database_now()
    happened(
        source, *[an_event(visitor(n), at=now - timedelta(minutes=1)) for n in range(4)], now=now
    )
    counted(now)
    first, second, third, _fourth = Customer.objects.order_by("pk")
    merging.merge(first.pk, second.pk, by="test", identity="", now=now)
    found = looked_at(boss)
    assert (found["customers"], found["active"], found["active_30"]) == (3, 3, 3)

    Customer.objects.filter(pk=third.pk).update(erased_at=now)
    a_customer()  # who did nothing
    counted(now)
    found = looked_at(boss)
    assert (found["customers"], found["active"], found["active_30"]) == (3, 2, 2)


def test_yesterdays_money_is_not_todays(boss):
    Workspace.get()
    message, order = a_message(), an_order()
    now = database_now()
    yesterday = now - timedelta(days=1)
    Order.objects.update(
        paid_at=yesterday, customer=message.customer, origin_customer=message.customer
    )
    Message.objects.update(state="sent", sent_at=yesterday - timedelta(seconds=5))
    counted(now)

    found = looked_at(boss)

    assert (found["attributed_net_fen"], found["attributed_net_fen_today"]) == (order.net_fen, 0)
    assert (found["orders"], found["chart_orders"]) == (0, 1)


def test_the_funnel_counts_customers_who_did_all_steps_before(boss):
    Workspace.get()
    source, now = a_source(), database_now()
    at = {"at": now - timedelta(minutes=1)}
    happened(source, *[an_event(visitor(n), **at) for n in (1, 1, 2, 3)], now=now)
    happened(
        source, *[an_event(visitor(n), name="Product Added", **at) for n in (1, 2, 9)], now=now
    )
    happened(source, *[an_event(visitor(n), name="Order Completed", **at) for n in (1, 8)], now=now)
    counted(now)

    found = looked_at(boss)

    assert [found[f"funnel_{step}"] for step in ("viewed", "carted", "ordered")] == [3, 2, 1]


def test_every_link_leads_to_a_list_that_opens(boss):
    Workspace.get()
    now = database_now()
    order, _message, _coupon = an_order(), a_message(), a_coupon()
    Order.objects.filter(pk=order.pk).update(paid_at=now)
    Event.objects.filter(pk=an_event_row().pk).update(occurred_at=now)
    counted(now)

    text = text_of(boss.get(reverse("admin:index")))
    links = {
        link.replace("&amp;", "&") for link in re.findall(r'href="(/admin/[^"]+\?[^"]+)"', text)
    }

    assert len(links) > 100  # a day, a bar, a link
    for link in sorted(links)[::12]:
        assert boss.get(link).status_code == 200, link
    today = now.astimezone(ZONE).date()
    assert order.number in text_of(
        boss.get(f"/admin/events/order/?paid_at_from={today}&paid_at_to={today}")
    )
    assert order.number not in text_of(
        boss.get(f"/admin/events/order/?paid_at_to={today - timedelta(days=1)}")
    )


def test_what_is_live_is_fetched_by_itself(boss, client):
    Workspace.get()

    assert "data-figure" in text_of(boss.get(reverse("dashboard_live")))
    client.logout()
    assert client.get(reverse("dashboard_live")).status_code == 302


def test_each_sees_what_they_may_see(client):
    Workspace.get()
    user = User.objects.create_user("analyst", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_customer"))
    client.force_login(user)

    found = looked_at(client)

    assert "customers" in found
    assert (
        not {"orders", "chart_revenue", "attributed_net_fen", "messages", "coupons", "journeys"}
        & found.keys()
    )


def test_it_costs_the_same_with_more_of_everything(boss):
    Workspace.get()

    def queries():
        with CaptureQueriesContext(connection) as found:
            boss.get(reverse("admin:index"))
        return len(found)

    queries()
    few = queries()
    for _more in range(4):
        an_order(), a_message(), a_coupon(), an_event_row()
        Journey.objects.update(status="live")
    counted(database_now())
    assert Figure.objects.exists()
    assert DayCustomers.objects.exists()
    assert Reach.objects.exists()

    assert queries() == few <= 51


def test_what_waits_for_me_is_said_first(boss):
    workspace = Workspace.get()
    me, now = User.objects.get(username="boss"), database_now()
    customer = a_customer()
    today = now.astimezone(ZoneInfo(workspace.time_zone)).date()
    for due_on, assignee in ((today, me), (today + timedelta(days=1), me), (today, None)):
        FollowUp.objects.create(
            customer=customer,
            origin_customer=customer,
            title="Call",
            due_on=due_on,
            assignee=assignee,
            at=now,
        )

    assert "1 task of yours is due" in text_of(boss.get(reverse("admin:index")))


def needs(client) -> list[str]:
    return re.findall(r'data-need="(\w+)"', text_of(client.get(reverse("admin:index"))))


def test_each_kind_of_thing_that_waits_is_a_line_that_leads_there(boss):
    Workspace.get()
    now, source, customer = database_now(), a_source(), a_customer()
    assert needs(boss) == []

    refusals.note(source, "unknown_event")
    refusals.note(source, "fraction_of_fen", is_warning=True)
    Quarantine.objects.create(source=source, format="native", code="bad", raw="", received_at=now)
    stuck = a_message()
    Message.objects.filter(pk=stuck.pk).update(state="queued", due_at=now, attempts=8)
    IdentityConflict.objects.create(first=customer, second=customer, reason="x", at=now)
    a_batch(stock=10, issued=10)
    a_batch(stock=None, valid_until=now + timedelta(days=3))
    segment = a_segment()
    Segment.objects.filter(pk=segment.pk).update(failed_at=now)
    Figure.objects.create(name="message:failed", at=now, n=2)
    Workspace.objects.update(sending_paused=True)

    text = text_of(boss.get(reverse("admin:index")))
    assert sorted(needs(boss)) == sorted(
        [
            *("stuck", "paused", "segments"),
            *("refusals", "quarantine", "conflicts", "coupons_gone", "coupons_end", "messages"),
        ]
    )
    assert set(needs(boss)[:3]) == {"stuck", "paused", "segments"}  # the urgent first
    assert "1 refusal of what" in text
    for link in re.findall(r'class="ht-need[^>]+>.*?href="([^"]+)"', text):
        assert boss.get(link.replace("&amp;", "&"), follow=True).status_code == 200, link


def test_any_days_are_set_against_as_many_before(boss):
    Workspace.get()
    now = database_now()
    today = now.astimezone(ZONE).date()
    for days, fen in ((1, 3000), (2, 1000), (8, 2000), (9, 500)):
        Figure.objects.create(name="order_net", at=now - timedelta(days=days), n=1, fen=fen)
        Figure.objects.create(name="order", at=now - timedelta(days=days), n=1, fen=fen)

    text = text_of(boss.get(reverse("admin:index"), {"days": "7"}))
    assert figures(text)["chart_revenue"] == 4000
    assert "The last 7 days" in text
    assert "¥25.00 in the days before" in text
    assert 'data-before="60"' in text  # percent more

    span = {"from": today - timedelta(days=9), "to": today - timedelta(days=8)}
    assert figures(text_of(boss.get(reverse("admin:index"), span)))["chart_revenue"] == 2500
    for odd in (
        {"days": "0"},
        {"days": "9" * 30},
        {"from": "x", "to": "2026-02-31"},
        {"days": "-1"},
    ):
        assert "The last 30 days" in text_of(boss.get(reverse("admin:index"), odd)), odd


def test_who_is_a_customer_is_the_same_everywhere(boss):
    """Visitors too; and neither the new nor the active are more than there are."""
    Workspace.get()
    source, now = a_source(), database_now()
    happened(source, *[an_event(visitor(n), at=now) for n in range(3)], now=now)
    merging.merge(
        *Customer.objects.order_by("pk").values_list("pk", flat=True)[:2],
        by="test",
        identity="",
        now=now,
    )
    found = looked_at(boss)  # before anybody measured who was active

    assert found["customers"] == Customer.objects.alive().count() == 2
    assert found["customers_today"] <= found["customers"]
    assert found["chart_new"] == found["customers_today"]
    counted(now)
    found = looked_at(boss)
    assert found["active"] == found["active_30"] == found["chart_active"] == 2
    listed = text_of(boss.get(reverse("admin:customers_customer_changelist")))
    assert "2 results" in listed
