"""From an event to a run, a coupon and a message, exactly once."""

import threading
import time
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone, translation

from campaigns import automation
from campaigns.broadcasts import schedules
from campaigns.delivery import sender
from campaigns.journeys import definition, engine, lifecycle, starting, telling
from campaigns.journeys.triggers import OnSchedule
from campaigns.models import Assignment, Coupon, Firing, Journey, Message, Run
from campaigns.recipes import absence
from customers.identity import merging
from customers.models import (
    Customer,
    CustomerAttribute,
    CustomerTag,
    Identity,
    Membership,
    Segment,
    Tag,
    TagChange,
)
from customers.segments import membership
from customers.tags import tagging
from events.models import Event, Product, Reaction
from tests.campaigns.at_once import at_once
from tests.factories import (
    NOW,
    a_batch,
    a_customer,
    a_namespace,
    a_segment,
    a_source,
    a_workspace,
    an_event,
    happened,
    member,
    visitor,
)

pytestmark = pytest.mark.django_db

HELLO = {
    "step": "send_message",
    "channel": "in_app",
    "purpose": "marketing",
    "content": {"title": "Hello", "body": "{{ coupon.code | default: 'you' }}"},
    "next": None,
}
ON_VIEW = {"trigger": "event", "event": "Product Viewed"}


@pytest.fixture(autouse=True)
def nobody_held_out():
    a_workspace()


@pytest.fixture
def clock(moved_clock):
    """It stands still where the tests set it: it alone decides when something is due."""
    moved_clock.stand(NOW)
    return moved_clock.stand


def a_journey(steps, *, trigger=ON_VIEW, start=None, reentry=None, **more):
    draft = {
        "trigger": trigger,
        "reentry": reentry or {"kind": "always"},
        "start": start or next(iter(steps)),
        "steps": steps,
        **more,
    }
    journey = Journey.objects.create(name=f"journey {Journey.objects.count()}", draft=draft)
    definition.publish(journey, by=None, now=NOW)
    return Journey.objects.get(pk=journey.pk)


def settle():
    while automation.process_reactions() + engine.advance():
        pass


def test_an_event_begins_a_run_that_issues_a_coupon_and_sends_it(clock):
    batch = a_batch()
    a_journey(
        {
            "coupon": {"step": "issue_coupon", "batch": batch.pk, "next": "hello", "none": None},
            "hello": HELLO,
        }
    )

    happened(a_source(), an_event(member(1)))
    clock(NOW + timedelta(seconds=2))
    settle()
    sender.send_due("in_app")

    run, coupon, message, event = (
        Run.objects.get(),
        Coupon.objects.get(),
        Message.objects.get(),
        Event.objects.get(),
    )
    assert (run.event_id, run.event_occurred_at, run.state) == (
        event.pk,
        event.occurred_at,
        "completed",
    )
    assert (coupon.run_id, message.run_id, message.coupon_id) == (run.pk, run.pk, coupon.pk)
    assert (message.state, message.content["body"]) == ("sent", coupon.code)
    assert [s.step for s in run.history.order_by("visit")] == ["coupon", "hello"]
    assert Assignment.objects.get().arm == "treated"
    assert not Reaction.objects.exists()


def test_a_letter_shows_the_product_of_the_shop_that_was_looked_at(clock):
    """Two shops that both have a number 1."""
    one, two = a_namespace("one"), a_namespace("two")
    for shop, name in ((one, "Tea"), (two, "Piano lessons")):
        Product.objects.create(namespace=shop, product_id="1", name=name, updated_at=NOW)
    a_journey({"hello": HELLO | {"content": {"title": "Hello", "body": "{{ product.name }}"}}})

    for shop in (one, two):
        happened(a_source(namespace=shop), an_event(member(1), keys=["1"]))
    clock(NOW + timedelta(seconds=2))
    settle()
    sender.send_due("in_app")

    assert list(Message.objects.order_by("pk").values_list("content__body", flat=True)) == [
        "Tea",
        "Piano lessons",
    ]


@pytest.mark.parametrize("process", ["UTC", "Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize(
    ("zone", "typed", "at"),
    [
        ("Asia/Shanghai", "2026-11-24 09:30", "2026-11-24T01:30:00+00:00"),
        ("America/New_York", "2026-11-24T09:30", "2026-11-24T14:30:00+00:00"),
        ("Asia/Shanghai", "2026-11-24T09:30:00+00:00", "2026-11-24T09:30:00+00:00"),
        (
            "America/New_York",
            "2026-03-08 02:30",
            "2026-03-08T07:00:00+00:00",
        ),  # left out: the clocks go from 2 to 3
        ("America/New_York", "2026-11-01 01:30", "2026-11-01T05:30:00+00:00"),  # comes twice
    ],
)
def test_a_moment_without_a_zone_is_the_workspaces_whoever_reads_it(process, zone, typed, at):
    a_workspace(time_zone=zone)
    with timezone.override(process):
        trigger = OnSchedule({"segment": a_segment().pk, "schedule": {"kind": "once", "at": typed}})
        assert trigger.is_valid(), trigger.errors

    slot = datetime.fromisoformat(at)
    before = slot - timedelta(seconds=1)
    assert trigger.slots(before, slot) == [slot]
    assert trigger.slots(before, before) == []
    assert typed.replace("T", " ")[:16] in trigger.sentence()


def test_a_moment_that_is_none_is_refused():
    wrong = {"kind": "once", "at": "2026-13-01 09:00"}
    assert "schedule" in OnSchedule({"segment": a_segment().pk, "schedule": wrong}).errors


def test_a_journey_waits_and_goes_on_when_its_time_has_come(clock):
    a_journey({"wait": {"step": "wait", "n": 1, "unit": "hours", "next": "hello"}, "hello": HELLO})
    happened(a_source(), an_event(member(1)))
    clock(NOW + timedelta(seconds=2))
    settle()
    assert (Run.objects.get().step, Message.objects.count()) == ("wait", 0)

    clock(NOW + timedelta(hours=1, seconds=3))
    settle()

    assert (Run.objects.get().state, Message.objects.count()) == ("completed", 1)


def test_a_branch_is_decided_live(clock):
    rule = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}
    a_journey({"if": {"step": "branch", "rule": rule, "yes": "hello", "no": None}, "hello": HELLO})

    happened(
        a_source(),
        an_event(member(1), attributes={"level": "gold"}),
        an_event(member(2), attributes={"level": "normal"}),
    )
    clock(NOW + timedelta(seconds=2))
    settle()

    assert Message.objects.get().customer_id == Customer.objects.get(attributes__value="gold").pk


def test_steps_put_on_and_take_off_tags_and_leave_those_of_rules_alone(clock):
    new, old, ruled = (Tag.objects.create(name=name) for name in ("new", "old", "ruled"))
    steps = {
        "on": {"step": "add_tag", "tag": new.pk, "days": 3, "next": "off"},
        "off": {"step": "remove_tag", "tag": old.pk, "next": "rule"},
        "rule": {"step": "add_tag", "tag": ruled.pk, "days": None, "next": None},
    }
    journey = a_journey(steps)
    Tag.objects.filter(pk=ruled.pk).update(segment=a_segment())
    [one] = happened(a_source(), an_event(member(1)))
    tagging.put_on(old, [one.customer_id], by="user:anna", now=NOW)

    now = NOW + timedelta(seconds=2)
    clock(now)
    settle()

    worn = CustomerTag.objects.get()
    assert (worn.tag, worn.expires_at, worn.by) == (
        new,
        now + timedelta(days=3),
        f"journey:{journey.pk}",
    )
    assert list(TagChange.objects.order_by("pk").values_list("tag__name", "is_on")) == [
        ("old", True),
        ("new", True),
        ("old", False),
    ]
    assert "ruled" in Run.objects.get().history.get(step="rule").outcome


def test_whoever_is_held_out_misses_the_marketing_and_nothing_else(clock):
    """No coupon, no marketing; tags and what serves them happen for everybody."""
    tag, batch = Tag.objects.create(name="new"), a_batch()
    steps = {
        "on": {"step": "add_tag", "tag": tag.pk, "days": None, "next": "coupon"},
        "coupon": {"step": "issue_coupon", "batch": batch.pk, "next": "hello", "none": None},
        "hello": {**HELLO, "next": "remind"},
        "remind": {
            **HELLO,
            "purpose": "service",
            "content": {"title": "Tomorrow at nine", "body": "Room 3"},
        },
    }
    a_journey(steps, holdout_percent=100)
    happened(a_source(), an_event(member(1)))

    clock(NOW + timedelta(seconds=2))
    settle()
    sender.send_due("in_app")

    assert (Run.objects.get().state, Run.objects.get().is_held_out) == ("completed", True)
    assert CustomerTag.objects.get().tag == tag
    assert not Coupon.objects.exists()
    told = Message.objects.order_by("pk").values_list("purpose", "state", "reason")
    assert set(told) == {("marketing", "skipped", "holdout"), ("service", "sent", "")}


def test_nobody_is_held_out_of_a_journey_without_marketing(clock):
    tag = Tag.objects.create(name="new")
    a_journey(
        {"on": {"step": "add_tag", "tag": tag.pk, "days": None, "next": None}}, holdout_percent=100
    )
    happened(a_source(), an_event(member(1)))

    clock(NOW + timedelta(seconds=2))
    settle()

    assert (Run.objects.get().is_held_out, Assignment.objects.get().arm) == (False, "treated")


def an_absence(**more):
    return absence.create(
        **{
            "name": "absence",
            "entered_by": "Product Viewed",
            "ended_by": "Order Completed",
            "within_seconds": 20,
            "same_product": True,
            "coupon_batch": None,
            "title": "Hello",
            "body": "there",
            "reentry": {"kind": "always"},
            "grace_seconds": 2,
            "by": None,
            "now": NOW,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("b_after", "b_keys", "b_arrives_first", "same_product", "sent"),
    [
        (None, None, False, True, 1),
        (10, ["p1", "p9"], False, True, 0),
        (10, ["p1", "p9"], True, True, 0),
        (20, ["p1"], False, True, 0),
        (21, ["p1"], False, True, 1),
        (10, ["p2"], False, True, 1),
        (10, ["p2"], False, False, 0),
        (-1, ["p1"], False, True, 1),
    ],
)
def test_a_and_no_b_within_t(clock, b_after, b_keys, b_arrives_first, same_product, sent):
    an_absence(same_product=same_product)
    items = [an_event(member(1), keys=["p1"])]
    if b_after is not None:
        items.append(
            an_event(
                member(1), name="Order Completed", at=NOW + timedelta(seconds=b_after), keys=b_keys
            )
        )
    source = a_source()

    for item in reversed(items) if b_arrives_first else items:
        happened(source, item, now=NOW + timedelta(seconds=11))
        clock(NOW + timedelta(seconds=12))
        settle()
    clock(NOW + timedelta(seconds=30))
    settle()

    assert Message.objects.count() == sent
    assert Run.objects.get().outcome == ("completed" if sent else "did_follow")


def test_a_run_that_waits_for_b_ends_as_soon_as_b_is_there(clock):
    an_absence()
    source = a_source()
    happened(source, an_event(member(1), keys=["p1"]))
    clock(NOW + timedelta(seconds=2))
    settle()

    happened(
        source,
        an_event(member(1), name="Order Completed", at=NOW + timedelta(seconds=3), keys=["p1"]),
        now=NOW + timedelta(seconds=4),
    )
    clock(NOW + timedelta(seconds=5))
    settle()

    assert (Run.objects.get().outcome, Run.objects.get().due_at) == ("did_follow", None)


@pytest.mark.parametrize(
    ("reentry", "runs"),
    [
        ({"kind": "once"}, 1),
        ({"kind": "days", "days": 1}, 1),
        ({"kind": "key"}, 2),
        ({"kind": "always"}, 4),
    ],
)
def test_reentry(clock, reentry, runs):
    a_journey(
        {"hello": HELLO}, reentry=reentry, trigger={**ON_VIEW, "freshness_seconds": 7 * 86400}
    )
    source = a_source()

    for n, (keys, days) in enumerate([(["p1"], 0), (["p2"], 0), (["p1"], 1), (["p1"], 1)]):
        happened(source, an_event(member(1), keys=keys, at=NOW - timedelta(days=days), id=f"e{n}"))
    clock(NOW + timedelta(seconds=2))
    settle()

    assert Run.objects.count() == runs


def test_once_in_n_days_counts_from_the_last_time_and_not_by_the_calendar(clock):
    a_journey({"hello": HELLO}, reentry={"kind": "days", "days": 7})
    source, entered = a_source(), []

    for day in range(0, 22, 2):
        now = NOW + timedelta(days=day)
        happened(source, an_event(member(1), at=now), now=now)
        clock(now)
        settle()
        entered.append(Run.objects.count())

    assert entered == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3]  # on days 0, 8 and 16


@pytest.mark.parametrize(
    "reentry", [{"kind": "once"}, {"kind": "days", "days": 30}, {"kind": "key"}]
)
def test_a_merge_or_its_undoing_lets_nobody_in_again(clock, reentry):
    """Also where both took part in another journey by the same key."""
    a_journey({"hello": HELLO}, reentry=reentry)
    a_journey({"hello": HELLO}, reentry=reentry, trigger={**ON_VIEW, "event": "Cart Viewed"})
    source = a_source()
    view = {"keys": ["p1"]}
    happened(
        source,
        an_event(member(1), name="Cart Viewed", **view),
        an_event(member(2), **view),
        an_event(member(2), name="Cart Viewed", **view),
    )
    clock(NOW + timedelta(seconds=2))
    settle()
    assert Run.objects.count() == 3
    survivor, loser = (Identity.objects.get(value=str(n)).customer_id for n in (1, 2))

    with transaction.atomic():
        merge = merging.merge(survivor, loser, by="x", identity="", now=NOW)
    for _twice in range(2):
        happened(
            source,
            *[
                an_event(member(n), name=name, **view)
                for n in (1, 2)
                for name in ("Product Viewed", "Cart Viewed")
            ],
        )
        settle()
    assert Run.objects.count() == 3

    merging.undo(merge, by="x", now=NOW)
    happened(source, an_event(member(2), **view))
    settle()
    assert Run.objects.count() == 3
    happened(source, an_event(member(1), **view))  # who had never been in it
    settle()
    assert Run.objects.count() == 4


def test_a_journey_that_both_are_in_goes_on_once(clock):
    wait = {"step": "wait", "n": 1, "unit": "hours", "next": None}
    once, per_product = (
        a_journey({"wait": wait}, reentry={"kind": "once"}),
        a_journey({"wait": wait}, reentry={"kind": "key"}),
    )
    source = a_source()
    happened(
        source,
        an_event(member(1), keys=["p1"]),
        an_event(member(2), keys=["p1"]),
        an_event(member(2), keys=["p2"], id="other"),
    )
    happened(source, an_event(member(3), keys=["p2"]))
    clock(NOW + timedelta(seconds=2))
    settle()
    people = [Identity.objects.get(value=str(n)).customer_id for n in (1, 2, 3)]

    with transaction.atomic():
        pairs = [merging.Pair(people[0], people[1]), merging.Pair(people[0], people[2])]
        merging.merge_many(pairs, by="x", now=NOW)

    active = Run.objects.filter(state="active", customer=people[0])
    assert list(active.filter(journey=once).values_list("origin_customer", flat=True)) == [
        people[0]
    ]
    assert sorted(active.filter(journey=per_product).values_list("entry_key", flat=True)) == [
        f"key:{source.namespace_id}/p1",
        f"key:{source.namespace_id}/p2",
    ]
    assert set(Run.objects.exclude(state="active").values_list("outcome", "due_at")) == {
        ("merged", None)
    }


def test_held_out_wins_after_a_merge_also_for_what_is_under_way(clock):
    batch = a_batch()
    steps = {
        "wait": {"step": "wait", "n": 1, "unit": "hours", "next": "coupon"},
        "coupon": {"step": "issue_coupon", "batch": batch.pk, "next": "hello", "none": None},
        "hello": HELLO,
    }
    journey = a_journey(steps)
    happened(a_source(), an_event(member(1)), an_event(member(2), name="Other"))
    clock(NOW + timedelta(seconds=2))
    settle()
    survivor, loser = (Identity.objects.get(value=str(n)).customer_id for n in (1, 2))
    Assignment.objects.create(
        subject=f"journey:{journey.pk}",
        customer_id=loser,
        origin_customer_id=loser,
        arm="held_out",
        at=NOW,
    )

    with transaction.atomic():
        merging.merge(survivor, loser, by="x", identity="", now=NOW)
    assert Run.objects.get().is_held_out
    clock(NOW + timedelta(hours=2))
    settle()

    assert not Coupon.objects.exists()
    assert list(Message.objects.values_list("state", "reason")) == [("skipped", "holdout")]


def test_a_message_that_waits_when_its_customer_turns_out_to_be_held_out_does_not_leave(clock):
    journey = a_journey({"hello": HELLO})
    happened(a_source(), an_event(member(1)), an_event(member(2), name="Other"))
    clock(NOW + timedelta(seconds=2))
    settle()
    survivor, loser = (Identity.objects.get(value=str(n)).customer_id for n in (1, 2))
    Assignment.objects.create(
        subject=f"journey:{journey.pk}",
        customer_id=loser,
        origin_customer_id=loser,
        arm="held_out",
        at=NOW,
    )
    with transaction.atomic():
        merging.merge(survivor, loser, by="x", identity="", now=NOW)

    sender.send_due("in_app")

    assert list(Message.objects.values_list("state", "reason")) == [("skipped", "holdout")]


@pytest.mark.parametrize(("move", "after"), [("pause", 3), ("end", 1)])
def test_nobody_enters_from_a_slot_under_way_once_a_journey_stands_still(
    clock, monkeypatch, move, after
):
    monkeypatch.setattr(schedules, "BATCH", 1)
    segment = a_segment(*[a_customer() for _n in range(3)])
    trigger = {"trigger": "schedule", "segment": segment.pk, "once_at": NOW.isoformat()}
    journey = a_journey({"hello": HELLO}, trigger=trigger, reentry={"kind": "once"})
    membership.refresh_all()
    schedules.fire(NOW)
    schedules.expand(rounds=1)
    assert Run.objects.count() == 1

    getattr(lifecycle, move)(journey, by=None)
    schedules.expand()
    assert Run.objects.count() == 1

    lifecycle.resume(journey, by=None)
    clock(NOW + timedelta(minutes=1))
    schedules.expand()
    assert Run.objects.count() == after


def test_old_news_begins_nothing(clock):
    a_journey({"hello": HELLO}, trigger={**ON_VIEW, "freshness_seconds": 60})

    happened(a_source(), an_event(member(1), at=NOW - timedelta(seconds=100)))
    clock(NOW + timedelta(seconds=2))
    settle()

    assert not Run.objects.exists()


def test_the_triggers_filters_are_those_of_a_segment(clock):
    a_journey({"hello": HELLO}, trigger={**ON_VIEW, "where": [["price", ">", 100]]})

    happened(
        a_source(),
        an_event(member(1), properties={"price": "150"}),
        an_event(member(2), properties={"price": 50}),
    )
    clock(NOW + timedelta(seconds=2))
    settle()

    assert Run.objects.count() == 1


def test_a_held_out_run_walks_its_path_without_effects(clock):
    a_workspace(holdout_percent=50)
    batch = a_batch()
    a_journey(
        {
            "coupon": {"step": "issue_coupon", "batch": batch.pk, "next": "hello", "none": None},
            "hello": HELLO,
        }
    )
    happened(a_source(), *[an_event(member(n)) for n in range(40)])
    clock(NOW + timedelta(seconds=2))

    settle()

    held_out = Run.objects.filter(is_held_out=True).count()
    assert 0 < held_out < 40
    assert Run.objects.filter(state="completed").count() == 40
    assert Coupon.objects.count() == 40 - held_out
    assert Message.objects.filter(state="skipped", reason="holdout").count() == held_out


def test_the_global_holdout_is_for_marketing_only(clock):
    a_workspace(holdout_percent=50)
    content = {"title": "Hello", "body": "It is ready."}
    a_journey({"hello": {**HELLO, "purpose": "service", "content": content}})
    happened(a_source(), *[an_event(member(n)) for n in range(20)])
    clock(NOW + timedelta(seconds=2))

    settle()

    assert Message.objects.filter(state="queued").count() == 20


def test_a_paused_journey_moves_nobody_and_loses_nobody(clock):
    journey = a_journey(
        {"wait": {"step": "wait", "n": 1, "unit": "minutes", "next": "hello"}, "hello": HELLO}
    )
    happened(a_source(), an_event(member(1)))
    clock(NOW + timedelta(seconds=2))
    settle()

    lifecycle.pause(journey, by=None)
    clock(NOW + timedelta(hours=1))
    settle()
    assert not Message.objects.exists()
    lifecycle.resume(journey, by=None)
    settle()

    assert Message.objects.count() == 1


def test_a_slot_waits_until_the_members_follow_the_rule_that_was_saved(clock):
    segment = membership.save_definition(
        Segment(name="gold"), has_level("silver"), by=None, now=NOW
    )
    gold = a_customer()
    CustomerAttribute.objects.create(customer=gold, key="level", value="gold", occurred_at=NOW)
    membership.refresh_all()
    a_journey(
        {"hello": HELLO},
        trigger={"trigger": "schedule", "segment": segment.pk, "once_at": NOW.isoformat()},
    )
    membership.save_definition(segment, has_level("gold"), by=None, now=NOW)

    schedules.fire(NOW)
    schedules.expand()
    waiting = (Run.objects.count(), Firing.objects.get().due_at)
    membership.refresh_all()
    clock(NOW + timedelta(seconds=1))
    schedules.expand()

    assert waiting == (0, NOW + timedelta(seconds=1))
    assert list(Run.objects.values_list("customer", flat=True)) == [gold.pk]


def has_level(level):
    return {
        "op": "all",
        "of": [{"condition": "attribute", "attribute": "level", "operator": "is", "value": level}],
    }


def test_a_schedule_fires_once_per_slot_for_everybody_in_the_segment(clock):
    segment = a_segment(*[Customer.objects.create(first_seen_at=NOW) for _ in range(3)])
    trigger = {"trigger": "schedule", "segment": segment.pk, "daily_at": "10:00:01"}
    a_journey({"hello": HELLO}, trigger=trigger)

    for _beat in range(3):
        clock(NOW + timedelta(seconds=2))
        membership.refresh_all()
        schedules.fire(NOW + timedelta(seconds=2))
        schedules.expand()
        settle()
    clock(NOW + timedelta(days=1, seconds=2))
    membership.refresh_all()
    schedules.fire(NOW + timedelta(days=1, seconds=2))
    schedules.expand()
    settle()

    assert Firing.objects.count() == 2
    assert Message.objects.count() == Membership.objects.count() * 2


def test_a_run_that_cannot_go_on_waits_by_itself_and_says_why(clock, monkeypatch):
    a_journey({"hello": HELLO})
    happened(a_source(), an_event(member(1)), an_event(member(2)))
    poisoned = Customer.objects.order_by("pk").first().pk
    whole = engine.InDatabase.intent

    def fails_for_one(self, run, *args):
        if run.customer_id == poisoned:
            raise ValueError("poison")
        return whole(self, run, *args)

    monkeypatch.setattr(engine.InDatabase, "intent", fails_for_one)
    clock(NOW + timedelta(seconds=2))
    automation.process_reactions()
    engine.advance()

    stuck = Run.objects.get(customer=poisoned)
    assert (stuck.error, stuck.attempts, stuck.state) == ("ValueError: poison", 1, "active")
    assert stuck.due_at > NOW
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    "steps",
    [
        {
            "a": {
                "step": "branch",
                "rule": {"condition": "attribute", "attribute": "x", "operator": "exists"},
                "yes": "a",
                "no": None,
            }
        },
        {"a": {**HELLO, "next": "nowhere"}},
        {"a": HELLO, "b": HELLO},
        {"a": {"step": "unknown", "next": None}},
        {"a": {**HELLO, "next": ""}, "": HELLO},
        {"a": {"step": "wait", "n": -1, "unit": "hours", "next": None}},
        {},
    ],
)
def test_what_cannot_be_walked_is_refused_with_the_reason(steps):
    with pytest.raises(definition.InvalidJourney) as refused:
        definition.check(
            {"trigger": ON_VIEW, "reentry": {"kind": "once"}, "start": "a", "steps": steps}
        )

    assert refused.value.messages


def test_a_journey_is_told_in_words_and_drawn():
    journey = an_absence(coupon_batch=a_batch(name="Ten off"))

    with translation.override("zh-hans"):
        assert "完成订单" in telling.sentence(journey.draft)
    assert [node["kind"] for node in telling.graph(journey.draft)] == [
        "trigger",
        "send_message",
        "end",
    ]


@pytest.mark.django_db(transaction=True)
def test_eight_who_let_in_at_once_let_in_once():
    journey = a_journey({"hello": HELLO}, reentry={"kind": "days", "days": 7})
    customers = [a_customer() for _n in range(20)]

    at_once(
        8,
        lambda n: starting.at_slot(
            journey.published, [c.pk for c in customers], NOW + timedelta(minutes=n), NOW
        ),
    )

    assert (Run.objects.count(), Run.objects.values("customer").distinct().count()) == (20, 20)


def wait_until_somebody_waits(cursor) -> None:
    for _try in range(1_000):
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        if cursor.fetchone()[0]:
            return
        time.sleep(0.02)
    raise AssertionError("nobody waits for a row of ours")


@pytest.mark.django_db(transaction=True)
def test_a_visitor_logs_in_while_their_events_are_worked_through():
    """The merge moves reactions that a worker holds who lets their customers in: neither waits for
    the other in a circle."""
    a_workspace()
    a_journey({"hello": HELLO}, reentry={"kind": "once"})
    source = a_source()
    happened(
        source,
        *[an_event(member(n)) for n in range(10)],
        *[an_event(visitor(n)) for n in range(10)],
    )
    held = threading.Event()

    def work():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL deadlock_timeout = '50ms'"
            )  # whoever notices first gives way: this one, with an error
            reactions = list(Reaction.objects.order_by("pk").select_for_update())
            held.set()
            wait_until_somebody_waits(
                cursor
            )  # the merge, which holds its customers by now, for these rows
            starting.by_events(reactions, NOW)

    def log_in():
        assert held.wait(120)
        happened(source, *[an_event(member(n), visitor(n), name="Logged In") for n in range(10)])

    assert at_once(2, lambda n: (work, log_in)[n]()) == [None, None]
    assert Run.objects.count() == 20
