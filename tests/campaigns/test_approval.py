"""A second pair of eyes: asked, decided by another, used once, and only for what was looked at."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction

from campaigns.broadcasts import launching
from campaigns.broadcasts.approval import LaunchOfCampaign
from campaigns.journeys import definition
from campaigns.journeys.approval import PublishingOfJourney
from campaigns.models import Campaign, Journey
from crm_project.queue.due import database_now
from customers.approval import deciding
from customers.approval.differences import lines
from customers.approval.kinds import Refused
from customers.models import Approval, AuditEntry, Workspace
from tests.campaigns.at_once import at_once
from tests.factories import a_campaign, a_customer, a_workspace

pytestmark = pytest.mark.django_db
State = Approval.State


@pytest.fixture(autouse=True)
def wanted():
    a_workspace(approvals=["campaign", "journey"])


@pytest.fixture
def marketer():
    return User.objects.create_user("mei", is_staff=True)


@pytest.fixture
def approver():
    user = User.objects.create_user("lin", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="decide_approval"))
    return user


def launch(campaign, by):
    return launching.launch(campaign, by=by, now=database_now())


def ask(campaign, by) -> Approval:
    return deciding.ask(LaunchOfCampaign(), campaign, by=by, now=database_now())


def approve(approval, by, note=""):
    deciding.approve(approval, by=by, now=database_now(), note=note)


def test_nothing_is_launched_that_nobody_else_has_looked_at(marketer, approver):
    campaign = a_campaign(a_customer())
    with pytest.raises(deciding.NotApproved):
        launch(campaign, marketer)
    asked = ask(campaign, marketer)
    assert ask(campaign, marketer) == asked  # asked twice, it is one question
    with pytest.raises(deciding.NotApproved):
        launch(campaign, marketer)
    approve(asked, approver, "fine")

    launch(campaign, marketer)

    asked.refresh_from_db()
    assert (asked.state, asked.decided_by, asked.note) == (State.USED, approver, "fine")
    assert asked.used_at is not None
    assert list(
        AuditEntry.objects.filter(act__startswith="approval").values_list("act", "by__username")
    ) == [("approval.request", "mei"), ("approval.approved", "lin"), ("approval.used", "mei")]


def test_where_no_approval_is_wanted_nothing_waits(marketer):
    Workspace.objects.update(approvals=["journey"])
    assert launch(a_campaign(a_customer()), marketer).status == Campaign.Status.SENDING


def test_what_is_changed_after_the_approval_needs_another(marketer, approver):
    campaign = a_campaign(a_customer())
    approve(ask(campaign, marketer), approver)
    campaign.template.content["title"] = "Something else"
    campaign.template.save()

    with pytest.raises(deciding.NotApproved):
        launch(campaign, marketer)
    again = ask(campaign, marketer)
    changed = {line.label: (line.before, line.now) for line in lines(again) if line.is_changed}
    assert [now for _before, now in changed.values()] == ["Something else"]

    approve(again, approver)
    launch(campaign, marketer)
    assert set(Approval.objects.values_list("pk", "state")) >= {(again.pk, State.USED)}


def test_what_is_changed_while_it_waits_cannot_be_approved(marketer, approver):
    campaign = a_campaign(a_customer())
    asked = ask(campaign, marketer)
    campaign.segment.name = "others"
    campaign.segment.save()

    with pytest.raises(Refused):
        approve(asked, approver)
    newer = ask(campaign, marketer)
    asked.refresh_from_db()
    assert (asked.state, newer.state) == (State.WITHDRAWN, State.REQUESTED)


def test_one_approval_is_good_for_one_launch(marketer, approver):
    campaign = a_campaign(a_customer())
    approve(ask(campaign, marketer), approver)
    launch(campaign, marketer)
    Campaign.objects.update(status=Campaign.Status.DRAFT)
    with pytest.raises(deciding.NotApproved):
        launch(campaign, marketer)


def test_a_launch_that_fails_keeps_its_approval(marketer, approver):
    campaign = a_campaign(a_customer())
    approve(ask(campaign, marketer), approver)
    Campaign.objects.update(status=Campaign.Status.CANCELLED)
    with pytest.raises(launching.CannotLaunch):
        launch(campaign, marketer)
    assert Approval.objects.get().state == State.APPROVED


def test_nobody_approves_their_own_unless_the_workspace_says_so(marketer, approver):
    own = ask(a_campaign(a_customer()), approver)
    with pytest.raises(Refused):
        approve(own, approver)
    assert list(deciding.waiting_for(approver)) == []
    with pytest.raises(IntegrityError), transaction.atomic():  # nor does anything else
        Approval.objects.filter(pk=own.pk).update(state=State.APPROVED, decided_by=approver)

    Workspace.objects.update(approves_own=True)
    approve(own, approver)
    assert Approval.objects.get().by_themselves


def test_who_may_not_decide_does_not(marketer, approver):
    asked = ask(a_campaign(a_customer()), approver)
    with pytest.raises(Refused):
        approve(asked, marketer)
    with pytest.raises(Refused):
        deciding.reject(asked, by=marketer, now=database_now())


def test_rejected_and_withdrawn_is_over(marketer, approver):
    campaign = a_campaign(a_customer())
    rejected = ask(campaign, marketer)
    deciding.reject(rejected, by=approver, now=database_now(), note="too many")
    with pytest.raises(deciding.NotApproved):
        launch(campaign, marketer)
    for late in (deciding.approve, deciding.reject):
        with pytest.raises(Refused):
            late(rejected, by=approver, now=database_now())
    withdrawn = ask(campaign, marketer)
    deciding.withdraw(withdrawn, by=marketer, now=database_now())
    with pytest.raises(Refused):
        approve(withdrawn, approver)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_is_too_late(marketer, approver):
    asked = ask(a_campaign(a_customer()), marketer)

    def decided(number):
        try:
            how = deciding.approve if number % 2 else deciding.reject
            how(Approval.objects.get(pk=asked.pk), by=approver, now=database_now())
        except Refused:
            return 0
        return 1

    assert sum(at_once(4, decided)) == 1


def test_a_journey_is_published_as_it_was_approved(marketer, approver):
    hello = {
        "step": "send_message",
        "fields": {
            "channel": "in_app",
            "purpose": "marketing",
            "content": {"title": "Hello", "body": "You"},
        },
        "exits": {"next": None},
    }
    draft = {
        "v": 2,
        "trigger": {"trigger": "event", "fields": {"event": "Product Viewed"}},
        "reentry": {"kind": "always"},
        "start": "s1",
        "steps": {"s1": hello},
    }
    journey = Journey.objects.create(name="welcome", draft=draft)
    with pytest.raises(deciding.NotApproved):
        definition.publish(journey, by=marketer, now=database_now())
    kind = PublishingOfJourney()
    approve(deciding.ask(kind, journey, by=marketer, now=database_now()), approver)

    hello["fields"]["content"]["body"] = "Everybody"
    changed = Journey.objects.get(pk=journey.pk)
    changed.draft = draft
    changed.save()
    with pytest.raises(deciding.NotApproved):
        definition.publish(changed, by=marketer, now=database_now())
    again = deciding.ask(kind, changed, by=marketer, now=database_now())
    assert [(line.before, line.now) for line in lines(again) if line.is_changed] == [
        ("You", "Everybody")
    ]
    approve(again, approver)
    definition.publish(changed, by=marketer, now=database_now())
    assert Journey.objects.get().status == Journey.Status.LIVE
