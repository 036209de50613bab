"""What is used says by whom, and is not deleted: neither alone nor among many."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse
from django.utils import translation

from campaigns.journeys import definition
from campaigns.models import CouponBatch, Journey
from customers import uses
from customers.models import Segment, Tag
from tests.factories import a_batch, a_campaign, a_segment, a_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(admin_client):
    a_workspace()
    admin_client.cookies.load({"django_language": "en"})
    return admin_client


@pytest.fixture(autouse=True)
def in_chinese():
    """What users are called is told in the reader's language."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture
def used():
    """A tag, a list and a batch; a rule, a journey, a campaign that name them."""
    tag, people, batch = (
        Tag.objects.create(name="VIP"),
        a_segment(name="people"),
        a_batch(name="ten off"),
    )
    rule = {
        "op": "none",
        "of": [
            {"op": "any", "of": [{"condition": "tag", "mode": "any", "tags": [tag.pk]}]},
            {"condition": "in_segment", "segment": people.pk},
            {"condition": "holds_coupon", "batch": batch.pk},
        ],
    }
    Segment.objects.create(name="others", definition=rule)
    branch = {
        "step": "branch",
        "rule": {"condition": "tag", "mode": "any", "tags": [tag.pk]},
        "yes": "coupon",
        "no": None,
    }
    draft = {
        "trigger": {"trigger": "segment", "segment": people.pk, "change": "entered"},
        "reentry": {"kind": "once"},
        "start": "branch",
        "steps": {
            "branch": branch,
            "coupon": {"step": "issue_coupon", "batch": batch.pk, "next": None, "none": None},
        },
    }
    definition.check(draft)
    Journey.objects.create(name="welcome", draft=draft)
    a_campaign(name="autumn", segment=people, coupon_batch=batch)
    return tag, people, batch


def test_each_knows_its_users(used):
    words = [[use.what for use in uses.of(type(row), [row.pk])[row.pk]] for row in used]

    assert words == [
        ["人群“others”", "旅程“welcome”"],
        ["人群“others”", "旅程“welcome”", "活动“autumn”"],
        ["人群“others”", "旅程“welcome”", "活动“autumn”"],
    ]
    assert uses.of(Tag, []) == {}
    assert uses.of(CouponBatch, [used[2].pk + 999]) == {used[2].pk + 999: []}


def test_a_journey_that_has_ended_uses_nothing(used):
    Journey.objects.update(status=Journey.Status.ENDED)

    assert [use.what for use in uses.of(Tag, [used[0].pk])[used[0].pk]] == ["人群“others”"]


def test_what_is_used_is_not_deleted(boss, used):
    for row in used:
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        text = boss.post(
            reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}, follow=True
        ).text
        assert "cannot be deleted: it is used by" in text
        assert reverse("admin:campaigns_journey_change", args=[Journey.objects.get().pk]) in text
        assert 'data-uses="' in text

        free = (
            a_batch(name="free")
            if isinstance(row, CouponBatch)
            else type(row).objects.create(name="free")
        )
        chosen = {
            "action": "delete_selected",
            ACTION_CHECKBOX_NAME: [row.pk, free.pk],
            "post": "yes",
        }
        text = boss.post(reverse(f"{name}_changelist"), chosen, follow=True).text
        assert "cannot be deleted: it is used by" in text
        assert type(row).objects.filter(pk__in=[row.pk, free.pk]).count() == 2

        boss.post(reverse(f"{name}_delete", args=[free.pk]), {"post": "yes"})
        assert not type(row).objects.filter(pk=free.pk).exists()


def test_a_list_of_them_shows_the_number(boss, used):
    text = boss.get(reverse("admin:customers_segment_changelist")).text

    assert "Used by" in text or "used by" in text


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {"op": "all", "of": "x"},
        {"condition": {"a": 1}},
        {"condition": "tag", "tags": {"x": 1}},
        {"condition": "tag", "tags": ["9" * 400]},
    ],
)
def test_a_broken_rule_uses_nothing(stored):
    Segment.objects.create(name="broken", definition=stored if stored is not None else {})
    tag = Tag.objects.create(name="t")

    assert uses.of(Tag, [tag.pk]) == {tag.pk: []}


def test_the_form_makes_a_journey_that_a_segment_begins(boss):
    segment = a_segment(name="regulars")
    posted = {
        "name": "Welcome",
        "segment": segment.pk,
        "change": "left",
        "coupon": "none",
        "reentry": "days",
        "reentry_days": "30",
        "in_app-title": "Hello",
        "in_app-body": "Nice to see you.",
        "in_app-page": "",
    }
    assert (
        "Who: enters or leaves a segment"
        in boss.get(reverse("admin:campaigns_journey_segment")).text
    )

    text = boss.post(reverse("admin:campaigns_journey_segment"), posted, follow=True).text

    journey = Journey.objects.get()
    assert journey.published.definition["trigger"] == {
        "trigger": "segment",
        "fields": {"segment": segment.pk, "change": "left"},
    }
    assert "hen somebody leaves “regulars”" in text
