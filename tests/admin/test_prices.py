"""Prices of sending, and templates that stand in for others, as people set them."""

from decimal import Decimal

import pytest
from django.urls import reverse

from campaigns.broadcasts import launching
from campaigns.models import Message, Price, Template
from crm_project.queue.due import database_now
from tests.campaigns.queued import a_message
from tests.factories import a_campaign, a_member, a_template, a_workspace

pytestmark = pytest.mark.django_db
TIME = {"since_0": "2026-11-01", "since_1": "00:00:00"}


def test_a_price_is_typed_in_fen_and_kept_in_hundredths(admin_client):
    add = reverse("admin:campaigns_price_add")
    form = {"channel": "email", "kind": "", "connection": "", "fen": "4.5", **TIME}

    assert admin_client.post(add, form).status_code == 302
    price = Price.objects.get()
    assert price.price == 450
    page = reverse("admin:campaigns_price_change", args=[price.pk])
    assert admin_client.get(page).context["adminform"].form.initial["fen"] == Decimal("4.5")


@pytest.mark.parametrize(
    "wrong", [{"fen": "4.555"}, {"fen": "-1"}, {"fen": ""}, {"channel": "in_app"}, {"since_0": "x"}]
)
def test_a_price_that_makes_no_sense_is_refused(admin_client, wrong):
    form = {"channel": "email", "kind": "", "connection": "", "fen": "4.5", **TIME, **wrong}

    assert admin_client.post(reverse("admin:campaigns_price_add"), form).status_code == 200
    assert not Price.objects.exists()


def test_a_fallback_is_of_another_channel_and_the_same_purpose(admin_client):
    letter = Template.objects.create(name="l", channel="email", content={"subject": "s"})
    service = Template.objects.create(
        name="s", channel="email", purpose="service", content={"subject": "s"}
    )
    twin, mine = a_template(), a_template()
    page = reverse("admin:campaigns_template_change", args=[mine.pk])

    def saved(other):
        form = {
            "name": "mine",
            "channel": "in_app",
            "purpose": "marketing",
            "fallback": other.pk,
            "in_app-title": "Hello",
            "in_app-body": "you",
        }
        answer = admin_client.post(page, form)
        mine.refresh_from_db()
        return answer.status_code == 302 and mine.fallback_id == other.pk

    assert not saved(twin)
    assert not saved(service)
    assert saved(letter)
    back = {
        "name": "l",
        "channel": "email",
        "purpose": "marketing",
        "fallback": mine.pk,
        "email-subject": "s",
        "email-body": "b",
    }
    address = reverse("admin:campaigns_template_change", args=[letter.pk])
    assert admin_client.post(address, back).status_code == 200


def test_a_campaign_says_what_its_messages_cost(admin_client):
    a_workspace()
    campaign = a_campaign(a_member())
    launching.launch(campaign, by=None, now=database_now())
    a_message(a_member(), campaign_id=campaign.pk)
    page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    assert "¥0.045" not in admin_client.get(page).content.decode()

    Message.objects.update(cost=450)
    assert "¥0.045" in admin_client.get(page).content.decode()
