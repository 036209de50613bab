"""Why (not), and when: what is said of one customer and one campaign is what then happens."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from campaigns.broadcasts import explaining, launching, slots
from campaigns.delivery import policy, sender
from campaigns.models import Assignment, CampaignSlot, Cap, Message, Suppression
from crm_project.queue.due import database_now
from customers.models import Membership
from customers.segments import membership
from tests.campaigns.queued import agree
from tests.factories import (
    a_batch,
    a_campaign,
    a_customer,
    a_member,
    a_night,
    a_segment,
    a_template,
    a_workspace,
    set_caps,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def launch(campaign):
    launching.launch(campaign, by=None, now=database_now())
    membership.refresh_all()


def expand():
    CampaignSlot.objects.filter(due_at__isnull=False).update(due_at=database_now())
    slots.expand()


def said(campaign, customer):
    campaign.refresh_from_db()
    return explaining.explain(campaign, customer, database_now())


def gate(found, key, way=0):
    return next(one for one in found.plan.ways[way].gates if one.key == key)


def an_sms(**more):
    return a_template(channel="loopback", content={"body": "Hi {{ customer.name }}"}, **more)


def people_of_every_kind(push):
    """Each is stopped by another rule, or by none."""
    fine, silenced, barred, nobody, young, nameless = (a_member() for _n in range(6))
    agree(fine, silenced, barred, young, nameless)
    away = a_member()
    agree(away)
    push.Loopback.unreachable = {away.pk}
    Suppression.objects.create(
        customer=silenced,
        origin_customer=silenced,
        channel="loopback",
        reason="unsubscribed",
        at=database_now(),
    )
    type(barred).objects.filter(pk=barred.pk).update(is_barred=True)
    type(nameless).objects.filter(pk=nameless.pk).update(name="")
    return [fine, silenced, barred, nobody, young, nameless, away]


def test_what_is_said_before_is_what_happens(push):
    a_workspace()
    people = people_of_every_kind(push)
    campaign = a_campaign(*people, template=an_sms())
    launch(campaign)
    before = {one.pk: said(campaign, one) for one in people}
    expand()
    queued = {one.pk: said(campaign, one) for one in people}
    sender.send_due("loopback")
    for one in people:
        message = Message.objects.get(customer=one, campaign_id=campaign.pk)
        for found in (before[one.pk], queued[one.pk]):
            assert found.is_meant
            told = "" if found.plan.is_sent else found.plan.stops.reason
            assert told == message.reason, one.pk
            assert found.plan.is_sent == (message.state == "sent")
        after = said(campaign, one)
        assert after.plan is None
        assert after.firings[0].message.pk == message.pk
    reasons = {Message.objects.get(customer=one).reason for one in people}
    assert {"", "suppressed", "erased", "no_consent", "unreachable"} <= reasons


def test_nothing_is_written_by_looking(push):
    a_workspace()
    people = people_of_every_kind(push)
    batch = a_batch(stock=3)
    template = an_sms()
    template.content = {"body": "{{ coupon.code }} {{ customer.name | default: 'you' }}"}
    template.save()
    draft = a_campaign(*people, template=template, coupon_batch=batch)
    under_way = a_campaign(*people, template=template, coupon_batch=batch)
    launch(under_way)
    expand()
    for campaign in (draft, under_way):
        for one in people:
            with CaptureQueriesContext(connection) as queries:
                said(campaign, one)
            writing = [
                q["sql"]
                for q in queries
                if re.match(
                    r"\s*(INSERT|UPDATE|DELETE|WITH .* (INSERT|UPDATE))", q["sql"], re.DOTALL
                )
            ]
            assert not writing
            assert len(queries) < 150


def test_each_rule_is_judged_though_another_one_stops_it(push):
    a_workspace(caps={86400: 0})
    one = a_customer()
    push.Loopback.unreachable = {one.pk}
    campaign = a_campaign(one, template=an_sms())
    found = said(campaign, one)
    keys = [one.key for one in found.plan.ways[0].gates]
    rules = [*policy.BEFORE_RENDERING, *policy.AFTER_RENDERING, *policy.LAST]
    assert [key for key in keys if key != "words"] == [rule.__name__ for rule in rules]
    assert gate(found, "consent").verdict.reason == "no_consent"
    assert gate(found, "reachable").verdict.reason == "unreachable"
    assert not gate(found, "by_channel").is_asked
    assert gate(found, "within_caps").verdict.reason == "cap_day"
    assert found.plan.stops.reason == "no_consent"


def test_in_quiet_hours_it_waits_for_their_end_and_leaves_then(push, moved_clock):
    a_workspace()
    one = a_member()
    agree(one)
    now = database_now()
    local = now.astimezone(ZoneInfo("Asia/Shanghai"))
    ends = (local + 3 * HOUR).replace(second=0, microsecond=0)
    a_night((local - HOUR).strftime("%H:%M"), ends.strftime("%H:%M"))
    campaign = a_campaign(one, template=an_sms())
    launch(campaign)
    expand()
    found = said(campaign, one)
    assert found.plan.at == ends
    assert [wait.reason for wait in found.plan.waits] == ["quiet_hours"]
    sender.send_due("loopback")
    assert Message.objects.get().state == "queued"
    assert said(campaign, one).plan.at == ends
    moved_clock.to(ends + timedelta(seconds=1))
    sender.send_due("loopback")
    assert Message.objects.get().state == "sent"


def test_who_has_had_enough_is_told_when_there_is_room_again(push):
    a_workspace()
    set_caps({86400: 2})
    one = a_member()
    agree(one)
    now = database_now()
    for hours in (20, 3, 1):
        campaign = a_campaign(one, template=an_sms(), passes_caps=True)
        launch(campaign)
        expand()
        sender.send_due("loopback")
        Message.objects.filter(campaign_id=campaign.pk).update(
            sent_at=now - hours * HOUR, content_digest=f"x{hours}"
        )
    campaign = a_campaign(one, template=an_sms())
    found = said(campaign, one)
    (wait,) = found.plan.waits
    assert (wait.reason, wait.would_skip) == ("cap_day", True)
    assert found.plan.at == now - 3 * HOUR + 24 * HOUR
    Cap.objects.update(limit=0)
    found = said(campaign, one)
    assert (found.plan.at, found.plan.is_sent) == (None, False)


def test_a_fallback_is_where_it_ends(push):
    a_workspace()
    one = a_member()
    template = an_sms(fallback=a_template())
    campaign = a_campaign(one, template=template)
    found = said(campaign, one)
    assert [way.channel for way in found.plan.ways] == ["loopback", "in_app"]
    assert found.plan.ways[0].moves_on
    assert found.plan.is_sent
    launch(campaign)
    expand()
    sender.send_due("loopback")
    sender.send_due("in_app")
    assert Message.objects.get().channel == "in_app"


def test_held_out_and_slow(push):
    a_workspace()
    people = [a_member() for _n in range(5)]
    agree(*people)
    campaign = a_campaign(*people, template=an_sms(), per_hour=60, holdout_percent=0)
    launch(campaign)
    expand()
    last = max(people, key=lambda one: one.pk)
    found = said(campaign, last)
    assert found.plan.behind > 0
    assert found.plan.starts - database_now() > timedelta(seconds=60)
    Assignment.objects.filter(customer=last).update(arm="held_out")
    found = said(campaign, last)
    assert found.plan is None
    assert found.firings[0].assignment.is_held_out


def test_out_of_the_audience_and_why(push):
    a_workspace()
    inside, outside = a_member(), a_member()
    agree(inside, outside)
    taken = a_segment(inside)
    campaign = a_campaign(segment=a_segment(inside), template=an_sms())
    campaign.without_segments.add(taken)
    found = said(campaign, inside)
    assert not found.is_meant
    assert [(one.what, one.fits) for one in found.parts] == [("segment", True), ("without", False)]
    assert [(one.what, one.fits) for one in said(campaign, outside).parts] == [
        ("segment", False),
        ("without", True),
    ]
    assert said(campaign, outside).plan.is_sent  # if they came in
    assert Membership.objects.count() == 2


def test_a_coupon_that_is_not_given_is_said(push):
    a_workspace()
    one = a_member()
    agree(one)
    batch = a_batch(stock=1, issued=1)
    found = said(a_campaign(one, template=an_sms(), coupon_batch=batch), one)
    assert found.plan.stops.reason == "coupon_out_of_stock"


def test_the_page_in_words(admin_client, push):
    a_workspace()
    fine, silent = a_member(name="Wang Fang"), a_member(name="Li Lei")
    agree(fine)
    campaign = a_campaign(fine, silent, template=an_sms(), name="Tea")
    admin_client.cookies["django_language"] = "en"
    page = f"/admin/campaigns/campaign/{campaign.pk}/why/"
    assert "Which customer?" in admin_client.get(page).content.decode()
    text = admin_client.get(page, {"q": "Wang Fang"}).content.decode()
    assert 'data-meant="yes"' in text
    assert "It can be sent from" in text
    text = admin_client.get(page, {"customer": silent.pk}).content.decode()
    assert "As things are it would not be sent: has not agreed" in text
    assert 'data-gate="consent" data-passes="no"' in text
    launch(campaign)
    expand()
    sender.send_due("loopback")
    text = admin_client.get(page, {"customer": fine.pk}).content.decode()
    assert 'data-state="sent"' in text
    assert admin_client.get(page, {"q": "nobody\x00"}).status_code == 200
    link = admin_client.get(
        "/admin/campaigns/campaign/why/", {"campaign": campaign.pk, "customer": fine.pk}
    )
    assert link.url == f"{page}?customer={fine.pk}"
    assert admin_client.get("/admin/campaigns/campaign/why/").status_code == 404
    assert admin_client.get("/admin/campaigns/campaign/999999/why/").status_code == 404


def test_rights(client):
    campaign = a_campaign(a_member())
    user = User.objects.create_user("some", is_staff=True)
    client.force_login(user)
    page = f"/admin/campaigns/campaign/{campaign.pk}/why/"
    for name in ("view_campaign", "view_message", "view_customer"):
        assert client.get(page).status_code == 403
        user.user_permissions.add(Permission.objects.get(codename=name))
    assert client.get(page).status_code == 200


def test_a_paused_and_a_cancelled_one_say_so(push):
    a_workspace()
    one = a_member()
    agree(one)
    campaign = a_campaign(one, template=an_sms())
    launch(campaign)
    launching.pause([campaign], by=None, now=database_now())
    found = said(campaign, one)
    assert found.plan.starts is None
    assert found.plan.at is None
    launching.cancel([campaign], by=None, now=database_now())
    assert said(campaign, one).plan is None


def test_bad_numbers_are_nobody(admin_client):
    campaign = a_campaign(a_member())
    for number in ("x", "9" * 30, "-1"):
        page = f"/admin/campaigns/campaign/{campaign.pk}/why/?customer={number}"
        assert admin_client.get(page).status_code == 200
    assert Message.objects.filter(pk=F("pk")).count() == 0
