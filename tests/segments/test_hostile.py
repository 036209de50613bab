"""Hostile and broken rules, through the stored JSON, the preview and the form: refused in words or
"unknown"; never a 500, never a wrong number."""

import json

import pytest
from django.urls import reverse

from customers.models import Customer, CustomerTag, Segment, Tag
from customers.segments import audit, builder, membership, preview, rules, why
from tests.customers.test_conditions import fits, having
from tests.factories import NOW, a_customer, a_workspace
from tests.stories import look

pytestmark = pytest.mark.django_db
GOLD = {"condition": "attribute", "attribute": "level", "operator": "is_not", "value": "gold"}


def deep(n, op="all"):
    tree = GOLD
    for _level in range(n):
        tree = {"op": op, "of": [tree]}
    return tree


DID = {"condition": "did_event", "event": "A"}
HOSTILE = {
    "empty": {},
    "a list": [],
    "text": "x",
    "nothing": None,
    "a number": 7,
    "no parts": {"op": "all", "of": []},
    "another operator": {"op": "xor", "of": [GOLD]},
    "an operator that is a list": {"op": ["all"], "of": [GOLD]},
    "parts that are text": {"op": "all", "of": "GOLD"},
    "parts of other types": {"op": "all", "of": [1, None, "x", [GOLD]]},
    "a field more": {"op": "all", "of": [GOLD], "_connector": "OR 1=1) --"},
    "an unknown condition": {"condition": "data__a') OR 1=1--"},
    "a condition that is an object": {"condition": {"$ne": 1}},
    "a condition that is a list": {"condition": ["attribute"]},
    "a field name of the database": {**GOLD, "customer__erased_at": None},
    "negated": {**GOLD, "_negated": True},
    "a regular expression": {**GOLD, "operator": "regex", "value": "(a+)+$"},
    "an attribute that is a list": {**GOLD, "attribute": ["level"] * 3, "operator": [">"]},
    "a value that is too long": {**GOLD, "value": "x" * 5000},
    "a null byte": {**GOLD, "value": "a\x00b"},
    "a surrogate": {**GOLD, "value": "\ud800"},
    "a number that is too large": {**DID, "times": 10**400},
    "a number that is none": {**DID, "times": "NaN"},
    "a negative number": {**DID, "times": -1},
    "an infinite window": {**DID, "window": "last", "window_n": "1e400"},
    "years that are none": {
        **DID,
        "window": "between",
        "window_from": "0000-00-00",
        "window_until": "99999-99-99",
    },
    "a filter with SQL": {**DID, "where": [["a') OR 1=1 --", "regex", "x"]]},
    "a filter of objects": {**DID, "where": [[{"a": 1}, "is", {"b": 2}]]},
    "a hundred filters": {**DID, "where": [["a", "is", "1"]] * 100},
    "a tag that is gone": {"condition": "tag", "mode": "none", "tags": [999_999]},
    "a tag that is SQL": {"condition": "tag", "mode": "any", "tags": ["1 OR 1=1"]},
    "a tag beyond numbers": {"condition": "tag", "mode": "any", "tags": [10**30]},
    "tags that are an object": {"condition": "tag", "mode": "any", "tags": {"a": 1}},
    "a segment that is gone": {"condition": "in_segment", "segment": 999_999, "membership": "out"},
    "a batch that is gone": {"condition": "holds_coupon", "batch": 999_999},
    "a batch that is a list": {"condition": "holds_coupon", "batch": [1]},
    "a list beyond numbers": {"condition": "in_list", "list": 10**30},
    "200 deep": deep(200),
    "200 deep in none": deep(200, "none"),
    "as deep as it gets": deep(300),
    "5,000 conditions": {"op": "any", "of": [GOLD] * 5000},
}


def storable(definition) -> bool:
    return (
        definition is not None
        and "\\u0000" not in json.dumps(definition)
        and "\\ud800" not in json.dumps(definition)
    )


@pytest.mark.parametrize("definition", HOSTILE.values(), ids=HOSTILE)
def test_it_is_refused_in_words(definition):
    with pytest.raises(rules.InvalidRule) as refused:
        rules.check(definition)
    with pytest.raises(rules.InvalidRule):
        preview.count(definition, NOW)

    assert refused.value.messages
    assert all(isinstance(message, str) and message for message in refused.value.messages)


@pytest.mark.parametrize(
    "definition",
    [d for d in HOSTILE.values() if storable(d)],
    ids=[n for n, d in HOSTILE.items() if storable(d)],
)
def test_stored_all_the_same_it_is_unknown_and_its_members_stay_as_they_were(
    admin_client, definition
):
    a_workspace()
    customer = a_customer()
    segment = Segment.objects.create(name="s", definition=GOLD)
    look(NOW)
    Segment.objects.filter(pk=segment.pk).update(definition=definition)
    Segment.objects.all().work_out_anew()
    a_customer()
    look(NOW)

    segment.refresh_from_db()
    assert [row.customer_id for row in segment.memberships.all()] == [customer.pk]
    assert (segment.size, segment.evaluated_version) == (1, 0)
    assert audit.audit(segment) is None
    assert why.explain(segment, customer, NOW).because is None
    assert rules.sentence(definition)
    for url in (
        reverse("admin:customers_segment_change", args=[segment.pk]),
        reverse("admin:customers_segment_changelist"),
    ):
        assert admin_client.get(url).status_code == 200
    assert (
        admin_client.get(
            reverse("admin:customers_segment_why", args=[segment.pk]), {"customer": customer.pk}
        ).status_code
        == 200
    )

    Segment.objects.filter(pk=segment.pk).update(definition=GOLD)
    look(NOW)
    assert segment.memberships.count() == 2


def posted(definition, **more):
    """What the form sends for one group of these."""
    data = {"part": [], "rule-op": "all", **more}
    leaves = [definition] if isinstance(definition, dict) else []
    for n, leaf in enumerate(leaves):
        data["part"].append(f"p{n}|{builder.ROOT}|{leaf.get('condition')}")
        data |= {
            f"p{n}-{name}": value if isinstance(value, str | list) else json.dumps(value)
            for name, value in leaf.items()
        }
    return data


@pytest.mark.parametrize(
    "definition",
    [d for d in HOSTILE.values() if isinstance(d, dict) and "condition" in d and storable(d)],
    ids=str,
)
def test_posted_it_is_a_form_error(admin_client, definition):
    data = posted(definition, name="s", kind="rule", description="")
    preview_of = admin_client.post(reverse("admin:customers_segment_rule_preview"), data)
    answer = admin_client.post(reverse("admin:customers_segment_add"), data)

    assert preview_of.status_code == 200
    # What cannot be typed is left out: what remains is either refused or means what it says.
    assert answer.status_code == 200 or rules.sentence(Segment.objects.get().definition)


def test_a_circle_is_refused_and_one_that_is_stored_all_the_same_is_unknown():
    first, second = (
        Segment.objects.create(name=name, definition=GOLD) for name in ("first", "second")
    )
    inside = {"condition": "in_segment", "segment": first.pk}
    membership.save_definition(second, inside, by=None, now=NOW)
    a_customer()
    look(NOW)
    for definition in ({"condition": "in_segment", "segment": second.pk}, inside):
        with pytest.raises(rules.InvalidRule):
            membership.save_definition(first, definition, by=None, now=NOW)

    Segment.objects.filter(pk=first.pk).update(
        definition={"condition": "in_segment", "segment": second.pk}
    )
    Segment.objects.all().work_out_anew()
    a_customer()
    look(NOW)
    assert [segment.size for segment in Segment.objects.order_by("pk")] == [1, 1]
    assert list(membership.dependents(first)) == [first, second]


def test_a_deleted_tag_makes_a_remembered_rule_unknown_not_empty():
    tag, customer = Tag.objects.create(name="VIP"), a_customer()
    CustomerTag.objects.create(customer=customer, origin_customer=customer, tag=tag, since=NOW)
    having, lacking = (
        Segment.objects.create(
            name=mode, definition={"condition": "tag", "mode": mode, "tags": [tag.pk]}
        )
        for mode in ("any", "none")
    )
    look(NOW)
    assert [segment.memberships.count() for segment in (having, lacking)] == [1, 0]

    CustomerTag.objects.all().delete()
    tag.delete()
    a_customer()
    look(NOW)
    assert [segment.memberships.count() for segment in (having, lacking)] == [1, 0]
    assert list(Segment.objects.values_list("evaluated_version", flat=True)) == [0, 0]
    assert "999" not in rules.sentence(having.definition)
    assert Customer.objects.count() == 2


def test_wildcards_and_quotes_are_letters():

    percent, quote, backslash = having("code", "a%b", "a'b", "a\\b")
    having("code", "axb", "ab", "a_b")
    for value, expected in (("%", percent), ("'", quote), ("\\", backslash)):
        assert fits(
            {"condition": "attribute", "attribute": "code", "operator": "contains", "value": value}
        ) == {expected}
