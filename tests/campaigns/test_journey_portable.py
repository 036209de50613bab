"""A journey goes out as a document and comes in again: the same one, with what it needs; whatever
else comes in is refused in words, or marked, and nothing is half made."""

import json

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, given, settings

from campaigns.journeys.editor.marks import marks
from campaigns.journeys.portable import document, importing
from campaigns.journeys.portable.document import CannotRead
from campaigns.journeys.portable.exporting import export
from campaigns.models import CouponBatch, Journey, Template
from crm_project import roles
from crm_project.web import viewer
from customers.models import AuditEntry, Segment, Tag, TagGroup
from customers.segments import membership
from tests.admin.test_data_rights import HEAVY
from tests.campaigns.test_versions_compared import DEFINITIONS
from tests.campaigns.test_wait_for_event import ON_VIEW, step
from tests.factories import NOW, a_batch, a_namespace

pytestmark = pytest.mark.django_db

HELLO = {"title": "Hello", "body": "{{ customer.name | default: '您好' }}", "page": ""}


@pytest.fixture
def boss(client):
    user = User.objects.create_superuser("boss")
    client.force_login(user)
    client.cookies["django_language"] = "en"
    client.user = user
    return client


def a_rule(rule, name):
    return membership.save_definition(Segment(name=name), rule, by=None, now=NOW)


def tagged(tag):
    return {"op": "all", "of": [{"condition": "tag", "mode": "any", "tags": [tag.pk]}]}


@pytest.fixture
def journey():
    """With everything in it that it can name."""
    vip = Tag.objects.create(name="VIP", group=TagGroup.objects.create(name="Level"))
    inner = a_rule(tagged(vip), "Important")
    inside = {"op": "all", "of": [{"condition": "in_segment", "segment": inner.pk}]}
    outer = a_rule(inside, "Important here")
    other = Segment.objects.create(name="By hand", kind=Segment.Kind.LIST)
    batch = a_batch(name="Ten off")
    template = Template.objects.create(
        name="Letter",
        channel="email",
        content={"subject": "Hello", "body": "Text"},
    )
    role = Group.objects.create(name="Desk")
    send = {
        "channel": "in_app",
        "purpose": "marketing",
        "content": HELLO,
        "batch": batch.pk,
        "otherwise": template.pk,
    }
    task = {"title": "Call them", "role": role.pk, "n": 1}
    ways = dict.fromkeys(("done", "not_reached", "refused", "overdue"))
    steps = {
        "s4": step("branch", {"rule": tagged(vip)}, yes="s12", no="s7"),
        "s12": step("send_message", send, next="s20"),
        "s7": step("add_to_list", {"segment": other.pk}, next="s20"),
        "s20": step("staff_task", task, **ways),
    }
    return Journey.objects.create(
        name="Mine",
        description="What it does",
        draft={
            "v": 2,
            "trigger": ON_VIEW,
            "reentry": {"kind": "days", "days": 3},
            "holdout_percent": 5,
            "entry": {"segment": outer.pk, "per_hour": 100},
            "goal": {"by": "segment", "fields": {"segment": inner.pk, "n": 1, "unit": "days"}},
            "leave": [{"by": "rule", "fields": {"rule": tagged(vip)}}],
            "start": "s4",
            "steps": steps,
        },
    )


def sent(said) -> bytes:
    return json.dumps(said).encode()


def brought_in(said, name="Again", *, by=None, anew=()):
    by = by or User.objects.create_superuser(f"u{User.objects.count()}")
    wanted = importing.Import(document.read(sent(said)), by, NOW, set(anew))
    return wanted.carried_out(name), wanted


def test_names_stand_for_numbers_and_what_it_needs_comes_with_it(journey):
    said = export(journey)

    assert list(said["journey"]["steps"]) == ["s1", "s2", "s3", "s4"]
    assert said["journey"]["entry"]["segment"] == {"$": "segment", "name": "Important here"}
    assert {key: sorted(said[key]) for key in ("segments", "tags", "batches", "templates")} == {
        "segments": ["By hand", "Important", "Important here"],
        "tags": ["VIP"],
        "batches": ["Ten off"],
        "templates": ["Letter"],
    }
    assert said["tags"]["VIP"]["group"] == "Level"
    assert "stock" not in said["batches"]["Ten off"]


def test_out_and_in_and_out_is_the_same(journey):
    said = export(journey)
    again, wanted = brought_in(said)
    assert wanted.missing == {}
    assert export(again) | {"name": "Mine"} == said
    assert Segment.objects.count() == 3


def test_it_comes_into_an_empty_place_whole(journey):
    said = export(journey)
    Journey.objects.all().delete()
    for model in (CouponBatch, Template, Segment, Tag, TagGroup):
        model.objects.all().delete()
    with translation.override("en"):
        again, wanted = brought_in(said, "Mine")
        assert (wanted.missing, marks(again.draft)) == ({}, {})
    assert export(again) == said
    batch = CouponBatch.objects.get()
    assert (batch.is_active, batch.stock, batch.amount_off_fen is not None) == (False, 0, True)
    assert Segment.objects.get(name="Important").versions.count() == 1


def test_another_one_is_made_where_that_is_chosen(journey):
    said = export(journey)
    again, _wanted = brought_in(said, anew=["tag:VIP", "batch:Ten off"])
    assert sorted(Tag.objects.values_list("name", flat=True)) == ["VIP", "VIP (2)"]
    assert CouponBatch.objects.filter(name="Ten off (2)", is_active=False).count() == 1
    assert export(again)["tags"].keys() == {"VIP", "VIP (2)"}


def test_another_one_does_not_take_the_name_that_the_next_will_have(journey):
    said = export(journey)
    said["batches"]["Ten off (2)"] = {**said["batches"]["Ten off"], "amount_off_fen": 777}
    _again, wanted = brought_in(said, anew=["batch:Ten off"])

    made = {name: pk for (word, name), pk in wanted.made.items() if word == "batch"}
    assert len(set(made.values())) == 2
    assert CouponBatch.objects.get(pk=made["Ten off (2)"]).amount_off_fen == 777


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2026-13-01", 7]
)
def test_a_moment_that_no_calendar_means_is_refused(journey, moment):
    said = export(journey)
    said["batches"]["Ten off"]["valid_until"] = moment
    with pytest.raises(CannotRead):
        brought_in(said, anew=["batch:Ten off"])
    assert CouponBatch.objects.count() == 1


def test_nobody_brings_in_a_rule_that_they_may_not_make(journey):
    weighed = {"op": "all", "of": [HEAVY]}
    said = export(journey)
    by = User.objects.create_user("marketer", is_staff=True)
    by.user_permissions.add(*Permission.objects.exclude(codename__contains="measurement"))
    said["segments"]["Heavy"] = {"kind": "rule", "rule": weighed}
    with pytest.raises(CannotRead, match="conditions"), translation.override("en"):
        brought_in(said, by=by)
    assert not Segment.objects.filter(name="Heavy").exists()


def test_what_nobody_may_see_does_not_leave_with_a_journey(journey):
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(*Permission.objects.exclude(codename="view_template"))
    with viewer.seen_by(user), pytest.raises(CannotRead):
        export(journey)


def test_what_is_missing_is_marked_at_its_step(journey):
    said = export(journey)
    said["tags"], said["segments"] = {}, {}
    Journey.objects.all().delete()
    for model in (Segment, Tag, TagGroup, Group):
        model.objects.all().delete()
    again, wanted = brought_in(said)
    with translation.override("en"):
        found = marks(again.draft)
    assert {"tag", "segment", "role"} <= {word for word, _name in wanted.missing}
    assert {"s1", "s3", "s4", "goal", "exit0"} <= found.keys()
    assert again.draft["entry"]["segment"] == "?Important here"


LOOP = {
    "s1": step("add_tag", {}, next="s2"),
    "s2": step("juggle", {"balls": 3}, next="s1"),
}


def test_unknown_steps_and_circles_come_in_with_marks(boss):
    said = {
        "hutong_journey": 1,
        "name": "Odd",
        "journey": {"v": 2, "trigger": ON_VIEW, "start": "s1", "steps": LOOP},
    }
    again, _wanted = brought_in(said)
    with translation.override("en"):
        assert "unknown" in " ".join(marks(again.draft)["s2"])
    assert boss.get(reverse("admin:campaigns_journey_editor", args=[again.pk])).status_code == 200


def odd(**more):
    good = {"v": 2, "trigger": ON_VIEW, "start": None, "steps": {}}
    return {"hutong_journey": 1, "name": "x", "journey": {**good, **more}}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This is no JSON"),
        (b"\xff\xfe", "This is no JSON"),
        (b"[" * 100_000, "This is no JSON"),
        (b'{"hutong_journey": NaN}', "This is no JSON"),
        (b"[1]", "no journey that was exported"),
        (b'{"a": 1}', "no journey that was exported"),
        (b'{"hutong_journey": 7}', "Version 7"),
        (b"x" * (10 << 20), "larger than 1 MB"),
        (sent(odd(v=9)), "journey › v"),
        (sent(odd(steps={"s1": "x"})), "journey › steps › s1"),
        (sent(odd(steps={"": {"step": "wait"}})), "journey › steps"),
        (sent(odd(steps={"s1": {"step": "wait", "exits": {"next": {}}}})), "steps › s1"),
        (sent(odd(steps={"s1": {"step": ["x"]}})), "steps › s1"),
        (sent(odd(steps={f"s{n}": {"step": "wait"} for n in range(10_000)})), "too many steps"),
        (sent(odd(leave=[1])), "journey › leave › 1"),
        (sent(odd(goal=3)), "journey › goal"),
        (sent(odd(holdout_percent=1000)), "holdout_percent"),
        (sent(odd(start=[1])), "journey › start"),
        (sent(odd(steps={"s1": {"step": "a\x00"}})), "cannot be stored"),
        (sent(odd() | {"tags": [1]}), "tags"),
        (sent(odd() | {"tags": {"VIP": 1}}), "tags › VIP"),
        (sent(odd() | {"more": 1}), "more"),
    ],
)
def test_what_is_none_of_ours_is_refused_with_its_place(boss, content, words):
    file = SimpleUploadedFile("x.json", content)
    answer = boss.post(reverse("admin:campaigns_journey_import"), {"file": file})
    assert (answer.status_code, Journey.objects.count()) == (400, 0)
    assert words in answer.text or not content


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"tags": {"VIP": {"colour": "red"}}}, "tags › VIP"),
        ({"tags": {"VIP": {"lasts_days": "x" * 40}}}, "tags › VIP"),
        ({"segments": {"S": {"kind": "rule", "rule": {"condition": "no"}}}}, "segments › S"),
        ({"segments": {"S": {"kind": "odd"}}}, "segments › S"),
        ({"batches": {"B": {"kind": "amount", "amount_off_fen": "many"}}}, "batches › B"),
        ({"batches": {"B": {"kind": "amount", "valid_from": "soon"}}}, "batches › B"),
        ({"templates": {"T": {"channel": "smoke", "content": {}}}}, "templates › T"),
        ({"templates": {"T": {"channel": "in_app", "content": {"title": "{{"}}}}, "templates › T"),
        (
            {
                "templates": {
                    "T": {"otherwise": {"$": "template", "name": "U"}},
                    "U": {"otherwise": {"$": "template", "name": "T"}},
                }
            },
            "circle",
        ),
    ],
)
def test_nothing_is_half_made(part, path):
    a_namespace()
    said = odd() | {"tags": {"first": {}}} | part
    with translation.override("en"), pytest.raises(document.CannotRead, match=path):
        brought_in(said)
    assert (Journey.objects.count(), Tag.objects.count(), Segment.objects.count()) == (0, 0, 0)


def test_the_page_asks_before_it_makes_anything(boss, journey):
    said = boss.get(reverse("admin:campaigns_journey_file", args=[journey.pk])).content
    page = reverse("admin:campaigns_journey_import")
    looked = boss.post(page, {"file": SimpleUploadedFile("x.json", said)})
    assert (looked.status_code, Journey.objects.count()) == (200, 1)
    for words in ("Mine (2)", "Ten off", "make another one"):
        assert words in looked.text
    taken = boss.post(page, {"document": said.decode(), "name": "Mine"})
    assert "of this name already" in taken.text

    made = boss.post(page, {"document": said.decode(), "name": "Two", "anew": ["tag:VIP"]})
    assert made.status_code == 302
    assert Journey.objects.get(name="Two").status == "draft"
    acts = AuditEntry.objects.values_list("act", flat=True)
    assert {"journey.export", "journey.import"} <= set(acts)


def test_it_needs_the_right_to(client, journey):
    roles.make()
    looks = User.objects.create_user("looks", is_staff=True)
    looks.groups.add(Group.objects.get(name__startswith="Analyst"))
    client.force_login(looks)
    out = reverse("admin:campaigns_journey_file", args=[journey.pk])
    into = reverse("admin:campaigns_journey_import")
    assert {client.get(out).status_code, client.get(into).status_code} == {403}
    looks.user_permissions.add(
        *Permission.objects.filter(codename__in=["export_journey", "import_journey"]),
        *Permission.objects.filter(codename__in=["add_journey", "view_journey"]),
    )
    client.force_login(User.objects.get(pk=looks.pk))
    assert client.get(into).status_code == 200
    with translation.override("en"), pytest.raises(document.CannotRead, match="may not add"):
        brought_in(odd() | {"tags": {"new": {}}}, by=User.objects.get(pk=looks.pk))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(DEFINITIONS)
def test_whatever_comes_in_is_refused_or_a_draft_whose_page_opens(boss, said):
    content = sent({"hutong_journey": 1, "name": "x", "journey": said})
    with translation.override("en"):
        try:
            found = document.read(content)
        except document.CannotRead:
            return
        name = f"x{Journey.objects.count()}"
        journey = importing.Import(found, boss.user, NOW).carried_out(name)
        again = export(journey)
        assert boss.get(reverse("admin:campaigns_journey_editor", args=[journey.pk])).status_code
        twice = importing.Import(document.read(sent(again)), boss.user, NOW)
        assert export(twice.carried_out(f"{name} again")) | {"name": name} == again | {"name": name}
