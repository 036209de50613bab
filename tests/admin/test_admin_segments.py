"""The rule of a segment as a form."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import QueryDict
from django.urls import reverse

from crm_project.queue.due import database_now
from customers.models import (
    CustomerAttribute,
    Identity,
    ListMember,
    Membership,
    Segment,
    SegmentSize,
    SegmentVersion,
    Tag,
)
from customers.segments import builder, membership, rules, versions
from customers.segments.starts import starts
from tests.factories import NOW, a_customer, a_source

pytestmark = pytest.mark.django_db

GOLD = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}
VIEWED = {
    "condition": "did_event",
    "event": "Product Viewed",
    "comparison": ">=",
    "times": 2,
    "window": "last",
    "window_n": 7,
    "window_unit": "days",
}
FILTERED = {**VIEWED, "where": [["price", ">", "10"]]}
NESTED = {
    "op": "all",
    "of": [GOLD, {"op": "none", "of": [VIEWED, {"op": "any", "of": [GOLD, FILTERED]}]}],
}


@pytest.fixture
def boss(client):
    # answers are remembered for seconds, and the rows that they were of are rolled back
    cache.clear()
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def posted(part, into=None):
    """What the browser sends for a rendered rule."""
    data = {} if into is None else into
    if part.is_group:
        data[f"{part.id}-op"] = [part.op]
    elif part.kept is not None:
        data[f"{part.id}-kept"] = [part.kept_json]
    else:
        for name in part.form.fields:
            value = part.form.get_initial_for_field(part.form.fields[name], name)
            if name == "where":
                for column, at in (("property", 0), ("op", 1), ("value", 2)):
                    data[f"{part.id}-where-{column}"] = [*(str(one[at]) for one in value or []), ""]
            elif value not in (None, "", False):
                data[f"{part.id}-{name}"] = (
                    [str(v) for v in value] if isinstance(value, list) else [str(value)]
                )
    if part.parent:
        data.setdefault("part", []).append(f"{part.id}|{part.parent}|{part.key}")
    for inner in part.of:
        posted(inner, data)
    return data


def as_query(data) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, values in data.items():
        query.setlist(name, values)
    return query


def without_defaults(definition):
    if "of" in definition:
        return {**definition, "of": [without_defaults(part) for part in definition["of"]]}
    kept = {"window_unit"} if definition.get("window") == "last" else set()
    return {
        k: v
        for k, v in definition.items()
        if k in kept or k not in ("window_unit", "grace_seconds")
    }


@pytest.mark.parametrize(
    "definition", [{"op": "any", "of": [GOLD]}, {"op": "all", "of": [VIEWED, FILTERED]}, NESTED]
)
def test_a_rule_survives_being_shown_and_posted(definition):
    shown = builder.from_definition(definition)

    again = builder.from_post(as_query(posted(shown))).definition()

    assert without_defaults(again) == without_defaults(definition)


def test_what_nobody_can_read_is_kept():
    strange = {"op": "all", "of": [GOLD, {"condition": "from_a_newer_version", "x": [1, {"y": 2}]}]}

    again = builder.from_post(as_query(posted(builder.from_definition(strange)))).definition()

    assert again == strange


def test_choices_of_rows_are_stored_by_number():
    tag = Tag.objects.create(name="vip")
    data = {
        "rule-op": ["all"],
        "part": ["p1|rule|tag"],
        "p1-mode": ["any"],
        "p1-tags": [str(tag.pk)],
    }

    assert builder.from_post(as_query(data)).definition() == {
        "op": "all",
        "of": [{"condition": "tag", "mode": "any", "tags": [tag.pk]}],
    }


def test_a_segment_is_made_with_its_version_and_shown_as_a_sentence(boss):
    data = posted(builder.from_definition({"op": "all", "of": [GOLD]})) | {
        "name": ["Gold"],
        "kind": ["rule"],
        "description": [""],
    }

    response = boss.post(
        reverse("admin:customers_segment_add"),
        as_query(data).urlencode(),
        "application/x-www-form-urlencoded",
    )

    segment = Segment.objects.get()
    assert response.status_code == 302
    assert segment.definition == {"op": "all", "of": [GOLD]}
    assert SegmentVersion.objects.get().by.username == "boss"
    text = boss.get(reverse("admin:customers_segment_change", args=[segment.pk])).content.decode()
    assert "gold" in text
    assert 'id="segment-size"' in text


def test_saving_without_changing_the_rule_makes_no_version(boss):
    segment = Segment.objects.create(name="Gold", definition={"op": "all", "of": [GOLD]})
    data = posted(builder.from_definition(segment.definition)) | {
        "name": ["Golden"],
        "description": ["x"],
    }

    boss.post(
        reverse("admin:customers_segment_change", args=[segment.pk]),
        as_query(data).urlencode(),
        "application/x-www-form-urlencoded",
    )

    segment.refresh_from_db()
    assert segment.name == "Golden"
    assert not SegmentVersion.objects.exists()


def test_a_wrong_rule_is_refused_in_words_and_what_was_typed_stays(boss):
    data = {
        "name": "Gold",
        "kind": "rule",
        "rule-op": "all",
        "part": "p1|rule|attribute",
        "p1-attribute": "level",
        "p1-operator": "is",
        "p1-value": "",
    }

    text = boss.post(reverse("admin:customers_segment_add"), data).content.decode()

    assert not Segment.objects.exists()
    assert "Give a value." in text
    assert 'value="level"' in text


def test_the_preview_counts_without_saving(boss):
    for level in ("gold", "gold", "silver"):
        CustomerAttribute.objects.create(
            customer=a_customer(), key="level", value=level, occurred_at=NOW
        )
    data = {
        "rule-op": "all",
        "part": "p1|rule|attribute",
        "p1-attribute": "level",
        "p1-operator": "is",
        "p1-value": "gold",
    }

    told = boss.post(reverse("admin:customers_segment_rule_preview"), data).json()

    assert told["counts"]["rule"]["n"] == told["counts"]["p1"]["n"] == 2
    assert told["is_exact"]
    assert 'data-figure="preview_count" data-value="2"' in told["html"]
    assert not Segment.objects.exists()


@pytest.mark.parametrize("kind", builder.offered(), ids=lambda kind: kind.key)
def test_every_condition_can_be_added(boss, kind):
    response = boss.get(
        reverse("admin:customers_segment_rule_condition"), {"key": kind.key, "parent": "rule"}
    )

    assert response.status_code == 200
    assert f"|rule|{kind.key}" in response.content.decode()


def test_people_are_put_on_a_list(boss):
    customer = a_customer()
    Identity.objects.create(
        customer=customer,
        origin_customer=customer,
        kind="member_id",
        scope="shop",
        value="10086",
        source=a_source(),
        first_seen_at=NOW,
        is_strong=True,
    )
    data = {"name": "VIP", "kind": "list", "people": "10086\nnobody\n"}

    text = boss.post(reverse("admin:customers_segment_add"), data, follow=True).content.decode()

    assert ListMember.objects.get().customer == customer
    assert "nobody" in text


def test_a_hostile_post_breaks_nothing(boss):
    data = {
        "rule-op": "x",
        "part": ["a|b|c|d|e", "", "|||", "p1|rule|?", "p2|rule|nonsense", "rule|rule|"],
        "p1-kept": "{",
    }

    assert boss.post(reverse("admin:customers_segment_rule_preview"), data).status_code == 200
    assert json.dumps(
        builder.from_post(
            as_query({k: v if isinstance(v, list) else [v] for k, v in data.items()})
        ).definition()
    )


# -- editing in place


def test_a_part_is_copied_and_pasted_with_new_ids(boss):
    shown = builder.from_definition(NESTED)
    group = shown.of[1]

    copied = boss.post(
        reverse("admin:customers_segment_rule_copy") + f"?part={group.id}",
        as_query(posted(shown)).urlencode(),
        "application/x-www-form-urlencoded",
    ).content.decode()
    html = boss.post(
        reverse("admin:customers_segment_rule_paste") + "?parent=rule", {"json": copied}
    ).content.decode()

    assert without_defaults(json.loads(copied)) == NESTED["of"][1]
    assert "|rule|" in html
    assert group.id not in html


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "{}",
        '"rule"',
        "[" * 100_000,
        '{"op": "all", "of": [' + '{"condition": "x"},' * 400 + "{}]}",
    ],
)
def test_what_is_no_rule_is_not_pasted(boss, text):
    answer = boss.post(
        reverse("admin:customers_segment_rule_paste") + "?parent=rule", {"json": text}
    )

    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/plain")


def test_a_pasted_part_that_nobody_knows_is_shown_as_such(boss):
    deep = {"op": "all", "of": [GOLD]}
    for _ in range(200):
        deep = {"op": "all", "of": [deep]}

    for strange in ({"condition": "newer"}, {"op": "some", "of": []}, deep):
        answer = boss.post(
            reverse("admin:customers_segment_rule_paste") + "?parent=rule",
            {"json": json.dumps(strange)},
        )
        assert answer.status_code == 200
        assert "|?" in answer.content.decode()


@pytest.mark.parametrize("start", list(starts), ids=lambda start: start.key)
def test_a_ready_made_beginning_can_be_saved_as_it_is(boss, start):
    rules.check(start().definition())

    assert boss.get(
        reverse("admin:customers_segment_rule_start"), {"key": start.key}
    ).content.decode().count("|rule|") == len(start().definition()["of"])


def test_every_offered_condition_says_what_it_is_for():
    assert [kind.key for kind in builder.offered() if not kind.help] == []


def test_versions_tell_what_they_changed(boss):
    segment = Segment(name="Gold")
    for definition in (
        {"op": "all", "of": [GOLD]},
        {"op": "all", "of": [GOLD, VIEWED]},
        {"op": "any", "of": [VIEWED, GOLD]},
    ):
        membership.save_definition(segment, definition, by=None, now=NOW)

    third, second, first = versions.versions_in_words(SegmentVersion.objects.all())

    assert third.is_rejoined
    assert (len(second.added), second.removed) == (1, [])
    assert (first.added, first.removed) == (None, None)
    text = boss.get(reverse("admin:customers_segment_change", args=[segment.pk])).content.decode()
    assert 'data-version="3"' in text
    assert "joined otherwise" in text


def test_a_segment_is_copied_and_its_members_kept_as_a_list(boss):
    customer = a_customer()
    segment = Segment.objects.create(name="Gold", definition={"op": "all", "of": [GOLD]})
    Membership.objects.create(segment=segment, customer=customer, entered_at=NOW)
    act = reverse("admin:customers_segment_act", args=[segment.pk, "copy"])

    boss.post(act)
    boss.post(act)
    boss.post(reverse("admin:customers_segment_act", args=[segment.pk, "to_list"]))

    made = Segment.objects.exclude(pk=segment.pk).order_by("pk")
    assert [one.name for one in made][:2] == ["Copy of Gold", "Copy of Gold (2)"]
    assert [one.definition for one in made] == [segment.definition, segment.definition, {}]
    assert ListMember.objects.get(segment=made[2]).customer == customer


def test_the_members_are_a_list_of_customers_and_the_size_a_curve(boss):
    member, _other = a_customer(name="Member"), a_customer(name="Other")
    segment = Segment.objects.create(
        name="Gold", definition={"op": "all", "of": [GOLD]}, evaluated_at=database_now(), size=1
    )
    Membership.objects.create(segment=segment, customer=member, entered_at=NOW)
    for hours, size in ((30, 5), (3, 1)):
        at = database_now() - timedelta(hours=hours)
        SegmentSize.objects.create(
            segment=segment, hour=at.replace(minute=0, second=0, microsecond=0), at=at, size=size
        )

    people = boss.get(
        reverse("admin:customers_customer_changelist"), {"segment": segment.pk}
    ).content.decode()
    page = boss.get(reverse("admin:customers_segment_change", args=[segment.pk])).content.decode()

    assert "Member" in people
    assert "Other" not in people
    assert "data-size-chart" in page
    assert (
        boss.get(reverse("admin:customers_customer_changelist"), {"segment": "x"}).status_code
        == 200
    )


def test_from_a_customers_page_any_segment_can_be_asked(boss):
    customer = a_customer()
    segment = Segment.objects.create(name="Gold", definition={"op": "all", "of": [GOLD]})
    ask = reverse("admin:customers_segment_why_of")

    text = boss.get(
        ask, {"segment": segment.pk, "customer": customer.pk}, follow=True
    ).content.decode()

    assert 'data-why="out"' in text
    assert boss.get(ask, {"segment": "", "customer": customer.pk}).status_code == 302
    assert boss.get(ask, {"segment": segment.pk, "customer": "x"}).status_code == 404


def test_a_size_that_is_not_known_yet_is_asked_for_until_it_is(boss):
    segment = Segment.objects.create(name="New", definition={"op": "all", "of": [GOLD]})
    page = reverse("admin:customers_segment_change", args=[segment.pk])

    waiting = boss.get(page).content.decode()
    membership.refresh_all()
    known = boss.get(page).content.decode()

    assert 'hx-select="#segment-size"' in waiting
    assert 'hx-select="#segment-size"' not in known
    size = '<span class="ht-figure-value">'
    assert f"{size}…" in waiting
    assert f"{size}…" not in known
