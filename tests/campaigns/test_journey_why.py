"""Why (not), and when, on journeys: what is said of one customer is what then happens."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.delivery import sender
from campaigns.journeys import explaining, lifecycle
from campaigns.models import Assignment, Journey, Message, Run, Suppression
from crm_project.queue.due import database_now
from customers.models import Customer
from tests.campaigns.queued import agree
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.campaigns.test_leaving import BOUGHT, TEXT, a_journey
from tests.campaigns.test_wait_for_event import seconds, step
from tests.factories import (
    a_batch,
    a_night,
    a_segment,
    a_source,
    a_workspace,
    an_event,
    happened,
    member,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SEND = step("send_message", TEXT, next=None)
WAITS = step("wait", {"n": 1, "unit": "hours"}, next="s2")
ONCE = {"kind": "once"}


def begun(clock, number=1):  # noqa: F811
    happened(a_source(), an_event(member(number)))
    clock(seconds(2))
    settle()
    return Customer.objects.get()


def said(journey, customer):
    journey.refresh_from_db()
    return explaining.explain(journey, customer, database_now())


def rule(found, key):
    return next(one for one in found.entrance.rules if one.key == key)


def test_who_waits_where_until_when_and_what_comes_then_is_what_happens(clock):  # noqa: F811
    journey = a_journey({"s1": WAITS, "s2": SEND})
    customer = begun(clock)
    (one,) = said(journey, customer).inside
    (coming,) = one.next
    assert (one.run.step, one.is_under_way, one.awaits) == ("s1", True, [])
    assert (coming.step, coming.is_sure, coming.stops) == ("s2", True, None)
    assert coming.at == one.until == one.run.due_at
    clock(one.until - timedelta(seconds=1))
    settle()
    assert Message.objects.count() == 0
    clock(one.until + timedelta(seconds=1))
    settle()
    sender.send_due("in_app")
    assert Message.objects.get().state == "sent"
    (one,) = said(journey, customer).inside
    assert (one.is_under_way, one.next) == (False, [])


def test_what_the_next_message_would_be_refused_for_is_what_it_is_skipped_for(clock):  # noqa: F811
    journey = a_journey({"s1": WAITS, "s2": SEND})
    customer = begun(clock)
    Suppression.objects.create(
        customer=customer,
        origin_customer=customer,
        channel="in_app",
        reason="unsubscribed",
        at=database_now(),
    )
    (coming,) = said(journey, customer).inside[0].next
    assert coming.stops.reason == "suppressed"
    clock(seconds(2) + 2 * HOUR)
    settle()
    (waiting,) = said(journey, customer).inside[0].next
    assert (waiting.is_queued, waiting.stops.reason) == (True, "suppressed")
    sender.send_due("in_app")
    assert Message.objects.get().reason == "suppressed"


def test_a_coupon_that_is_gone_is_said_before(clock):  # noqa: F811
    batch = a_batch(stock=1, issued=1)
    gift = step("send_message", {**TEXT, "batch": batch.pk}, next=None)
    journey = a_journey({"s1": WAITS, "s2": gift})
    (coming,) = said(journey, begun(clock)).inside[0].next
    assert coming.stops.reason == "coupon_out_of_stock"
    clock(seconds(2) + 2 * HOUR)
    settle()
    assert Message.objects.get().reason == "coupon_out_of_stock"


def test_whoever_is_held_out_walks_and_is_not_written_to(clock):  # noqa: F811
    journey = a_journey({"s1": WAITS, "s2": SEND}, reentry=ONCE)
    customer = begun(clock)
    Run.objects.update(is_held_out=True)
    Assignment.objects.update(arm="held_out")
    found = said(journey, customer)
    assert found.entrance.is_held_out
    assert found.inside[0].next[0].stops.reason == "holdout"


def test_an_awaited_event_a_fork_and_a_later_wait_are_told_apart(clock):  # noqa: F811
    awaited = step(
        "wait_for_event",
        {"event": "Order Completed", "n": 2, "unit": "hours"},
        happened="s2",
        timed_out="s3",
    )
    later = step("wait", {"n": 1, "unit": "days"}, next="s4")
    journey = a_journey({"s1": awaited, "s2": SEND, "s3": later, "s4": SEND})
    (one,) = said(journey, begun(clock)).inside
    assert one.awaits == ["Order Completed"]
    near, far = one.next
    assert (near.step, near.is_sure, near.at) == ("s2", False, one.until)
    assert (far.step, far.is_sure, far.starts, far.at) == ("s4", False, None, None)


def test_the_entrance_says_each_rule_and_then_it_is_so(clock):  # noqa: F811
    inside, outside = a_segment(), a_segment()
    journey = a_journey({"s1": WAITS, "s2": SEND}, reentry=ONCE)
    narrow = a_journey({"s1": WAITS, "s2": SEND}, entry={"segment": outside.pk, "per_hour": 4})
    customer = begun(clock)
    assert inside != outside
    again = said(journey, customer).entrance
    assert (again.would_enter, [one.key for one in again.rules if not one.fits]) == (
        False,
        ["again_once"],
    )
    found = said(narrow, customer)
    assert (found.inside, found.entrance.would_enter) == ([], False)
    assert rule(found, "segment").fits is False
    assert found.entrance.turn == database_now()
    happened(a_source(), an_event(member(1), at=seconds(3)), now=seconds(3))
    clock(seconds(4))
    settle()
    assert Run.objects.filter(journey=journey).count() == 1
    assert Run.objects.filter(journey=narrow).count() == 0


def test_after_so_many_days_they_may_enter_again(clock):  # noqa: F811
    journey = a_journey({"s1": WAITS, "s2": SEND}, reentry={"kind": "days", "days": 7})
    customer = begun(clock)
    one = rule(said(journey, customer), "again_days")
    assert (one.fits, one.at) == (False, Run.objects.get().entered_at + timedelta(days=7))
    clock(one.at + timedelta(seconds=1))
    assert rule(said(journey, customer), "again_days").fits


def test_segments_one_may_not_see_are_not_told(clock):  # noqa: F811
    segment = a_segment()
    journey = a_journey({"s1": WAITS, "s2": SEND}, entry={"segment": segment.pk})
    customer = begun(clock)
    journey.refresh_from_db()
    found = explaining.explain(journey, customer, database_now(), sees=lambda _segment: False)
    assert found.entrance.would_enter is None
    assert rule(found, "segment").fits is None


def test_quiet_hours_put_it_off_and_it_says_until_when(clock, push):  # noqa: F811
    a_workspace(caps=None)
    text = {**TEXT, "channel": "loopback", "content": {"body": "Hi"}}
    journey = a_journey({"s1": WAITS, "s2": step("send_message", text, next=None)})
    customer = begun(clock)
    agree(customer)
    (one,) = said(journey, customer).inside
    local = one.until.astimezone(ZoneInfo("Asia/Shanghai"))
    begins, ends = local - HOUR, (local + 3 * HOUR).replace(second=0, microsecond=0)
    a_night(begins.strftime("%H:%M"), ends.strftime("%H:%M"))
    (coming,) = said(journey, customer).inside[0].next
    assert [wait.reason for wait in coming.waits] == ["quiet_hours"]
    assert coming.at == ends
    clock(ends - timedelta(seconds=1))
    settle()
    sender.send_due("loopback")
    assert Message.objects.get().state == "queued"
    (waiting,) = said(journey, customer).inside[0].next
    assert (waiting.is_queued, waiting.at) == (True, ends)
    clock(ends + timedelta(seconds=1))
    sender.send_due("loopback")
    assert Message.objects.get().state == "sent"


def test_nothing_is_written_by_looking(clock):  # noqa: F811
    batch = a_batch()
    gift = step("send_message", {**TEXT, "batch": batch.pk}, next=None)
    journey = a_journey({"s1": WAITS, "s2": gift}, goal=BOUGHT, entry={"per_hour": 5}, reentry=ONCE)
    customer = begun(clock)
    before = list(Run.objects.values())
    with CaptureQueriesContext(connection) as asked:
        said(journey, customer)
    writing = r"\s*(INSERT|UPDATE|DELETE|WITH .* (INSERT|UPDATE))"
    assert not [q["sql"] for q in asked if re.match(writing, q["sql"], re.DOTALL)]
    assert len(asked) < 80
    assert list(Run.objects.values()) == before


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("They are inside now.", "No, as things are.")),
        ("zh-hans", ("正在旅程中。", "照现在的情况不会。")),
    ],
)
def test_the_page_in_words(admin_client, clock, language, words):  # noqa: F811
    journey = a_journey({"s1": WAITS, "s2": SEND}, reentry=ONCE)
    customer = begun(clock)
    admin_client.cookies["django_language"] = language
    page = f"/admin/campaigns/journey/{journey.pk}/why/"
    assert admin_client.get(page).status_code == 200
    text = admin_client.get(page, {"customer": customer.pk}).content.decode()
    assert 'data-entered="inside"' in text
    assert 'data-stands="s1"' in text
    assert 'data-next="s2"' in text
    assert 'data-would-enter="no"' in text
    for one in words:
        assert one in text
    lifecycle.pause(journey, by=None)
    assert "data-paused" in admin_client.get(page, {"customer": customer.pk}).content.decode()
    shown = admin_client.get(f"/admin/campaigns/journey/{journey.pk}/change/").content.decode()
    assert page in shown


def test_a_draft_and_strange_numbers(admin_client, clock):  # noqa: F811
    journey = Journey.objects.create(name="draft")
    customer = begun(clock)
    page = f"/admin/campaigns/journey/{journey.pk}/why/"
    text = admin_client.get(page, {"customer": customer.pk}).content.decode()
    assert 'data-would-enter="draft"' in text
    for number in ("x", "9" * 30, "-1"):
        assert admin_client.get(page, {"customer": number}).status_code == 200
    assert admin_client.get(page, {"q": "nobody\x00"}).status_code == 200
    assert admin_client.get("/admin/campaigns/journey/999999/why/").status_code == 404


def test_rights(client, clock):  # noqa: F811
    journey = a_journey({"s1": WAITS, "s2": SEND})
    customer = begun(clock)
    user = User.objects.create_user("some", is_staff=True)
    client.force_login(user)
    page = f"/admin/campaigns/journey/{journey.pk}/why/?customer={customer.pk}"
    rights = ("view_journey", "view_run", "view_message", "view_customer", "view_event")
    for name in rights:
        assert client.get(page).status_code == 403
        user.user_permissions.add(Permission.objects.get(codename=name))
    assert client.get(page).status_code == 200


def test_whose_rules_one_may_not_know_nothing_is_told(client, clock):  # noqa: F811
    ordered = {"condition": "orders", "measure": "count", "comparison": ">=", "times": 1}
    rule = {"op": "all", "of": [{**ordered, "window": "ever"}]}
    asks = step("branch", {"rule": rule}, yes="s2", no="s3")
    end = step("end", {})
    journey = a_journey({"s1": asks, "s2": WAITS | {"exits": {"next": "s3"}}, "s3": end})
    customer = begun(clock)
    user = User.objects.create_user("some", is_staff=True)
    names = ("view_journey", "view_run", "view_message", "view_customer", "view_event")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    text = client.get(
        f"/admin/campaigns/journey/{journey.pk}/why/?customer={customer.pk}"
    ).content.decode()
    assert "data-untold" in text
    assert "data-run" not in text
