"""Splits: ways of a step's own, by a draw that stands and by several rules."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from campaigns import automation, experiments
from campaigns.journeys import definition, engine, telling
from campaigns.journeys.steps.base import steps as registered
from campaigns.models import Assignment, Run, RunStep
from campaigns.uses import rows_named
from customers.identity import merging
from customers.models import Identity, Segment
from customers.segments import rules
from customers.segments.conditions.attribute import Attribute
from customers.segments.conditions.base import ConditionFailed
from tests.campaigns.at_once import at_once
from tests.campaigns.test_journeys import clock, nobody_held_out, settle  # noqa: F401 -- fixtures
from tests.campaigns.test_wait_for_event import a_journey, seconds, step
from tests.factories import (
    NOW,
    a_customer,
    a_segment,
    a_source,
    a_workspace,
    an_event,
    happened,
    member,
)

pytestmark = pytest.mark.django_db

HALVES = {"w1_label": "Blue", "w1_percent": 50, "w2_label": "Red", "w2_percent": 50}


def has(level):
    return {"condition": "attribute", "attribute": "level", "operator": "is", "value": level}


LEVELS = {
    "w1_label": "Gold",
    "w1_rule": has("gold"),
    "w2_label": "Silver",
    "w2_rule": has("silver"),
}


def drawn(fields=HALVES, **more):
    ways = [name[:2] for name in fields if name.endswith("percent")]
    return a_journey({"s1": step("random_split", fields, **dict.fromkeys(ways))}, **more)


def split(fields=LEVELS):
    ways = [name[:2] for name in fields if name.endswith("rule")]
    return a_journey({"s1": step("split", fields, **dict.fromkeys([*ways, "other"]))})


def taken():
    return dict(RunStep.objects.values_list("run__customer", "outcome"))


def bound(key, fields):
    form = registered[key](data=fields)
    form.is_valid()
    return form


def test_a_draw_is_recorded_once_and_is_the_same_each_time(clock):  # noqa: F811
    journey = drawn()
    source = a_source()
    for round_ in (1, 2):
        happened(source, *[an_event(member(n)) for n in range(60)])
        clock(seconds(round_ * 10))
        settle()

    arms = dict(
        Assignment.objects.filter(subject=f"split:{journey.pk}:s1").values_list("customer", "arm")
    )
    assert (len(arms), set(arms.values()), Run.objects.count()) == (60, {"w1", "w2"}, 120)
    assert set(RunStep.objects.values_list("run__customer", "outcome")) == set(arms.items())
    assert Assignment.objects.filter(subject=f"journey:{journey.pk}", arm="treated").count() == 60


def test_each_way_takes_its_share():
    people = [(n, n) for n in range(20_000)]
    shares = {"w1": 10, "w3": 25, "w5": 65}

    counts = Counter(
        experiments.arm_of(experiments.bucket("salt:split:1:s1", c), shares)
        for c, _origin in people
    )

    assert counts.keys() == shares.keys()
    assert all(abs(counts[way] / 200 - share) < 1.5 for way, share in shares.items())


def test_what_was_drawn_stands_when_the_shares_change_and_is_drawn_anew_when_its_way_is_gone():
    people = [(c.pk, c.pk) for c in (a_customer() for _n in range(30))]
    before = experiments.drawn("split:1:s1", people, {"w1": 50, "w2": 50}, now=NOW)

    assert experiments.drawn("split:1:s1", people, {"w1": 1, "w2": 99}, now=NOW) == before
    anew = experiments.drawn("split:1:s1", people, {"w1": 50, "w3": 50}, now=NOW)
    assert all(anew[c] == "w1" for c, arm in before.items() if arm == "w1")
    assert set(anew.values()) == {"w1", "w3"}
    assert experiments.drawn("split:1:s1", people, {"w1": 50, "w3": 50}, now=NOW) == anew


def test_through_a_merge_the_first_draw_stands_and_undone_each_has_their_own(clock):  # noqa: F811
    journey = drawn()
    subject = f"split:{journey.pk}:s1"
    source = a_source()
    happened(source, *[an_event(member(n)) for n in range(40)])
    survivor, loser = sorted(Identity.objects.values_list("customer_id", flat=True))[:2]
    Assignment.objects.filter(subject=subject).delete()
    Assignment.objects.create(
        subject=subject,
        customer_id=loser,
        origin_customer_id=loser,
        arm="w2",
        at=NOW - timedelta(days=2),
    )
    Assignment.objects.create(
        subject=subject,
        customer_id=survivor,
        origin_customer_id=survivor,
        arm="w1",
        at=NOW - timedelta(days=1),
    )

    with transaction.atomic():
        merge = merging.merge(survivor, loser, by="x", identity="", now=NOW)
    assert experiments.drawn(subject, [(survivor, survivor)], {"w1": 50, "w2": 50}, now=NOW) == {
        survivor: "w2"
    }

    with transaction.atomic():
        merging.undo(merge, by=None, now=NOW)
    both = [(survivor, survivor), (loser, loser)]
    assert experiments.drawn(subject, both, {"w1": 50, "w2": 50}, now=NOW) == {
        survivor: "w1",
        loser: "w2",
    }


def test_whoever_is_held_out_is_drawn_too_and_stays_held_out(clock):  # noqa: F811
    hello = {
        "channel": "in_app",
        "purpose": "marketing",
        "content": {"title": "Hello", "body": "You"},
    }
    ways = {"w1": "s2", "w2": "s2"}
    a_journey(
        {"s1": step("random_split", HALVES, **ways), "s2": step("send_message", hello, next=None)},
        holdout_percent=100,
    )
    happened(a_source(), an_event(member(1)))
    clock(seconds(2))
    settle()

    assert min(Assignment.objects.values_list("arm", flat=True)) == "held_out"
    assert Assignment.objects.filter(arm__in=("w1", "w2")).count() == 1
    assert Run.objects.get().is_held_out


@pytest.mark.django_db(transaction=True)
def test_several_who_draw_at_once_draw_the_same():
    a_workspace()
    people = [(c.pk, c.pk) for c in (a_customer() for _n in range(50))]

    results = at_once(
        4, lambda n: experiments.drawn("split:1:s1", people, {"w1": 50, "w2": 50}, now=NOW)
    )

    assert results[0].keys() == {c for c, _origin in people}
    assert all(result == results[0] for result in results)
    assert Assignment.objects.count() == 50


def test_the_first_rule_that_fits_is_taken(clock):  # noqa: F811
    split(
        LEVELS | {"w4_rule": {"condition": "attribute", "attribute": "level", "operator": "exists"}}
    )
    source, expected = a_source(), {}
    for n, (level, way) in enumerate(
        [("gold", "w1"), ("silver", "w2"), ("bronze", "w4"), (None, "other"), ("gold", "w1")]
    ):
        [event] = happened(
            source, an_event(member(n), attributes={"level": level} if level else {})
        )
        expected[event.customer_id] = way
    clock(seconds(2))
    settle()

    assert taken() == expected


def test_whom_no_earlier_rule_fits_waits_where_a_condition_fails(clock, monkeypatch):  # noqa: F811
    split()
    of = rules.Evaluation.of

    def fails(self, rule):
        if rule == has("silver"):
            raise ConditionFailed(Attribute(), RuntimeError("broken"))
        return of(self, rule)

    monkeypatch.setattr(rules.Evaluation, "of", fails)
    levels = enumerate(["gold", "silver"])
    happened(a_source(), *[an_event(member(n), attributes={"level": level}) for n, level in levels])
    clock(seconds(2))
    settle()
    assert list(taken().values()) == ["w1"]
    assert Run.objects.get(state="active").due_at == seconds(62)

    monkeypatch.setattr(rules.Evaluation, "of", of)
    clock(seconds(62))
    settle()
    assert sorted(taken().values()) == ["w1", "w2"]


@pytest.mark.parametrize("make", [drawn, split])
def test_many_cost_as_many_statements_as_one(clock, make):  # noqa: F811
    make()
    source = a_source()

    def statements(*numbers, at):
        happened(source, *[an_event(member(n), attributes={"level": "silver"}) for n in numbers])
        clock(seconds(at))
        automation.process_reactions()
        with CaptureQueriesContext(connection) as asked:
            engine.advance()
        return len(asked)

    statements(1, at=2)
    one = statements(2, at=10)
    assert statements(*range(100, 300), at=20) == one
    assert Run.objects.filter(state="completed").count() == 202


@pytest.mark.parametrize(
    "wrong",
    [
        {"w1_percent": 100},
        {"w1_percent": 50},
        HALVES | {"w2_percent": 49},
        HALVES | {"w3_percent": 1},
        HALVES | {"w2_percent": 0, "w3_percent": 50},
        HALVES | {"w2_percent": "x"},
        HALVES | {"w1_label": "x" * 41},
        HALVES | {"w6_percent": 10},
        {},
    ],
    ids=str,
)
def test_shares_that_are_wrong_are_refused(wrong):
    with pytest.raises(definition.InvalidJourney):
        drawn(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"w1_label": "x"},
        {"w1_rule": {}},
        {"w1_rule": {"condition": "unheard_of"}},
        {"w1_rule": 7},
    ],
    ids=str,
)
def test_rules_that_are_wrong_are_refused(wrong):
    with pytest.raises(definition.InvalidJourney):
        split(wrong)


@pytest.mark.parametrize("exits", [{"w3": None}, {"next": None}, {"w1": "nowhere"}], ids=str)
def test_exits_are_those_of_this_split(exits):
    with pytest.raises(definition.InvalidJourney):
        a_journey({"s1": step("random_split", HALVES, **exits)})


def test_ways_are_known_of_a_draft_that_is_not_right_yet():
    assert list(bound("random_split", HALVES | {"w2_percent": 20}).exits) == ["w1", "w2"]
    assert list(bound("random_split", HALVES | {"w2_percent": "x"}).exits) == ["w1", "w2"]
    assert list(bound("split", LEVELS | {"w2_rule": {"condition": "unheard_of"}}).exits) == [
        "w1",
        "w2",
        "other",
    ]
    assert list(registered["random_split"]().exits) == ["w1", "w2"]
    assert list(bound("split", {}).exits) == ["other"]


def test_what_follows_several_ways_is_told_once():
    halves, found = {"w1_label": "A", "w1_percent": 50, "w2_label": "B", "w2_percent": 50}, {}
    for n in range(20):
        meet = f"m{n}"
        found[f"s{n}"] = step("random_split", halves, w1=f"a{n}", w2=meet)
        found[f"a{n}"] = step("wait", {"n": 2, "unit": "days"}, next=meet)
        following = f"s{n + 1}" if n < 19 else None
        found[meet] = step("wait", {"n": n + 1, "unit": "hours"}, next=following)
    with translation.override("en"):
        said = telling.sentence(a_journey(found).draft)

    assert "(A: wait 2 days; B: straight on), then wait 1 hour, then split" in said
    assert (said.count("wait 20 hours"), said.count("split at random")) == (1, 20)


def test_splits_are_told_drawn_and_named():
    with translation.override("en"):
        said = telling.sentence(drawn().draft)
        assert "split at random: Blue 50 %, Red 50 % (Blue: end; Red: end)" in said
        said = telling.sentence(split().draft)
        assert "by the first rule that fits: Gold: " in said
        assert "everybody else: end" in said
        nodes = telling.graph(split({"w2_rule": has("gold")}).draft)
    assert [way["label"] for way in nodes[1]["next"]] == ["way 2", "everybody else"]
    with translation.override("zh-hans"):
        assert "随机分流：Blue 50 %, Red 50 %" in telling.sentence(drawn().draft)

    segment = a_segment()
    inside = {"condition": "in_segment", "segment": segment.pk}
    assert rows_named(split({"w3_rule": inside}).draft, Segment) == {segment.pk}
