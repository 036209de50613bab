"""Caps and quiet hours on the workspace's page, as a marketer sets them."""

import re
from datetime import time

import pytest
from django.urls import reverse

from campaigns.models import Cap, QuietDay, QuietHours
from customers.models import AuditEntry, Workspace
from tests.admin.rows import LIMITS

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(admin_client):
    Workspace.get()
    Cap.objects.all().delete()
    QuietHours.objects.all().delete()
    return reverse("admin:customers_workspace_change", args=[1])


def posted(**more):
    settings = {
        "name": "Tea",
        "time_zone": "Asia/Shanghai",
        "holdout_percent": "5",
        "attribution_days": "5",
        "attribution_touch": "sent",
        "late_hours": "24",
    }
    return {**settings, **LIMITS, **more}


def row(inline, n=0, /, **fields):
    """A new row of an inline."""
    return {f"{inline}-TOTAL_FORMS": str(n + 1)} | {
        f"{inline}-{n}-{k}": v for k, v in fields.items()
    }


CAP = {"limit": "2", "purpose": "marketing", "number": "3", "unit": "3600", "channel": ""}
NIGHT = {
    "begins": "22:30",
    "ends": "08:00",
    "weekdays": ["6", "7"],
    "purpose": "marketing",
    "channel": "email",
    "act": "drop",
}


def test_each_kind_of_row_is_kept_and_noted(admin_client, page):
    answer = admin_client.post(
        page,
        posted(
            **row("caps", **CAP),
            **row("quiet_hours", **NIGHT),
            **row("quiet_days", date="2027-02-06", name="春节"),
        ),
    )

    assert answer.status_code == 302
    assert Cap.objects.values_list("limit", "seconds", "purpose", "channel").get() == (
        2,
        10_800,
        "marketing",
        "",
    )
    night = QuietHours.objects.get()
    assert (night.begins, night.ends, night.weekdays) == (time(22, 30), time(8), [6, 7])
    assert (night.channel, night.act) == ("email", "drop")
    assert QuietDay.objects.get().name == "春节"
    noted = AuditEntry.objects.get(act="workspace.limits")
    assert noted.details["caps"] == ["2 marketing / 10800 s"]


def test_what_is_set_is_shown_as_it_was_typed(admin_client, page):
    Cap.objects.create(limit=7, seconds=14 * 86_400)
    QuietHours.objects.create(begins=time(21), ends=time(9), weekdays=[1])

    shown = admin_client.get(page).content.decode()

    assert re.search(r'name="caps-0-number" value="2"', shown)
    assert re.search(r'<option value="604800"\s+selected', shown)
    assert 'name="quiet_hours-0-begins" value="21:00"' in shown
    assert len(re.findall(r'name="quiet_hours-0-weekdays"[^>]* checked>', shown)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        row("caps", **{**CAP, "limit": "-1"}),
        row("caps", **{**CAP, "number": "0"}),
        row("caps", **{**CAP, "number": "1000", "unit": "2592000"}),
        row("caps", **{**CAP, "channel": "pigeon"}),
        row("quiet_hours", **{**NIGHT, "begins": "25:00"}),
        row("quiet_hours", **{**NIGHT, "weekdays": ["8"]}),
        row("quiet_days", date="2027-02-30"),
        row("caps", 0, **CAP) | row("caps", 1, **CAP),
    ],
)
def test_what_makes_no_sense_is_refused(admin_client, page, wrong):
    answer = admin_client.post(page, posted(**wrong))

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode() or "error" in answer.content.decode()
    assert not any(rows.objects.exists() for rows in (Cap, QuietHours, QuietDay))


def test_whoever_saves_after_somebody_else_is_told(admin_client, page):
    opened = admin_client.get(page).content.decode()
    revision = re.search(r'name="_revision" value="([^"]*)"', opened)[1]
    Cap.objects.create(limit=1, seconds=60)

    told = admin_client.post(page, posted(_revision=revision)).content.decode()
    assert "data-conflict" in told
    assert Workspace.get().name != "Tea"

    again = re.search(r'name="_revision" value="([^"]*)"', told)[1]
    assert admin_client.post(page, posted(_revision=again)).status_code == 302
