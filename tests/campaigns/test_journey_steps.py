"""Steps that set attributes, keep lists and end the journey: once per visit; and what all small
steps keep: for many at once, in words."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from campaigns import automation
from campaigns.journeys import definition, engine, telling
from campaigns.models import Run, RunStep
from campaigns.uses import rows_named
from customers.attributes.suggestions import OwnAttributeKeys
from customers.lists import rows as list_rows
from customers.models import AttributeChange, CustomerAttribute, ListMember, Segment, Source
from tests.campaigns.test_journeys import clock, nobody_held_out, settle  # noqa: F401 -- fixtures
from tests.campaigns.test_wait_for_event import a_journey, left_by, seconds, step
from tests.factories import NOW, a_customer, a_source, a_workspace, an_event, happened, member

pytestmark = pytest.mark.django_db


def one(kind, fields, **exits):
    return a_journey({"s1": step(kind, fields, **(exits or {"next": None}))})


def walk(clock, *events, at=2, source=None):  # noqa: F811
    happened(source or a_source(), *(events or [an_event(member(1))]))
    clock(seconds(at) if isinstance(at, int) else at)
    settle()


def a_list(name="VIPs") -> Segment:
    return Segment.objects.create(name=name, kind=Segment.Kind.LIST)


def setting(kind, **value):
    return {"attribute": "crm_welcomed", "kind": kind, **value}


# -- attributes


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        (setting("text", text="by letter"), "by letter"),
        (setting("number", number="12"), 12),
        (setting("number", number=0), 0),
        (setting("number", number="1.5"), 1.5),
        (setting("day", day="2026-12-31"), "2026-12-31"),
        (setting("flag", flag="yes"), True),
        (setting("flag", flag="no"), False),
    ],
    ids=str,
)
def test_an_attribute_of_ours_has_the_value(clock, fields, value):  # noqa: F811
    one("set_attribute", fields)
    walk(clock)

    [stands], [change] = CustomerAttribute.objects.all(), AttributeChange.objects.all()
    assert (stands.key, stands.value, stands.occurred_at) == ("crm_welcomed", value, seconds(2))
    assert (change.source.key, change.source.is_active) == (Source.OWN, False)


def test_the_time_is_that_of_the_workspace(clock):  # noqa: F811
    a_workspace(time_zone="Asia/Shanghai")
    one("set_attribute", setting("now"))
    walk(clock)

    value = CustomerAttribute.objects.get().value
    assert value.endswith("+08:00")
    assert datetime.fromisoformat(value) == seconds(2)


def test_each_visit_sets_it_once_also_where_the_batch_is_tried_again(clock, monkeypatch):  # noqa: F811
    one("set_attribute", setting("text", text="yes"))
    happened(a_source(), an_event(member(1)))
    clock(seconds(2))
    automation.process_reactions()
    remember = engine.remember

    def fails(history):
        raise RuntimeError("killed")

    monkeypatch.setattr(engine, "remember", fails)
    engine.advance()
    assert not AttributeChange.objects.exists()

    monkeypatch.setattr(engine, "remember", remember)
    clock(seconds(60))
    settle()
    clock(seconds(600))
    settle()
    assert AttributeChange.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"attribute": "level"},
        {"attribute": "crm_"},
        {"attribute": "crm_Größe"},
        {"attribute": ""},
        {"kind": "list"},
        {"kind": "number", "number": "x"},
        {"kind": "number", "number": "NaN"},
        {"kind": "number"},
        {"kind": "day", "day": "2026-02-30"},
        {"kind": "flag", "flag": ""},
        {"text": ""},
        {"text": "x" * 501},
        {"more": 1},
    ],
    ids=str,
)
def test_what_is_no_attribute_of_ours_or_no_value_is_refused(wrong):
    with pytest.raises(definition.InvalidJourney):
        one("set_attribute", setting("text", text="x") | wrong)


def test_only_ours_are_offered(clock):  # noqa: F811
    one("set_attribute", setting("text", text="yes"))
    walk(clock, an_event(member(1), attributes={"level": "gold"}))

    suggester = OwnAttributeKeys.__new__(OwnAttributeKeys)
    suggester.is_told = lambda _holders: True
    assert [s.value for s in suggester.suggest("", {})] == ["crm_welcomed"]


# -- lists


def test_steps_put_on_a_list_and_take_off(clock):  # noqa: F811
    new, old = a_list("new"), a_list("old")
    a_journey(
        {
            "s1": step("add_to_list", {"segment": new.pk}, next="s2"),
            "s2": step("remove_from_list", {"segment": old.pk}, next=None),
        }
    )
    source = a_source()
    [event] = happened(source, an_event(member(1)))
    other = a_customer()
    list_rows.insert(old, {event.customer_id: event.customer_id, other.pk: other.pk}, NOW)
    walk(clock, an_event(member(1)), source=source)

    assert Run.objects.filter(state="completed").count() == 2
    assert set(ListMember.objects.values_list("segment__name", "customer")) == {
        ("new", event.customer_id),
        ("old", other.pk),
    }


def test_only_lists_can_be_named_and_they_are_in_use():
    named_list = a_list()
    assert rows_named(one("add_to_list", {"segment": named_list.pk}).draft, Segment) == {
        named_list.pk
    }
    by_rule = Segment.objects.create(
        name="rule",
        kind=Segment.Kind.RULE,
        definition={"condition": "tag", "mode": "any", "tags": []},
    )
    for wrong in (by_rule.pk, 0, None, "x"):
        with pytest.raises(definition.InvalidJourney):
            one("remove_from_list", {"segment": wrong})


# -- whoever is held out


def test_whoever_is_held_out_gets_attributes_and_lists(clock):  # noqa: F811
    hello = {
        "channel": "in_app",
        "purpose": "marketing",
        "content": {"title": "Hello", "body": "You"},
    }
    steps = {
        "s1": step("set_attribute", setting("text", text="yes"), next="s2"),
        "s2": step("add_to_list", {"segment": a_list().pk}, next="s3"),
        "s3": step("send_message", hello, next=None),
    }
    a_journey(steps, holdout_percent=100)
    walk(clock)

    assert (
        CustomerAttribute.objects.count(),
        ListMember.objects.count(),
        Run.objects.get().is_held_out,
    ) == (1, 1, True)


# -- the end


def test_it_ends_with_the_outcome_which_stands_in_the_history(clock):  # noqa: F811
    a_journey({"s1": step("end", {"outcome": "has bought"})})
    walk(clock)

    run = Run.objects.get()
    assert (run.state, run.outcome, run.due_at, left_by()) == (
        "completed",
        "has bought",
        None,
        ["has bought"],
    )


def test_an_end_that_is_off_ends_as_any_way_does(clock):  # noqa: F811
    a_journey({"s1": step("end", {}) | {"off": True}})
    walk(clock)

    assert (Run.objects.get().state, left_by()) == ("completed", ["off"])


@pytest.mark.parametrize(
    "wrong", [step("end", {"outcome": "x" * 61}), step("end", {}, next=None)], ids=str
)
def test_an_end_leads_nowhere(wrong):
    with pytest.raises(definition.InvalidJourney):
        a_journey({"s1": wrong})


# -- back


def test_it_goes_back_so_many_times_and_on_after_that_and_anew_when_it_comes_again(
    clock,  # noqa: F811
):
    """Two circles, one inside the other: the inner one is walked in full in each round of the outer
    one."""
    steps = {
        "s1": step("wait", {"n": 1, "unit": "minutes"}, next="s2"),
        "s2": step("go_to", {"most": 2}, again="s1", next="s3"),
        "s3": step("go_to", {"most": 1}, again="s1", next=None),
    }
    a_journey(steps)
    walk(clock)
    for minute in range(1, 12):
        clock(seconds(2 + 60 * minute))
        settle()

    walked = [
        outcome
        for outcome in RunStep.objects.order_by("visit").values_list("step", "outcome")
        if outcome[0] != "s1"
    ]
    inner = [("s2", "again"), ("s2", "again"), ("s2", "next")]
    assert walked == [*inner, ("s3", "again"), *inner, ("s3", "next")]
    assert Run.objects.get().state == "completed"


@pytest.mark.parametrize("wrong", [{"most": 0}, {"most": 101}, {"most": None}, {}], ids=str)
def test_how_often_it_goes_back_is_said(wrong):
    wait = step("wait", {"n": 1, "unit": "minutes"}, next="s2")
    with pytest.raises(definition.InvalidJourney):
        a_journey({"s1": wait, "s2": step("go_to", wrong, again="s1", next=None)})


def test_going_back_is_no_waiting():
    with pytest.raises(definition.InvalidJourney):
        a_journey({"s1": step("go_to", {"most": 2}, again="s1", next=None)})


# -- all of them


ON_DATE = {"until": "date", "attribute": "expires"}
KINDS = {
    "set_attribute": lambda: setting("text", text="x"),
    "add_to_list": lambda: {"segment": a_list().pk},
    "remove_from_list": lambda: {"segment": a_list().pk},
    "wait_until": lambda: {"at": "09:30", **ON_DATE},
    "go_to": lambda: {"most": 2},
    "end": lambda: {"outcome": "done"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_many_cost_as_many_statements_as_one(clock, kind):  # noqa: F811
    a_journey({"s1": step(kind, KINDS[kind]())})
    source = a_source()

    def statements(*numbers, at):
        happened(
            source, *[an_event(member(n), attributes={"expires": "2030-01-01"}) for n in numbers]
        )
        clock(seconds(at))
        automation.process_reactions()
        with CaptureQueriesContext(connection) as asked:
            engine.advance()
        return len(asked)

    statements(1, at=2)
    first = statements(2, at=10)
    assert statements(*range(100, 300), at=20) == first
    assert RunStep.objects.count() == (0 if kind == "wait_until" else 202)
    assert Run.objects.filter(is_waiting=True).count() == (202 if kind == "wait_until" else 0)


@pytest.mark.parametrize(
    ("kind", "fields", "english", "chinese"),
    [
        (
            "set_attribute",
            setting("text", text="x"),
            "set “crm_welcomed” to “x”",
            "将“crm_welcomed”设为“x”",
        ),
        (
            "set_attribute",
            setting("number", number="2.50"),
            "set “crm_welcomed” to “2.5”",
            "将“crm_welcomed”设为“2.5”",
        ),
        (
            "set_attribute",
            setting("flag", flag="no"),
            "set “crm_welcomed” to no",
            "将“crm_welcomed”设为“否”",
        ),
        (
            "set_attribute",
            setting("now"),
            "set “crm_welcomed” to the time of that moment",
            "将“crm_welcomed”设为当时的时间",
        ),
        ("add_to_list", None, "put on the list “VIPs”", "加入名单“VIPs”"),
        ("remove_from_list", None, "take off the list “VIPs”", "移出名单“VIPs”"),
        ("go_to", {"most": 1}, "go back, at most 1 time", "返回，最多 1 次"),
        ("end", {"outcome": "done"}, "end here: done", "在此结束：done"),
        ("end", {}, "end here", "在此结束"),
        ("wait_until", {"at": "09:30", "until": "time"}, "wait until 09:30", "等到 09:30"),
        (
            "wait_until",
            {"at": "09:30", "until": "weekday", "weekdays": [4, 0]},
            "wait until Monday, Friday at 09:30",
            "等到 星期一, 星期五 09:30",
        ),
        (
            "wait_until",
            {"at": "09:30", **ON_DATE},
            "wait until 09:30 on the day of “expires”",
            "等到“expires”当天 09:30",
        ),
        (
            "wait_until",
            {"at": "09:30", **ON_DATE, "days": 2},
            "wait until 09:30, 2 days before “expires”",
            "等到“expires”前 2 天的 09:30",
        ),
        (
            "wait_until",
            {"at": "09:30", **ON_DATE, "days": 1, "direction": "after"},
            "wait until 09:30, 1 day after “expires”",
            "等到“expires”后 1 天的 09:30",
        ),
    ],
)
def test_in_words_of_both_languages(kind, fields, english, chinese):
    fields = {"segment": a_list().pk} if fields is None else fields
    draft = a_journey({"s1": step(kind, fields)}).draft
    with translation.override("en"):
        assert f": {english}" in telling.sentence(draft)
        assert telling.graph(draft)[1]["next"][0]["to"] is None
    with translation.override("zh-hans"):
        assert f"：{chinese}" in telling.sentence(draft)
