"""Campaigns: launched once, expanded once per person, stopped at once, and the accounts always add
up."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import reverse

from campaigns.broadcasts import launching, slots
from campaigns.broadcasts.launching import CannotLaunch
from campaigns.delivery import dispatch, recovering, sender
from campaigns.models import Assignment, Campaign, CampaignSlot, Coupon, Message
from crm_project.queue.due import database_now
from customers.models import AuditEntry, CustomerAttribute, ListMember, Membership, Segment, Tag
from customers.segments import membership
from tests.campaigns.at_once import at_once
from tests.campaigns.queued import agree
from tests.factories import (
    NOW,
    a_batch,
    a_campaign,
    a_customer,
    a_member,
    a_segment,
    a_template,
    a_workspace,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(django_user_model):
    return django_user_model.objects.create(username="mei")


def launched(*customers, staff=None, **more) -> Campaign:
    campaign = launching.launch(a_campaign(*customers, **more), by=staff, now=database_now())
    membership.refresh_all()
    return campaign


def soon():
    """What waits for another look is due now."""
    CampaignSlot.objects.filter(due_at__isnull=False).update(due_at=database_now())


def expand(rounds=20):
    soon()
    return slots.expand(rounds=rounds)


def adds_up(campaign) -> dict[str, int]:
    """The accounts without the states nobody is in, after checking their sum."""
    accounts = launching.accounts(campaign)
    assert accounts["targeted"] == sum(
        count for state, count in accounts.items() if state != "targeted"
    )
    return {state: count for state, count in accounts.items() if count}


def test_a_campaign_tells_everyone_in_its_segment_once(staff):
    a_workspace()
    campaign = launched(a_member(), a_member(name="Li"), a_customer(), staff=staff)

    expand()
    between = adds_up(campaign)
    sender.send_due("in_app")
    expand()

    campaign.refresh_from_db()
    assert between == {"targeted": 3, "queued": 3}
    assert (campaign.status, campaign.audience, campaign.launched_by) == ("done", 3, staff)
    assert CampaignSlot.objects.get().due_at is None
    assert campaign.ended_at is not None
    assert adds_up(campaign) == {"targeted": 3, "sent": 2, "skipped": 1}
    assert launching.reasons(campaign) == {"skipped": {"unreachable": 1}}
    assert Message.objects.filter(content__title="Hello Li", campaign_id=campaign.pk).count() == 1
    assert expand() == 0


def test_a_launch_is_one_line_in_the_audit_log(staff):
    campaign = launched(a_customer(), staff=staff)

    with pytest.raises(CannotLaunch):
        launching.launch(campaign, by=staff, now=database_now())

    assert list(AuditEntry.objects.values_list("act", "subject", "by")) == [
        ("campaign.launch", f"campaign:{campaign.pk}", staff.pk)
    ]


def test_a_campaign_for_later_waits(staff):
    a_workspace()
    campaign = launched(a_member(), starts_at=database_now() + timedelta(hours=1))

    at = CampaignSlot.objects.get().at
    assert (campaign.status, at, slots.expand()) == ("scheduled", campaign.starts_at, 0)
    expand()
    campaign.refresh_from_db()
    assert (campaign.status, campaign.audience) == ("sending", 1)


def test_the_audience_is_who_is_in_the_segment_at_the_start():
    a_workspace()
    early, late = a_member(), a_member()
    segment = a_segment(early)
    campaign = launched(segment=segment)

    expand(rounds=1)
    Membership.objects.create(segment=segment, customer=late, entered_at=NOW)
    Membership.objects.filter(customer=early).delete()
    expand()

    assert list(Message.objects.values_list("customer", flat=True)) == [early.pk]
    assert adds_up(campaign) == {"targeted": 1, "queued": 1}


GOLD = {
    "op": "all",
    "of": [{"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}],
}


def gold_members(number) -> list:
    people = [a_member() for _n in range(number)]
    CustomerAttribute.objects.bulk_create(
        [CustomerAttribute(customer=c, key="level", value="gold", occurred_at=NOW) for c in people]
    )
    return people


def began(campaign) -> str:
    """Its state after one look."""
    soon()
    slots.expand(rounds=1)
    campaign.refresh_from_db()
    return campaign.status


def reached(campaign) -> set[int]:
    expand()
    return set(Message.objects.filter(campaign_id=campaign.pk).values_list("customer", flat=True))


def launch_now(segment) -> Campaign:
    return launching.launch(a_campaign(segment=segment), by=None, now=database_now())


def test_a_launch_right_after_a_rule_was_saved_waits_for_its_members():
    a_workspace()
    gold, other = gold_members(3), a_member()
    segment = membership.save_definition(
        Segment(name="s"), {"op": "none", "of": [GOLD]}, by=None, now=NOW
    )
    membership.refresh_all()
    membership.save_definition(segment, GOLD, by=None, now=NOW)
    campaign = launch_now(segment)

    assert (began(campaign), campaign.audience, Message.objects.count()) == ("waiting", None, 0)
    membership.refresh_all()
    assert reached(campaign) == {c.pk for c in gold}
    assert other.pk not in reached(campaign)


def test_a_launch_right_after_a_new_segment_is_not_for_nobody():
    a_workspace()
    gold = gold_members(2)
    campaign = launch_now(membership.save_definition(Segment(name="s"), GOLD, by=None, now=NOW))

    assert began(campaign) == "waiting"
    membership.refresh_all()
    assert reached(campaign) == {c.pk for c in gold}


def test_a_launch_right_after_a_list_was_filled_waits_for_its_members():
    a_workspace()
    segment = a_segment()
    membership.refresh_all()
    member = a_member()
    ListMember.objects.create(segment=segment, customer=member, origin_customer=member)
    campaign = launch_now(segment)

    assert began(campaign) == "waiting"
    membership.refresh_all()
    assert reached(campaign) == {member.pk}


def test_a_launch_waits_for_what_its_segment_hangs_on_nested_and_by_a_tag():
    a_workspace()
    inner = membership.save_definition(
        Segment(name="inner"), {"op": "none", "of": [GOLD]}, by=None, now=NOW
    )
    tag = Tag.objects.create(name="gold", segment=inner)
    rules = {
        "nested": {"op": "all", "of": [{"condition": "in_segment", "segment": inner.pk}]},
        "by a tag": {"op": "all", "of": [{"condition": "tag", "mode": "any", "tags": [tag.pk]}]},
    }
    outer = [
        membership.save_definition(Segment(name=name), rule, by=None, now=NOW)
        for name, rule in rules.items()
    ]
    gold = gold_members(2)
    a_member()
    membership.refresh_all()
    membership.save_definition(inner, GOLD, by=None, now=NOW)
    campaigns = [launch_now(segment) for segment in outer]

    for _pass in range(6):
        for campaign in campaigns:
            began(campaign)
        membership.refresh()

    assert [reached(campaign) for campaign in campaigns] == [{c.pk for c in gold}] * 2


def test_a_segment_that_cannot_be_evaluated_is_not_launched_and_does_not_hang_in_silence(
    client, admin_user
):
    a_workspace()
    segment = membership.save_definition(Segment(name="s"), GOLD, by=None, now=NOW)
    campaign = launch_now(segment)
    Segment.objects.filter(pk=segment.pk).update(
        definition={"condition": "gone"}, revision=F("revision") + 1, evaluated_version=0
    )
    membership.refresh_all()

    assert began(campaign) == "waiting"
    client.force_login(admin_user)
    client.cookies["django_language"] = "en"
    page = client.get(
        reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    ).content.decode()
    assert "The rule of “s” cannot be evaluated." in page
    with pytest.raises(CannotLaunch):
        launch_now(Segment.objects.get(pk=segment.pk))
    assert launching.cancel([campaign], by=None, now=database_now()) == 1


def test_the_content_is_what_it_was_at_the_launch():
    a_workspace()
    template = a_template(content={"title": "old", "body": "x", "more": "dropped"})
    launched(a_member(), template=template)
    template.content = {"title": "new", "body": "x"}
    template.channel = "sms"
    template.save()

    expand()

    assert Message.objects.values_list("channel", "content").get() == (
        "in_app",
        {"title": "old", "body": "x", "page": ""},
    )


def test_a_broken_content_cannot_be_launched():
    campaign = a_campaign(
        a_customer(), template=a_template(content={"title": "{{ customer.name", "body": ""})
    )

    with pytest.raises(CannotLaunch) as refused:
        launching.launch(campaign, by=None, now=NOW)

    assert len(refused.value.messages) == 2
    campaign.refresh_from_db()
    assert (campaign.status, AuditEntry.objects.count()) == ("draft", 0)


def test_the_held_out_are_counted_and_get_no_coupon():
    a_workspace(holdout_percent=50)
    customers = [a_member() for _n in range(20)]
    campaign = launched(*customers, coupon_batch=a_batch())

    expand()
    sender.send_due("in_app")

    held_out = Assignment.objects.filter(arm="held_out_all").count()
    assert 0 < held_out < 20
    assert adds_up(campaign) == {"targeted": 20, "skipped": held_out, "sent": 20 - held_out}
    assert launching.reasons(campaign) == {"skipped": {"holdout": held_out}}
    assert Coupon.objects.count() == 20 - held_out
    assert set(Message.objects.filter(state="sent").values_list("coupon_id", flat=True)) == set(
        Coupon.objects.values_list("pk", flat=True)
    )


def test_who_gets_no_coupon_gets_no_message_about_it():
    a_workspace()
    campaign = launched(*(a_member() for _n in range(5)), coupon_batch=a_batch(stock=3))

    expand()

    assert adds_up(campaign) == {"targeted": 5, "queued": 3, "skipped": 2}
    assert launching.reasons(campaign) == {"skipped": {"coupon_out_of_stock": 2}}


def test_a_customer_merged_meanwhile_is_told_once(monkeypatch):
    a_workspace()
    monkeypatch.setattr(slots, "BATCH", 1)
    survivor, other, loser = a_member(), a_member(), a_member()
    campaign = launched(survivor, other, loser)
    expand(rounds=2)
    Assignment.objects.filter(customer=loser).update(customer=survivor)

    expand()
    sender.send_due("in_app")

    assert adds_up(campaign) == {"targeted": 3, "sent": 2, "skipped": 1}
    assert launching.reasons(campaign) == {"skipped": {"merged": 1}}


def test_the_accounts_add_up_at_every_step(monkeypatch):
    a_workspace()
    monkeypatch.setattr(slots, "BATCH", 3)
    campaign = launched(*(a_member() for _n in range(10)))
    seen = [adds_up(campaign)]

    for _step in range(5):
        expand(rounds=1)
        seen.append(adds_up(campaign))

    assert seen == [{}] + [{"targeted": 10, "queued": 10}] * 5
    assert Message.objects.count() == 10


def test_a_pause_holds_what_is_queued_and_what_is_not_yet(monkeypatch, staff):
    a_workspace()
    monkeypatch.setattr(slots, "BATCH", 4)
    campaign = launched(*(a_member() for _n in range(10)))
    expand(rounds=2)

    assert launching.pause([campaign], by=staff, now=database_now()) == 1
    assert launching.pause([campaign], by=staff, now=database_now()) == 0
    assert (expand(), sender.send_due("in_app")) == (0, 0)
    assert adds_up(campaign) == {"targeted": 10, "queued": 10}

    assert launching.resume([campaign], by=staff, now=database_now()) == 1
    expand()
    sender.send_due("in_app")
    expand()
    campaign.refresh_from_db()
    assert (campaign.status, adds_up(campaign)) == ("done", {"targeted": 10, "sent": 10})
    assert list(AuditEntry.objects.order_by("pk").values_list("act", flat=True)) == [
        "campaign.launch",
        "campaign.pause",
        "campaign.resume",
    ]


def test_a_paused_schedule_is_resumed_for_its_time(staff):
    campaign = launched(a_member(), starts_at=database_now() + timedelta(hours=1))

    launching.pause([campaign], by=staff, now=database_now())
    launching.resume([campaign], by=staff, now=database_now())

    campaign.refresh_from_db()
    assert (campaign.status, CampaignSlot.objects.get().due_at) == ("scheduled", campaign.starts_at)


def test_a_cancel_half_way_keeps_what_was_sent(monkeypatch, staff):
    a_workspace()
    monkeypatch.setattr(slots, "BATCH", 4)
    campaign = launched(*(a_member() for _n in range(10)))
    expand(rounds=2)
    dispatch.deliver("in_app", limit=1)

    assert launching.cancel([campaign], by=staff, now=database_now()) == 1
    assert (expand(), sender.send_due("in_app")) == (0, 0)
    campaign.refresh_from_db()
    assert campaign.status == "cancelled"
    assert not CampaignSlot.objects.overdue(database_now()).exists()
    assert adds_up(campaign) == {"targeted": 10, "sent": 1, "cancelled": 9}
    assert launching.reasons(campaign) == {"cancelled": {"campaign_cancelled": 3}}
    assert (
        launching.resume([campaign], by=staff, now=NOW),
        launching.cancel([campaign], by=staff, now=NOW),
    ) == (0, 0)


def test_a_cancel_takes_back_its_own_messages_only(staff):
    a_workspace()
    customer = a_member()
    going, other = (
        launched(customer),
        launched(customer, template=a_template(content={"title": "other", "body": "x"})),
    )
    expand()

    launching.cancel([going], by=staff, now=database_now())

    assert (adds_up(going), adds_up(other)) == (
        {"targeted": 1, "cancelled": 1},
        {"targeted": 1, "queued": 1},
    )


def test_what_comes_back_to_the_queue_after_a_cancel_is_cancelled_too(staff):
    a_workspace()
    campaign = launched(a_member())
    expand()
    launching.cancel([campaign], by=staff, now=database_now())
    Message.objects.update(state="queued", due_at=database_now())  # as a temporary failure does

    assert sender.send_due("in_app") == 0
    assert recovering.recover(database_now()) == 1
    assert adds_up(campaign) == {"targeted": 1, "cancelled": 1}


def test_no_more_is_queued_ahead_than_a_cancel_can_take_back(monkeypatch):
    a_workspace()
    monkeypatch.setattr(slots, "BATCH", 2)
    monkeypatch.setattr(slots, "MOST_WAITING", 4)
    launched(*(a_member() for _n in range(10)))

    expand()
    waiting = Message.objects.count()
    sender.send_due("in_app")
    expand()

    assert (waiting, Message.objects.count()) == (4, 8)


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_was_cut_off_is_done_again_whole(monkeypatch):
    """The worker dies after the coupons and messages, before the cursor is committed: nothing of it
    stays."""
    a_workspace()
    campaign = launched(*(a_member() for _n in range(5)), coupon_batch=a_batch())
    expand(rounds=1)

    class Died(BaseException):
        pass

    def dies(*args, **kwargs):
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(Campaign, "save", dies)
        with pytest.raises(Died):
            expand()
    cut_off = (Message.objects.count(), Coupon.objects.count())
    expand()

    assert cut_off == (0, 0)
    assert (Message.objects.count(), Coupon.objects.count()) == (5, 5)
    assert adds_up(campaign) == {"targeted": 5, "queued": 5}


@pytest.mark.django_db(transaction=True)
def test_four_workers_tell_everyone_once(monkeypatch):
    a_workspace()
    monkeypatch.setattr(slots, "BATCH", 7)
    campaign = launched(*(a_member() for _n in range(60)), coupon_batch=a_batch())

    def work(n):
        for _round in range(12):
            soon() if n == 0 else None
            slots.expand()
            sender.send_due("in_app")

    errors = [error for error in at_once(4, work) if error]
    expand()
    sender.send_due("in_app")
    expand()

    campaign.refresh_from_db()
    assert (errors, campaign.status, adds_up(campaign)) == (
        [],
        "done",
        {"targeted": 60, "sent": 60},
    )
    assert Coupon.objects.count() == 60


@pytest.mark.django_db(transaction=True)
def test_nothing_leaves_after_a_cancel_was_answered(push, staff):
    """Six workers send while a seventh cancels: what they have not fenced by then stays here."""
    a_workspace()
    customers = [a_customer() for _n in range(120)]
    agree(*customers)
    campaign = launched(*customers, template=a_template(channel="loopback", content={"body": "x"}))
    expand()
    after = []

    def work(n):
        if n == 6:
            launching.cancel([campaign], by=None, now=database_now())
            after.append(Message.objects.filter(state="sending").count() + len(push.Loopback.sent))
        else:
            for _round in range(30):
                dispatch.deliver("loopback", limit=3)

    errors = [error for error in at_once(7, work) if error]

    accounts = adds_up(campaign)
    assert errors == []
    assert set(accounts) <= {"targeted", "sent", "cancelled"}
    assert accounts.get("sent", 0) == len(push.Loopback.sent)
    assert len(push.Loopback.sent) <= after[0] + 6 * 3
