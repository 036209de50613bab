"""Work that somebody has paused is not late, wherever lateness is told; what stands still is not
told as running."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from campaigns.broadcasts import launching
from campaigns.journeys import lifecycle
from campaigns.models import Campaign, Journey, Message, Run
from crm_project.admin import waiting
from crm_project.queue.due import STUCK_AFTER, database_now
from customers.models import Workspace
from tests.admin.rows import a_campaign, a_journey, a_message, a_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client) -> Client:
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def waits(model) -> int:
    return waiting.counts(database_now())[model._meta.label_lower][0]


def late_run() -> Run:
    run = a_run()
    Run.objects.filter(pk=run.pk).update(due_at=database_now() - timedelta(days=5))
    return run


def late_message(**more) -> Message:
    message = a_message()
    Message.objects.filter(pk=message.pk).update(
        state="queued", due_at=database_now() - timedelta(minutes=5), **more
    )
    return message


def test_runs_of_a_paused_journey_are_not_late_until_it_goes_on():
    run = late_run()
    Journey.objects.filter(pk=run.journey_id).update(status="live")
    assert waiting.health(database_now())["waits_seconds"] >= 5 * 86400

    lifecycle.pause(run.journey, by=None)
    assert waiting.health(database_now())["waits_seconds"] < 4 * 86400
    assert waits(Run) == 0

    lifecycle.resume(run.journey, by=None)
    assert waits(Run) == 1


@pytest.mark.parametrize("of", ["journey", "campaign", "everything", "a restore"])
def test_messages_that_may_not_leave_are_not_late(of):
    Workspace.get()
    if of == "journey":
        journey = a_journey()
        Journey.objects.filter(pk=journey.pk).update(status="paused")
        late_message(journey_id=journey.pk)
    elif of == "campaign":
        late_message(campaign_id=a_campaign(status="paused").pk)
    else:
        late_message()
        Workspace.objects.update(
            **({"sending_paused": True} if of == "everything" else {"restored_at": database_now()})
        )

    assert waits(Message) == 0
    Journey.objects.update(status="live")
    Campaign.objects.update(status="sending")
    Workspace.objects.update(sending_paused=False, restored_at=None)
    assert waits(Message) == 1


def test_what_failed_too_often_is_told_though_it_is_paused():
    run = late_run()
    Run.objects.filter(pk=run.pk).update(attempts=STUCK_AFTER)
    Journey.objects.filter(pk=run.journey_id).update(status="paused")

    assert waiting.counts(database_now())["campaigns.run"] == (0, 1, None)


def done(boss, row, name) -> str:
    address = reverse(
        f"admin:{row._meta.app_label}_{row._meta.model_name}_act", args=[row.pk, name]
    )
    return boss.post(address, follow=True).content.decode()


def test_a_scheduled_campaign_says_when_it_begins(boss):
    begins = database_now() + timedelta(days=3)
    campaign = a_campaign(starts_at=begins)

    said = done(boss, campaign, "launch")
    assert Campaign.objects.get().status == "scheduled"
    assert "it begins on" in said
    assert "The campaign is under way." not in said

    launching.pause([campaign], by=None, now=database_now())
    assert "it begins on" in done(boss, campaign, "resume")


def test_what_is_paused_stands_apart_on_the_dashboard(boss):
    runs, stands = a_journey(), a_journey()
    Journey.objects.filter(pk=runs.pk).update(name="runs on", status="live")
    Journey.objects.filter(pk=stands.pk).update(name="stands still", status="paused")

    text = boss.get(reverse("admin:index")).content.decode()

    running, _mark, paused = text.partition("data-paused")
    assert "runs on" in running
    assert "stands still" not in running
    assert "stands still" in paused
