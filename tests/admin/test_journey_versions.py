"""The page of a journey's versions: two side by side, an older one restored, nothing lost by it."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from campaigns.journeys import definition
from campaigns.journeys.editor import drafts
from campaigns.models import Journey
from tests.campaigns.test_wait_for_event import ON_VIEW, step
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def draft(hours: int) -> dict:
    wait = step("wait", {"n": hours, "unit": "hours"}, next=None)
    return {
        "v": 2,
        "trigger": ON_VIEW,
        "reentry": {"kind": "always"},
        "start": "s1",
        "steps": {"s1": wait},
    }


@pytest.fixture
def journey():
    row = Journey.objects.create(name="Mine", draft=draft(1))
    for hours in (1, 2):
        row.draft = draft(hours)
        row.save(update_fields=["draft"])
        definition.publish(row, by=None, now=NOW)
    row.draft = draft(3)
    row.save(update_fields=["draft"])
    return row


def page(client, journey, **asked):
    return client.get(reverse("admin:campaigns_journey_versions", args=[journey.pk]), asked)


def restore(client, journey, version, revision=0):
    return client.post(
        reverse("admin:campaigns_journey_restore", args=[journey.pk]),
        {"version": version, "revision": revision},
    )


def test_the_draft_beside_what_is_published_and_any_two(boss, journey):
    text = page(boss, journey).text
    assert re.search(r"</span> changed 1</span>", text), text[text.index("ht-change-icon") :][:300]
    assert ("Wait 3 hours" in text, "removed:" in text, "added:" in text) == (True, True, True)
    assert "Wait 2 hours" in page(boss, journey, **{"from": "1", "to": "2"}).text
    assert "are the same" in page(boss, journey, **{"from": "2", "to": "2"}).text
    assert page(boss, journey, **{"from": "99", "to": "x'"}).status_code == 200


def test_an_older_version_is_restored_and_the_draft_is_not_lost(boss, journey):
    assert restore(boss, journey, 1).status_code == 302
    journey.refresh_from_db()
    assert journey.draft == draft(1)

    drafts.undo(journey, journey.draft_revision)
    journey.refresh_from_db()
    assert journey.draft == draft(3)
    assert journey.versions.count() == 2


def test_who_comes_too_late_is_told_and_nothing_is_restored(boss, journey):
    assert restore(boss, journey, 1).status_code == 302
    answer = restore(boss, journey, 2)
    assert (answer.status_code, "Nothing was restored" in answer.text) == (409, True)
    journey.refresh_from_db()
    assert journey.draft == draft(1)


@pytest.mark.parametrize(
    ("version", "revision", "answer"), [("9", 0, 404), ("x", 0, 404), ("1", "x", 409)]
)
def test_what_nobody_can_restore(boss, journey, version, revision, answer):
    assert restore(boss, journey, version, revision).status_code == answer


def test_who_may_look_may_not_restore(client, journey):
    looks = User.objects.create_user("looks", is_staff=True)
    client.force_login(looks)
    assert page(client, journey).status_code == 403
    looks.user_permissions.add(Permission.objects.get(codename="view_journey"))
    client.cookies["django_language"] = "en"
    assert "Restore" not in page(client, journey).text
    assert restore(client, journey, 1).status_code == 403
