"""Two versions of a journey side by side: whatever is in them they are compared, and nothing is
said to differ exactly where nothing does."""

from copy import deepcopy

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.journeys.versions import comparing
from campaigns.journeys.versions.comparing import compare, plain
from campaigns.journeys.versions.wording import pieces
from customers.models import Tag

pytestmark = pytest.mark.django_db

HELLO = {"title": "Good morning", "body": "Come and see us on Monday", "page": ""}
BEFORE = {
    "v": 2,
    "trigger": {"trigger": "event", "fields": {"event": "Product Viewed"}},
    "reentry": {"kind": "once"},
    "holdout_percent": 10,
    "start": "s1",
    "goal": {"by": "event", "fields": {"event": "Order Completed", "n": 1, "unit": "days"}},
    "steps": {
        "s1": {"step": "wait", "fields": {"n": 2, "unit": "hours"}, "exits": {"next": "s2"}},
        "s2": {
            "step": "send_message",
            "fields": {"channel": "in_app", "purpose": "marketing", "content": HELLO},
            "exits": {"next": None},
        },
    },
}


def changed(**more):
    return {**deepcopy(BEFORE), **more}


def told(found):
    """(state, sentence, {label: (before, now)}) of what is not the same."""
    return [
        (one.state, one.sentence, {d.label: (d.before, d.now) for d in one.differences})
        for one in found.parts
        if one.state != comparing.SAME
    ]


def test_each_change_is_told_with_both_values_in_words():
    tag = Tag.objects.create(name="VIP")
    now = changed(reentry={"kind": "days", "days": 3}, holdout_percent=20)
    now["steps"]["s1"]["fields"] = {"n": 3, "unit": "days"}
    now["steps"]["s2"]["fields"]["content"]["body"] = "Come and see us on Tuesday"
    now["steps"]["s2"]["exits"]["next"] = "s3"
    now["steps"]["s3"] = {"step": "add_tag", "fields": {"tag": tag.pk}, "exits": {"next": None}}
    with translation.override("en"):
        found = told(compare(BEFORE, now))

    assert found == [
        (
            "changed",
            "When “Product Viewed” happens",
            {
                "how often may one customer enter?": ("once ever", "once in so many days (3)"),
                "held out, to measure the effect (%)": ("10", "20"),
            },
        ),
        ("changed", "Wait 3 days", {"how long": ("2", "3"), "unit": ("hours", "days")}),
        (
            "changed",
            "Send “Good morning” (in the mini-program)",
            {
                "goes on at": ("", "Put on the tag “VIP”"),
                "text": ("Come and see us on Monday", "Come and see us on Tuesday"),
            },
        ),
        (
            "added",
            "Put on the tag “VIP”",
            {"kind": ("", "Put on a tag"), "tag": ("", "VIP")},
        ),
    ]


def test_what_is_gone_is_told_as_well():
    with translation.override("en"):
        found = told(
            compare(BEFORE, {**BEFORE, "goal": None, "steps": {"s1": BEFORE["steps"]["s1"]}})
        )
    assert [state for state, *_rest in found] == ["removed", "removed"]


def test_a_text_is_compared_word_by_word_and_sign_by_sign():
    assert [(p.kind, p.text) for p in pieces("see us on Monday", "see us on Tuesday")] == [
        ("same", "see us on "),
        ("gone", "Monday"),
        ("new", "Tuesday"),
    ]
    assert [(p.kind, p.text) for p in pieces("周一见", "周二见")] == [
        ("same", "周"),
        ("gone", "一"),
        ("new", "二"),
        ("same", "见"),
    ]


json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
KINDS = ["wait", "branch", "send_message", "add_tag", "split", "wait_until", "go_to", "end", "what"]
FIELDS = st.dictionaries(
    st.sampled_from(
        ["n", "unit", "content", "channel", "tag", "rule", "w1_rule", "until", "at", "x"]
    ),
    json,
    max_size=4,
)
STEPS = (
    st.fixed_dictionaries(
        {"step": st.sampled_from(KINDS) | json},
        optional={
            "fields": FIELDS | json,
            "exits": st.dictionaries(st.sampled_from(["next", "yes"]), json, max_size=2) | json,
            "on_error": st.sampled_from(["retry", "skip", "hold"]) | json,
            "off": json,
            "odd": json,
        },
    )
    | json
)
WHY = st.fixed_dictionaries(
    {"by": st.sampled_from(["event", "rule"]) | json, "fields": FIELDS | json}
)
DEFINITIONS = (
    st.fixed_dictionaries(
        {
            "v": st.sampled_from([2, 3]),
            "steps": st.dictionaries(st.sampled_from(["s1", "s2", "s3"]), STEPS, max_size=3) | json,
        },
        optional={
            "trigger": st.fixed_dictionaries({"trigger": json, "fields": FIELDS | json}) | json,
            "entry": json,
            "reentry": json,
            "holdout_percent": json,
            "start": json,
            "goal": WHY | json,
            "leave": st.lists(WHY | json, max_size=3) | json,
            "odd": json,
        },
    )
    | json
)


def canonical(stored):
    """As compared: what says nothing is not there; a step or an exit is there all the same."""
    found = comparing.opened(stored)
    steps, leave = found.get("steps"), found.get("leave")
    whole = plain({**found, "steps": None, "leave": None, "v": found.get("v", 2)})
    parts = steps if isinstance(steps, dict) else {"?": plain(steps)}
    parts = {key: canonical_step(one) for key, one in parts.items()}
    exits = [plain(one) or None for one in leave] if isinstance(leave, list) else plain(leave) or []
    return whole, {k: v for k, v in parts.items() if k != "?" or v}, exits


def said_with_nothing(stored):
    """The same, with empty fields beside it."""
    found = deepcopy(stored)
    if isinstance(found, dict) and isinstance(found.get("steps"), dict):
        for one in found["steps"].values():
            if isinstance(one, dict) and isinstance(one.get("fields"), dict):
                one["fields"] |= {"empty": "", "none": None, "no": False}
    return found


def canonical_step(one):
    if isinstance(one, dict) and one.get("on_error") == "retry":
        one = {**one, "on_error": None}
    return plain(one) or None


@settings(deadline=None, max_examples=150)
@given(DEFINITIONS, DEFINITIONS)
def test_whatever_they_hold_two_are_compared_and_differ_where_they_do(before, now):
    with translation.override("en"):
        found = compare(before, now)
        assert compare(before, before).is_empty
        assert compare(now, deepcopy(now)).is_empty
        assert compare(now, said_with_nothing(now)).is_empty
    if canonical(before) != canonical(now):
        assert not found.is_empty
