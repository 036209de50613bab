"""Numbers, previews and suggestions ask the permission of the data that they tell of."""

import json
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.urls import reverse

from campaigns.broadcasts import launching, slots
from campaigns.delivery import content, fields
from campaigns.models import Campaign, CampaignSlot, Message, Template
from crm_project import roles
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from crm_project.web import viewer
from customers.models import (
    AuditEntry,
    Customer,
    CustomerAttribute,
    CustomerTag,
    Membership,
    Segment,
    Tag,
    Workspace,
)
from customers.segments import builder, disclosure_control, membership, rules
from events.insights import cycle
from events.models import DayCustomers, Event, Reach
from tests.admin.rows import a_run
from tests.admin.test_admin_lifecycle import POSTED
from tests.factories import (
    NOW,
    a_customer,
    a_segment,
    a_source,
    a_template,
    an_event,
    an_order,
    happened,
    member,
)
from tests.stories import look

pytestmark = pytest.mark.django_db
HEAVY = {
    "condition": "measured",
    "kind": "weight",
    "measure": "latest",
    "comparison": ">",
    "times": "93.57",
    "window": "ever",
}
BY_EVENT = {
    "condition": "event_number",
    "event": "Measurement Recorded",
    "measure": "max",
    "property": "value",
    "comparison": ">",
    "times": 90,
}
PREVIEW, TEXT = (
    reverse("admin:customers_segment_rule_preview"),
    reverse("admin:campaigns_template_preview"),
)


@pytest.fixture(autouse=True)
def nothing_recalled():
    cache.clear()


def of_role(client, name):
    roles.make()
    user = User.objects.create_user(name.split()[0], is_staff=True)
    user.groups.add(Group.objects.get(name=name))
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return user


def people(number: int, city: str) -> list[Customer]:
    made = [a_customer(name=f"Zhang {city} {n}") for n in range(number)]
    for customer in made:
        CustomerAttribute.objects.create(customer=customer, key="city", value=city, occurred_at=NOW)
    return made


def is_from(*cities: str) -> dict:
    return {
        "condition": "attribute",
        "attribute": "city",
        "operator": "one_of",
        "value": "\n".join(cities),
    }


def asked(client, definition, **more) -> dict:
    """What the preview of a rule answers."""
    data = {}
    flat(builder.from_definition(definition), data)
    return client.post(PREVIEW, data | more).json()


def flat(part, data) -> None:
    if part.is_group:
        data[f"{part.id}-op"] = part.op
    for name in part.form.fields if part.form else ():
        value = part.form.get_initial_for_field(part.form.fields[name], name)
        if value not in (None, "", False, []):
            data[f"{part.id}-{name}"] = value
    if part.parent:
        data.setdefault("part", []).append(f"{part.id}|{part.parent}|{part.key}")
    for inner in part.of:
        flat(inner, data)


def whole(told) -> dict:
    return told["counts"]["rule"]


# -- the seam


def test_every_condition_and_every_field_of_a_text_declares_the_permission_of_its_data():
    known = {
        f"{app}.{name}"
        for app, name in Permission.objects.values_list("content_type__app_label", "codename")
    }

    assert {
        kind.key: kind.permission for kind in rules.conditions if kind.permission not in known
    } == {}
    assert fields.PERMISSIONS.keys() == content.ROOTS
    assert set(fields.PERMISSIONS.values()) - {""} <= known


# -- numbers


def test_a_few_are_not_counted_for_who_may_not_see_them(client):
    people(4, "Wuhu")
    people(6, "Hefei")
    people(5, "Anqing")
    of_role(client, "Analyst 分析")

    few, more = asked(client, is_from("Wuhu")), asked(client, is_from("Hefei"))

    assert (whole(few)["n"], whole(few)["text"], whole(few)["share"]) == ("", "fewer than 5", "")
    assert whole(more)["text"] == "6"
    assert "Zhang" not in json.dumps([few, more])
    assert 'data-value="4"' not in few["html"]


def test_numbers_that_differ_by_a_few_are_told_as_one_in_whatever_order_they_are_asked(client):
    people(20, "Hefei")
    people(1, "Wuhu")
    people(6, "Anqing")
    people(6, "Ma'anshan")
    of_role(client, "Analyst 分析")

    assert whole(asked(client, is_from("Hefei")))["text"] == "20"
    assert whole(asked(client, is_from("Hefei", "Wuhu")))["text"] == "20"
    assert whole(asked(client, is_from("Hefei", "Anqing")))["text"] == "26"
    assert (
        whole(asked(client, {"op": "none", "of": [is_from("Wuhu")]}))["text"]
        == "all but fewer than 5"
    )
    parts = asked(client, {"op": "any", "of": [is_from("Hefei"), is_from("Wuhu")]})["counts"]
    assert sorted(part["text"] for part in parts.values()) == ["20", "20", "fewer than 5"]


def test_who_asks_very_much_is_told_nothing_for_an_hour_and_it_stands_in_the_audit(
    client, monkeypatch
):
    monkeypatch.setattr(disclosure_control, "MOST_PER_HOUR", 1)
    people(10, "Hefei")
    people(20, "Wuhu")
    user = of_role(client, "Analyst 分析")

    assert whole(asked(client, is_from("Hefei")))["text"] == "10"
    told = [asked(client, is_from("Wuhu")) for _n in range(2)]

    assert [one["counts"] for one in told] == [{}, {}]
    assert "Within an hour" in told[0]["html"]
    assert (
        whole(asked(client, is_from("Hefei")))["text"] == "10"
    )  # what was told may be asked again
    assert AuditEntry.objects.get(act=disclosure_control.ACT).by == user


def test_who_may_see_the_people_sees_them_and_every_number(client):
    people(2, "Wuhu")
    of_role(client, "Marketer 营销")

    told = asked(client, is_from("Wuhu"))

    assert whole(told)["n"] == 2
    assert "Zhang Wuhu 1" in told["html"]


def test_a_segment_says_its_size_as_a_preview_does(client):
    segment = Segment(name="few")
    membership.save_definition(
        segment, {"op": "all", "of": [is_from("Wuhu")]}, by=None, now=database_now()
    )
    people(3, "Wuhu")
    membership.refresh()
    of_role(client, "Analyst 分析")
    pages = [
        reverse("admin:customers_segment_changelist"),
        reverse("admin:customers_segment_change", args=[segment.pk]),
    ]
    template = Template.objects.create(
        name="t", content={"title": "Hi {{ customer.name }}", "body": "x", "page": ""}
    )
    campaign = Campaign.objects.create(name="c", segment=segment, template=template)

    assert all("fewer than 5" in client.get(page).content.decode() for page in pages)
    page = client.get(
        reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    ).content.decode()
    assert "few" in page  # its size is told by the check of a form, to who may write one
    assert "Zhang" not in page


# -- what somebody may not ask


@pytest.mark.parametrize("leaf", [HEAVY, BY_EVENT], ids=["measurements", "their events"])
@pytest.mark.parametrize("role", ["Analyst 分析", "Marketer 营销"])
def test_nobody_counts_by_measurements_who_may_not_see_them(client, role, leaf):
    of_role(client, role)

    told = asked(client, {"op": "all", "of": [leaf]})

    assert told["counts"] == {}
    assert [list(problem.values()) for problem in told["problems"].values()] == [
        [["You may not use this condition."]]
    ]
    assert (
        client.get(
            reverse("admin:customers_segment_rule_condition"), {"key": "measured", "parent": "rule"}
        ).status_code
        == 403
    )


@pytest.fixture
def heavy():
    """One is heavy, and stands in a segment, and in one around it."""
    inner, outer = Segment(name="Inner circle"), Segment(name="Outer circle")
    membership.save_definition(inner, {"op": "all", "of": [HEAVY]}, by=None, now=database_now())
    nested = {"op": "all", "of": [{"condition": "in_segment", "segment": inner.pk}]}
    membership.save_definition(outer, nested, by=None, now=database_now())
    customer = a_customer(name="Zhang")
    Membership.objects.bulk_create(
        Membership(segment=one, customer=customer, entered_at=NOW) for one in (inner, outer)
    )
    Segment.objects.update(size=1, evaluated_at=NOW)
    return inner, outer, customer


def test_a_saved_rule_with_such_a_condition_is_seen_but_not_read_used_or_lost(client, heavy):
    inner, outer, customer = heavy
    before = Segment.objects.get(pk=inner.pk).definition
    of_role(client, "Marketer 营销")

    page = client.get(reverse("admin:customers_segment_change", args=[inner.pk])).content.decode()
    assert "a condition that you may not see" in page
    assert "93.57" not in page
    for segment in (inner, outer):
        assert (
            client.get(
                reverse("admin:customers_customer_changelist"), {"segment": segment.pk}
            ).status_code
            == 403
        )
        assert (
            client.get(reverse("admin:customers_segment_why", args=[segment.pk])).status_code == 403
        )
        for act in ("copy", "to_list"):
            assert (
                client.post(
                    reverse("admin:customers_segment_act", args=[segment.pk, act])
                ).status_code
                == 403
            )
    block = client.get(
        reverse("customer_panel", args=[customer.public_id, "segments"])
    ).content.decode()
    assert "circle" not in block

    form = {"name": "renamed", "kind": "rule", "description": "", "rule-op": "all"}
    assert (
        client.post(reverse("admin:customers_segment_change", args=[inner.pk]), form).status_code
        == 302
    )
    saved = Segment.objects.get(pk=inner.pk)
    assert (saved.name, saved.definition) == ("renamed", before)


def test_nobody_is_marked_by_a_segment_whose_people_one_may_not_see(client, heavy):
    inner, _outer, _customer = heavy
    of_role(client, "Marketer 营销")
    tag = Tag.objects.create(name="t")

    many = client.post(
        reverse("admin:customers_tag_many"), {"act": "on", "tag": tag.pk, "segment": inner.pk}
    )
    made = client.post(
        reverse("admin:customers_tag_add"), {"name": "u", "colour": "#aabbcc", "segment": inner.pk}
    )

    assert (many.status_code, made.status_code) == (200, 200)
    assert not Job.objects.exists()
    assert not Tag.objects.filter(name="u").exists()


def test_sentences_for_work_in_the_background_hide_nothing(heavy):
    inner, _outer, _customer = heavy
    nobody = User.objects.create_user("nobody")

    assert "weight" in rules.sentence(inner.definition)
    with viewer.seen_by(nobody):
        assert "weight" not in rules.sentence(inner.definition)


# -- previews of texts


@pytest.fixture
def known():
    customer = a_customer(name="Zhang San")
    CustomerAttribute.objects.create(customer=customer, key="city", value="Wuhu", occurred_at=NOW)
    return customer


TYPED = {
    "channel": "in_app",
    "in_app-title": "Dear {{ customer.name | default: 'friend' }}",
    "in_app-body": "in {{ customer.attributes.city }}",
}


def test_a_preview_of_a_text_shows_customers_to_who_may_see_them_only(client, known):
    of_role(client, "Analyst 分析")
    text = client.post(TEXT, TYPED | {"preview_as": "Zhang San"}).content.decode()
    assert "Dear friend" in text
    assert "Zhang" not in text
    assert "Wuhu" not in text

    of_role(client, "Marketer 营销")
    text = client.post(TEXT, TYPED).content.decode()
    assert "Dear Zhang San" in text
    assert "in Wuhu" in text


def test_whoever_has_nothing_to_do_with_texts_has_no_preview(client, known):
    of_role(client, "Integrator 对接")

    assert client.post(TEXT, TYPED).status_code == 403


# -- suggestions


def test_values_that_only_a_few_have_are_suggested_to_who_may_see_people(client):
    people(5, "Hefei")
    people(1, "7 Hidden Lane")
    ask = {"q": "", "attribute": "city"}
    address = reverse("admin:customers_suggest", args=["attribute_value"])

    of_role(client, "Analyst 分析")
    assert [one["value"] for one in client.get(address, ask).json()["found"]] == ["Hefei"]
    keys = client.get(reverse("admin:customers_suggest", args=["attribute"])).json()["found"]
    assert [one["detail"] for one in keys] == ["text: Hefei"]

    of_role(client, "Marketer 营销")
    assert [one["value"] for one in client.get(address, ask).json()["found"]] == [
        "Hefei",
        "7 Hidden Lane",
    ]


# -- events that say what was measured


def test_the_page_of_an_event_hides_what_was_measured(client):
    source = a_source()
    happened(
        source,
        an_event(
            member("m1"), name="Measurement Recorded", properties={"kind": "weight", "value": 91.5}
        ),
    )
    event = Event.objects.get()
    address = reverse("admin:events_event_change", args=[event.pk])

    of_role(client, "Marketer 营销")
    assert "91.5" not in client.get(address).content.decode()
    of_role(client, "Staff 客服")
    assert "91.5" in client.get(address).content.decode()


# -- figures of people


def told(client, page: str, *query) -> dict[str, str]:
    """What the figures of a page say, by their names, with the value that scripts read."""
    text = client.get(page, *query).content.decode()
    return {
        name: (value, said)
        for name, value, said in re.findall(
            r'data-figure="(\w+)" data-value="([^"]*)">([^<]*)<', text
        )
    }


FEW = ("", "fewer than 5")


@pytest.fixture
def buyers():
    """Six prospects; one bought today and two days ago, and nobody else ever."""
    people(6, "Hefei")
    source, now = a_source(), database_now()
    customer = a_customer(name="Zhang")
    for days in (0, 2):
        an_order(
            customer,
            source=source,
            paid_at=now - timedelta(days=days),
            paid_fen=123_400,
            total_fen=123_400,
        )
    look(now)
    cycle.measure(now)


def test_a_stage_with_a_few_is_not_counted_for_who_may_not_see_them(client, buyers):
    page = reverse("admin:events_lifecyclesettings_changelist")

    of_role(client, "Analyst 分析")
    shown, text = told(client, page), client.get(page).content.decode()
    assert (shown["stage_prospect"], shown["stage_new"], shown["stage_lost"]) == (
        ("6", "6"),
        FEW,
        FEW,
    )
    assert {said for name, said in shown.items() if name.startswith("class_")} == {FEW}
    assert "2,468" not in text
    assert "P50" not in text
    assert "14 %" not in text  # one of seven

    of_role(client, "Marketer 营销")
    assert told(client, page)["stage_new"] == ("1", "1")
    assert "P50" in client.get(page).content.decode()


def test_bounds_are_tried_out_without_counting_a_few(client, buyers):
    user = User.objects.create_user("tuner", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(
            codename__in=["view_lifecyclesettings", "change_lifecyclesettings"]
        )
    )
    client.force_login(user)
    client.cookies["django_language"] = "en"

    text = client.post(reverse("admin:events_lifecycle_preview"), POSTED).content.decode()
    numbers = re.findall(r'<td class="ht-number[^"]*">([^<]*)</td>', text)

    assert numbers[:4] == ["6", "6", "fewer than 5", "fewer than 5"]
    assert set(numbers[4:]) == {"fewer than 5"}


def test_who_carries_a_tag_is_counted_from_five_on_for_who_may_not_see_them(client):
    rare, common = Tag.objects.create(name="rare"), Tag.objects.create(name="common")
    for tag, number in ((rare, 3), (common, 6)):
        CustomerTag.objects.bulk_create(
            CustomerTag(tag=tag, customer=one, origin_customer=one, since=NOW)
            for one in people(number, tag.name)
        )
    params = {"tag": rare.pk, "is_on": True, "segment": None}
    moments = {"created_at": NOW, "ended_at": NOW}
    Job.objects.create(
        kind="tag_many",
        params=params,
        total=3,
        done_rows=2,
        skipped={"as_before": 1},
        state="done",
        **moments,
    )
    page = reverse("admin:customers_tag_change", args=[rare.pk])

    of_role(client, "Analyst 分析")
    lists = client.get(reverse("admin:customers_tag_changelist")).content.decode()
    assert re.findall(r"\?tag=\d+\">([^<]*)</a>", lists) == ["6", "fewer than 5"]
    text = client.get(page).content.decode()
    assert '<span class="ht-figure-value">fewer than 5</span>' in text
    assert "fewer than 5 of fewer than 5 changed" in text

    of_role(client, "Marketer 营销")
    text = client.get(page).content.decode()
    assert '<span class="ht-figure-value">3</span>' in text
    assert "2 of 3 changed" in text


def test_the_dashboard_counts_no_few_people_for_who_may_not_see_them(client):
    today = database_now().astimezone(ZoneInfo(Workspace.get().time_zone)).date()
    user = User.objects.create_user("watcher", is_staff=True)
    client.force_login(user)
    client.cookies["django_language"] = "en"
    for _n in range(7):
        a_customer()
    for step, size in (("active", 7), ("viewed", 6), ("carted", 3), ("ordered", 0)):
        Reach.objects.update_or_create(
            step=step, defaults={"size": size, "at": NOW, "zone": "Asia/Shanghai"}
        )
    DayCustomers.objects.create(day=today, step="active", members=b"", size=2)

    seen = {}
    for codenames in (["view_event", "view_segment"], ["view_event", "view_customer"]):
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        seen[codenames[1]] = told(client, reverse("admin:index"))
        page = client.get(reverse("admin:index")).content.decode()
        assert (": 2</title>" in page) == (codenames[1] == "view_customer")

    few, all_of_them = seen["view_segment"], seen["view_customer"]
    assert (few["active"], few["active_30"], few["funnel_viewed"], few["funnel_carted"]) == (
        FEW,
        ("7", "7"),
        ("6", "6"),
        FEW,
    )
    assert (all_of_them["active"], all_of_them["funnel_carted"], all_of_them["funnel_ordered"]) == (
        ("2", "2"),
        ("3", "3"),
        ("0", "0"),
    )


def test_reports_of_campaigns_and_journeys_count_no_few_people_either(client):
    customers, now = people(6, "Hefei"), database_now()
    campaign = Campaign.objects.create(
        name="c", segment=a_segment(*customers), template=a_template(), status=Campaign.Status.DRAFT
    )
    launching.launch(campaign, by=None, now=now)
    membership.refresh_all()
    CampaignSlot.objects.update(due_at=database_now())
    slots.expand()
    Message.objects.filter(pk=Message.objects.first().pk).update(
        state="failed", reason="no_address", due_at=None
    )
    run = a_run()
    report = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    picture = reverse("admin:campaigns_journey_change", args=[run.journey_id])

    of_role(client, "Analyst 分析")
    assert (told(client, report)["targeted"], told(client, report)["failed"]) == (("6", "6"), FEW)
    for page in (picture, reverse("admin:campaigns_journey_changelist")):
        assert "fewer than 5" in client.get(page).content.decode()
    assert re.search(
        r'ht-node-count" title="[^"]*">fewer than 5<', client.get(picture).content.decode()
    )

    of_role(client, "Marketer 营销")
    assert told(client, report)["failed"] == ("1", "1")
    assert "fewer than 5" not in client.get(picture).content.decode()
