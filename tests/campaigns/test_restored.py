"""After a restore: nothing leaves, what may have been sent is listed, a person decides, and only
what was chosen goes on."""

import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.urls import reverse

from campaigns import restored
from campaigns.delivery import recovering, sender
from campaigns.models import Campaign, CampaignSlot, CampaignVersion, Message
from crm_project.backup import restoring
from crm_project.queue.due import database_now
from customers.models import AuditEntry, Merge, Workspace
from events.models import EventCursor
from tests.admin.rows import a_run
from tests.campaigns.queued import a_message, agree, outcome
from tests.factories import a_campaign, a_customer, a_workspace

pytestmark = pytest.mark.django_db
PAGE = "admin:campaigns_message_restored"


def a_ready(**more) -> Message:
    customer = a_customer()
    agree(customer)
    return a_message(customer, channel="loopback", **more)


def restore(hours_ago=1) -> Workspace:
    """As manage.py restore says it to the rooms."""
    restoring.tell(database_now() - timedelta(hours=hours_ago))
    return Workspace.get()


def with_the_provider() -> Message:
    message = a_ready()
    Message.objects.filter(pk=message.pk).update(
        state="sending", sent_at=database_now(), token="0" * 32
    )
    return message


def listed(workspace) -> set[int]:
    return set(restored.in_doubt(workspace).values_list("pk", flat=True))


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


def test_nothing_leaves_and_what_was_in_flight_is_listed(push):
    a_workspace()
    queued, flying = a_ready(), with_the_provider()
    done = a_ready()
    Message.objects.filter(pk=done.pk).update(state="sent", sent_at=database_now(), due_at=None)

    workspace = restore()

    recovering.recover(database_now())
    assert sender.send_due("loopback") == 0
    assert push.Loopback.sent == []
    assert listed(workspace) == {queued.pk, flying.pk}
    assert AuditEntry.objects.get(act="restore.made").details["in_flight"] == 1


def test_only_what_was_chosen_is_sent(push):
    a_workspace()
    chosen, flying, forgotten, refused = a_ready(), with_the_provider(), a_ready(), a_ready()
    workspace, staff = restore(), User.objects.create_user("staff")

    restored.send_anyway(Message.objects.filter(pk__in=[chosen.pk, flying.pk]), workspace)
    restored.keep_back(Message.objects.filter(pk=refused.pk), workspace)
    counts = restored.confirm(by=staff)
    sender.send_due("loopback")

    assert counts == {"sent_anyway": 2, "kept_back": 1, "new": 0}
    assert {parcel.message_id for parcel in push.Loopback.sent} == {chosen.pk, flying.pk}
    assert [outcome(m) for m in (chosen, flying, forgotten, refused)] == [("sent", "")] * 2 + [
        ("unknown", "restored")
    ] * 2
    entry = AuditEntry.objects.get(act="restore.confirm")
    assert (entry.by, entry.details["sent_anyway"]) == (staff, 2)


def test_what_was_kept_back_counts_for_the_caps_and_may_still_be_chosen(push):
    a_workspace()
    message = a_ready()
    workspace = restore()

    restored.keep_back(Message.objects.all(), workspace)
    message.refresh_from_db()
    assert message.sent_at == workspace.restored_at
    assert restored.send_anyway(Message.objects.all(), workspace) == 1
    restored.confirm(by=None)
    sender.send_due("loopback")

    assert outcome(message) == ("sent", "")


def test_what_only_came_about_after_the_restore_is_not_listed_and_leaves_with_the_confirmation(
    push,
):
    a_workspace()
    workspace = restore()
    old_run, new_run = a_run(), a_run()
    type(new_run).objects.filter(pk=new_run.pk).update(
        event_occurred_at=workspace.restored_at + timedelta(seconds=1)
    )
    from_before, from_after = a_ready(run_id=old_run.pk), a_ready(run_id=new_run.pk)

    assert listed(workspace) == {from_before.pk}
    restored.confirm(by=None)
    sender.send_due("loopback")

    assert [outcome(m) for m in (from_before, from_after)] == [
        ("unknown", "restored"),
        ("sent", ""),
    ]


def test_confirming_waits_until_the_list_is_complete(push):
    a_workspace()
    run = a_run()
    type(run).objects.filter(pk=run.pk).update(due_at=database_now() - timedelta(minutes=5))
    restore()

    with pytest.raises(restored.CannotConfirm, match=r"catching up|尚不完整"):
        restored.confirm(by=None)
    type(run).objects.filter(pk=run.pk).update(due_at=database_now() + timedelta(days=1))
    restored.confirm(by=None)
    with pytest.raises(restored.CannotConfirm):
        restored.confirm(by=None)


def test_campaigns_under_way_are_paused():
    a_workspace()
    sending, due, later = (
        a_campaign(status=status) for status in ("sending", "scheduled", "scheduled")
    )
    now = database_now()
    for campaign, at in ((due, now), (later, now + timedelta(days=1))):
        version = CampaignVersion.objects.create(
            campaign=campaign, number=1, definition={}, made_at=now
        )
        CampaignSlot.objects.create(campaign=campaign, version=version, at=at, due_at=at)

    restore()

    assert [Campaign.objects.get(pk=c.pk).status for c in (sending, due, later)] == [
        "paused",
        "paused",
        "scheduled",
    ]


def test_numbers_of_transactions_of_the_former_server_are_forgotten():
    a_workspace()
    EventCursor.objects.create(pk=1, next_xid=10**12)
    winner, loser = a_customer(), a_customer()
    merge = Merge.objects.create(
        customer=winner, origin_customer=loser, at=database_now(), xid=10**12, due_at=database_now()
    )

    restore()

    merge.refresh_from_db()
    assert (EventCursor.objects.get().next_xid, merge.xid) == (0, None)


def test_a_database_that_came_back_by_other_means_is_held_too(push):
    a_workspace()
    message, before = a_ready(), a_customer().pk

    for wrong in ("yesterday", "2026-11-24T02:00:00"):
        with pytest.raises(CommandError):
            call_command("restored", wrong)
    call_command("restored", "2026-11-24T02:00:00+08:00", stdout=io.StringIO())

    assert sender.send_due("loopback") == 0
    assert listed(Workspace.get()) == {message.pk}
    assert a_customer().pk > before + 100_000


# --- in the admin


@pytest.mark.parametrize(
    "page", ["admin:index", "admin:customers_customer_changelist", "admin:waiting", PAGE]
)
def test_every_page_says_so(boss, page):
    a_workspace()
    banner = reverse(PAGE).encode()
    assert b'role="alert"' not in boss.get(reverse(page)).content
    restore()

    shown = boss.get(reverse(page)).content
    assert b'role="alert"' in shown
    assert banner in shown


def test_the_page_lists_decides_and_confirms(boss, push):
    a_workspace()
    campaign = a_campaign(status="sending")
    of_campaign, alone = a_ready(campaign_id=campaign.pk), a_ready()
    workspace = restore()
    group = next(g for g in restored.groups(workspace) if g.campaign_id)

    page = boss.get(reverse(PAGE)).content.decode()
    assert campaign.name in page
    boss.post(reverse(PAGE), {"decision": "send", "group": group.key})
    boss.post(reverse(PAGE), {"decision": "confirm"})

    assert [outcome(m) for m in (of_campaign, alone)] == [
        ("queued", "send_anyway"),
        ("unknown", "restored"),
    ]
    assert Workspace.get().restored_at is None


def test_single_messages_are_decided_in_their_list(boss, push):
    a_workspace()
    chosen, other = a_ready(), a_ready()
    listing = reverse("admin:campaigns_message_changelist")
    assert b"send_anyway" not in boss.get(listing).content
    restore()

    assert b"send_anyway" in boss.get(listing).content
    boss.post(listing, {"action": "send_anyway", "_selected_action": [chosen.pk]})
    boss.post(listing, {"action": "keep_back", "_selected_action": [other.pk]})

    assert [outcome(m) for m in (chosen, other)] == [
        ("queued", "send_anyway"),
        ("unknown", "restored"),
    ]


def test_only_who_may_decide_decides(client, push):
    a_workspace()
    message, staff = a_ready(), User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_message"))
    client.force_login(staff)
    restore()

    assert client.get(reverse(PAGE)).status_code == 200
    assert client.post(reverse(PAGE), {"decision": "confirm"}).status_code == 403
    client.post(
        reverse("admin:campaigns_message_changelist"),
        {"action": "send_anyway", "_selected_action": [message.pk]},
    )
    assert outcome(message) == ("queued", "")
    staff.user_permissions.add(Permission.objects.get(codename="confirm_restore"))
    assert client.post(reverse(PAGE), {"decision": "confirm"}).status_code == 302
    assert Workspace.get().restored_at is None


@pytest.mark.parametrize("key", ["", "::", "x:y:z", "1", "9" * 30 + "::loopback"])
def test_a_group_that_is_none_changes_nothing(boss, push, key):
    a_workspace()
    message = a_ready()
    restore()

    assert boss.post(reverse(PAGE), {"decision": "send", "group": key}).status_code == 302
    assert outcome(message) == ("queued", "")
