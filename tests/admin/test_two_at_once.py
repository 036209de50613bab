"""Two people with one form, and one form sent twice."""

import re
import threading

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, Template
from crm_project import roles
from crm_project.models import Submission
from customers.data_rights import revealing
from customers.data_rights.retention.base import kinds
from customers.models import RevealLimit, Segment, Tag, Workspace
from events.models import InterestSettings, LifecycleSettings
from tests.admin.rows import LIMITS
from tests.admin.test_admin_lifecycle import POSTED
from tests.factories import a_segment, a_template

PASSED = {"headers": {"accept-language": "en"}}


@pytest.fixture
def two(db):
    both = []
    for name in ("anna", "otto"):
        browser = Client(headers={"accept-language": "en"})
        browser.force_login(User.objects.create_superuser(name))
        both.append(browser)
    return both


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def opened(browser, address: str, name="_revision") -> str:
    return hidden(browser.get(address).content.decode(), name)


def conflict_of(answer) -> str:
    text = answer.content.decode()
    return (
        re.sub(
            r"<[^>]+>", "", re.search(r"<ul[^>]*data-conflict[^>]*>(.*?)</ul>", text, re.DOTALL)[1]
        )
        if "data-conflict" in text
        else ""
    )


def test_the_second_save_is_told_keeps_what_was_typed_and_may_be_meant(two):
    tag = Tag.objects.create(name="gold", colour="#aabbcc")
    address = reverse("admin:customers_tag_change", args=[tag.pk])
    first, second = (opened(browser, address) for browser in two)
    fields = {"colour": "#aabbcc", "lasts_days": "", "group": "", "segment": "", "keep_days": ""}

    assert two[0].post(address, {**fields, "name": "golden", "_revision": first}).status_code == 302
    told = two[1].post(address, {**fields, "name": "Gold!", "_revision": second})

    assert "now: golden – yours: Gold!" in conflict_of(told)
    assert 'value="Gold!"' in told.content.decode()
    assert Tag.objects.get().name == "golden"

    again = hidden(told.content.decode(), "_revision")
    assert two[1].post(address, {**fields, "name": "Gold!", "_revision": again}).status_code == 302
    assert Tag.objects.get().name == "Gold!"


def test_whoever_changed_nothing_else_meanwhile_is_not_in_the_way(two):
    workspace = Workspace.get()
    address = reverse("admin:customers_workspace_change", args=[1])
    data = {
        "name": "A",
        "time_zone": "Asia/Shanghai",
        **LIMITS,
        "holdout_percent": "5",
    }
    data |= {"attribution_days": "5", "own_holdout_percent": "10", "late_hours": "24"}
    data |= {"attribution_touch": "sent"}
    revision = opened(two[0], address)
    Workspace.objects.update(holdout_salt="other")  # no field of the form

    answer = two[0].post(address, {**data, "_revision": revision})
    workspace.refresh_from_db()
    assert (answer.status_code, workspace.name) == (302, "A")


def test_a_rule_and_a_text_are_told_in_words(two):
    segment = Segment.objects.create(
        name="s",
        definition={
            "op": "all",
            "of": [{"condition": "attribute", "attribute": "level", "operator": "exists"}],
        },
    )
    address = reverse("admin:customers_segment_change", args=[segment.pk])
    revision = opened(two[1], address)
    rule = {
        "name": "s",
        "kind": "rule",
        "description": "",
        "rule-op": "all",
        "part": ["p1|rule|attribute"],
        "p1-operator": "exists",
    }

    assert (
        two[0]
        .post(address, {**rule, "p1-attribute": "city", "_revision": opened(two[0], address)})
        .status_code
        == 302
    )
    told = conflict_of(
        two[1].post(address, {**rule, "p1-attribute": "points", "_revision": revision})
    )
    assert "city" in told.partition("yours")[0]
    assert "points" in told.partition("yours")[2]

    template = a_template()
    address = reverse("admin:campaigns_template_change", args=[template.pk])
    text = {
        "name": template.name,
        "channel": "in_app",
        "purpose": template.purpose,
        "in_app-title": "T",
    }
    revision = opened(two[1], address)
    assert (
        two[0]
        .post(address, {**text, "in_app-body": "theirs", "_revision": opened(two[0], address)})
        .status_code
        == 302
    )
    assert "now: theirs / T – yours: mine / T" in conflict_of(
        two[1].post(address, {**text, "in_app-body": "mine", "_revision": revision})
    )
    assert Template.objects.get().content["body"] == "theirs"


# -- settings that are no change form


def saved_twice(two, page: str, address: str, theirs: dict, mine: dict):
    """The answers to the first save, to the second, and to the second once more."""
    opened_with = [opened(browser, page) for browser in two]
    first = two[0].post(address, {**theirs, "_revision": opened_with[0]})
    second = two[1].post(address, {**mine, "_revision": opened_with[1]})
    again = re.findall(r'name="_revision" value="([^"]*)"', second.content.decode())
    return (
        first,
        second,
        [two[1].post(address, {**mine, "_revision": revision}) for revision in again[:1]],
    )


def test_bounds_of_the_lifecycle_are_not_overwritten_unawares(two):
    page = reverse("admin:events_lifecyclesettings_changelist")

    first, second, (again,) = saved_twice(
        two, page, page, POSTED | {"active_days": 11}, POSTED | {"active_days": 12}
    )

    assert (first.status_code, second.status_code, again.status_code) == (302, 200, 302)
    assert "now: 11 – yours: 12" in conflict_of(second)
    assert re.search(
        r'name="active_days"[^>]*value="12"|value="12"[^>]*name="active_days"',
        second.content.decode(),
    )
    assert LifecycleSettings.get().active_days == 12


def test_what_only_the_measure_has_changed_is_nobodys_word(two):
    page = reverse("admin:events_lifecyclesettings_changelist")
    LifecycleSettings.get()
    LifecycleSettings.objects.update(is_automatic=True)
    revision = opened(two[0], page)
    LifecycleSettings.objects.update(active_days=77)

    answer = two[0].post(page, POSTED | {"stages_by": "measure", "_revision": revision})

    assert answer.status_code == 302


def test_interests_are_not_overwritten_unawares(two):
    page, address = (
        reverse("admin:events_lifecyclesettings_changelist"),
        reverse("admin:events_lifecycle_interests"),
    )
    kept = {"worth": "Product Viewed = 1", "half_life_days": 30, "course_half_life_days": 90}
    revision = two[1].get(page).content.decode().partition(address)[2]

    assert two[0].post(address, kept | {"half_life_days": 31}).status_code == 302
    told = two[1].post(
        address, kept | {"half_life_days": 32, "_revision": hidden(revision, "_revision")}
    )

    assert "now: 31 – yours: 32" in conflict_of(told)
    assert InterestSettings.get().half_life_days == 31


def test_limits_of_revealing_are_not_overwritten_unawares(two):
    roles.make()
    app, _dot, codename = revealing.PERMISSION.partition(".")
    role = Group.objects.filter(
        permissions__content_type__app_label=app, permissions__codename=codename
    ).first()
    page, name = reverse("admin:customers_workspace_reveal"), f"per_hour_{role.pk}"

    first, second, (again,) = saved_twice(two, page, page, {name: "7"}, {name: "9"})

    assert (first.status_code, second.status_code, again.status_code) == (302, 200, 302)
    assert "now: 7 – yours: 9" in conflict_of(second)
    assert RevealLimit.objects.get(group=role).per_hour == 9


def test_terms_of_retention_are_not_overwritten_unawares(two):
    page = reverse("retention")
    kind = next(kind for kind in kinds if kind.is_settable and kind.default and kind.most is None)
    typed = dict.fromkeys((one.key for one in kinds if one.is_settable), "")
    typed |= {one.key: str(one.default) for one in kinds if one.is_settable and one.default}

    first, second, (again,) = saved_twice(
        two,
        page,
        page,
        typed | {kind.key: str(kind.default + 1)},
        typed | {kind.key: str(kind.default + 2)},
    )

    assert (first.status_code, second.status_code, again.status_code) == (302, 400, 302)
    assert f"now: {kind.default + 1} – yours: {kind.default + 2}" in conflict_of(second)


def test_no_rows_inside_another_rows_form_are_changed_there(two, rf):
    """They would need a revision each; whoever adds such rows finds this. Those of the workspace's
    page are in the revision of the page itself (test_limits.py)."""
    request = rf.get("/")
    request.user = User.objects.get(username="anna")
    shown = [
        inline(one.model, admin.site)
        for one in admin.site._registry.values()
        for inline in one.inlines
    ]
    changed = [
        type(one).__name__
        for one in shown
        if one.has_add_permission(request, None)
        or (
            one.has_change_permission(request, None)
            and set(one.get_fields(request)) - set(one.get_readonly_fields(request))
        )
    ]
    assert set(changed) == {"Caps", "Hours", "Days"}


def test_every_form_of_the_admin_carries_a_revision_or_a_token(two):
    segment, template = a_segment(), a_template()
    campaign = Campaign.objects.create(name="c", segment=segment, template=template)

    assert opened(two[0], reverse("admin:campaigns_campaign_change", args=[campaign.pk]))
    for name in (
        "campaigns_campaign",
        "campaigns_couponbatch",
        "customers_tag",
        "customers_segment",
        "customers_source",
        "auth_user",
    ):
        assert opened(two[0], reverse(f"admin:{name}_add"), "_token")


def test_a_form_that_is_sent_twice_makes_one_row_and_leads_to_it(two):
    address = reverse("admin:customers_tag_add")
    fields = {"name": "gold", "colour": "#aabbcc", "_token": opened(two[0], address, "_token")}

    answers = [two[0].post(address, fields) for _n in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    tag = Tag.objects.get()
    assert answers[1].url == reverse("admin:customers_tag_change", args=[tag.pk])


def test_what_was_wrong_is_sent_again_with_the_same_token(two):
    address = reverse("admin:customers_tag_add")
    token = opened(two[0], address, "_token")

    assert (
        two[0].post(address, {"name": "", "colour": "#aabbcc", "_token": token}).status_code == 200
    )
    assert not Submission.objects.exists()
    assert (
        two[0].post(address, {"name": "gold", "colour": "#aabbcc", "_token": token}).status_code
        == 302
    )
    assert Tag.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_make_one_row_and_nobody_sees_an_error():
    browsers = [Client(), Client()]
    user = User.objects.create_superuser("anna")
    for browser in browsers:
        browser.force_login(user)
    address, answers = reverse("admin:customers_tag_add"), []

    def send(browser, **token):
        try:
            answers.append(
                browser.post(
                    address, {"name": f"gold{token}", "colour": "#aabbcc", **token}
                ).status_code
            )
        finally:
            connection.close()

    for token in ({"_token": "t" * 20}, {}):
        threads = [
            threading.Thread(target=send, args=[browser], kwargs=token) for browser in browsers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert Tag.objects.count() == 2
    assert max(answers) < 400


def test_the_history_names_what_was_done_beside_the_form(two):
    segment, template = a_segment(), a_template()
    campaign = Campaign.objects.create(name="c", segment=segment, template=template)
    two[0].post(reverse("admin:campaigns_campaign_act", args=[campaign.pk, "launch"]))

    page = (
        two[1].get(reverse("admin:campaigns_campaign_history", args=[campaign.pk])).content.decode()
    )

    assert 'data-act="campaign.launch"' in page
    assert "anna" in page
