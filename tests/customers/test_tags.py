"""Tags: by hand, by rule, with a term, through merges; each change in the history."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from crm_project.jobs import running
from crm_project.jobs.kinds import Refused
from crm_project.jobs.models import Job
from customers.identity import merging
from customers.models import (
    ChangedCustomer,
    Customer,
    CustomerTag,
    ListMember,
    Membership,
    Segment,
    Tag,
    TagChange,
    TagGroup,
)
from customers.segments import membership, rules
from customers.tags import history, jobs, tagging
from customers.tags import rules as tag_rules
from tests.factories import NOW, a_customer, a_segment, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
GOLD = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}


def a_tag(**more):
    return Tag.objects.create(**{"name": f"tag {Tag.objects.count()}", **more})


def wears(customer, now=NOW):
    return [row.tag.name for row in tagging.carried(customer, now)]


def told(customer):
    return [
        (c.tag.name, c.is_on, c.by, c.why)
        for c in TagChange.objects.filter(customer=customer).select_related("tag").order_by("pk")
    ]


def put(tag, *customers, **more):
    return tagging.put_on(tag, [c.pk for c in customers], **{"by": "user:anna", "now": NOW, **more})


def take(tag, *customers, **more):
    return tagging.take_off(
        tag, [c.pk for c in customers], **{"by": "user:anna", "now": NOW, **more}
    )


def test_a_tag_is_put_on_once_and_taken_off_and_the_history_says_who_and_why():
    tag, customer = a_tag(name="VIP"), a_customer()

    assert [
        put(tag, customer, why="asked for it"),
        put(tag, customer),
        take(tag, customer, why="gone"),
        take(tag, customer),
    ] == [
        1,
        0,
        1,
        0,
    ]

    assert wears(customer) == []
    assert told(customer) == [
        ("VIP", True, "user:anna", "asked for it"),
        ("VIP", False, "user:anna", "gone"),
    ]
    assert set(
        ChangedCustomer.objects.filter(what="tag").values_list("customer_id", flat=True)
    ) == {customer.pk}


def test_put_on_again_it_has_the_new_term_and_is_as_old_as_before():
    tag, customer = a_tag(), a_customer()
    put(tag, customer, until=NOW + DAY)

    assert put(tag, customer, until=NOW + 3 * DAY, now=NOW + timedelta(hours=1)) == 1
    [row] = tagging.carried(customer, NOW + 2 * DAY)
    assert (row.since, row.expires_at) == (NOW, NOW + 3 * DAY)
    assert put(tag, customer) == 1
    assert tagging.carried(customer, NOW + 9 * DAY)[0].expires_at is None


def test_a_tag_counts_until_the_moment_its_term_is_over_and_then_goes():
    tag, customer, other = a_tag(lasts_days=2), a_customer(), a_customer()
    put(tag, customer, until=tagging.term(tag, NOW))
    put(tag, other)
    end = NOW + 2 * DAY

    assert tagging.expire(end - timedelta(microseconds=1)) == 0
    assert wears(customer, end - timedelta(microseconds=1)) == [tag.name]
    assert wears(customer, end) == []
    assert tagging.expire(end + timedelta(seconds=5)) == 1

    change = TagChange.objects.get(is_on=False)
    assert (change.customer, change.by, change.at) == (customer, "expiry", end)
    assert CustomerTag.objects.get().customer == other


def test_an_expired_tag_that_is_put_on_again_begins_anew():
    tag, customer = a_tag(), a_customer()
    put(tag, customer, until=NOW + DAY)

    assert put(tag, customer, now=NOW + 2 * DAY) == 1
    [row] = tagging.carried(customer, NOW + 2 * DAY)
    assert (row.since, row.expires_at) == (NOW + 2 * DAY, None)


def test_a_term_that_is_over_already_is_refused():
    with pytest.raises(tagging.CannotTag):
        put(a_tag(), a_customer(), until=NOW)


def test_whoever_was_merged_away_is_tagged_as_who_they_are_now_and_nobody_who_is_erased():
    survivor, loser = a_customer(), a_customer()
    merging.merge(survivor.pk, loser.pk, by="x", identity="x", now=NOW)
    erased = a_customer(erased_at=NOW)

    assert put(a_tag(name="late"), loser, survivor, erased) == 1
    assert (wears(survivor), wears(loser), wears(erased)) == (["late"], [], [])


def test_of_an_exclusive_group_the_last_one_put_on_stays():
    group = TagGroup.objects.create(name="level", is_exclusive=True)
    silver, gold, other, customer = (
        a_tag(name="silver", group=group),
        a_tag(name="gold", group=group),
        a_tag(name="other"),
        a_customer(),
    )

    put(other, customer)
    put(silver, customer)
    put(gold, customer, why="spent enough")

    assert set(wears(customer)) == {"gold", "other"}
    assert ("silver", False, "user:anna", "gold") in told(customer)


# -- through merges


@pytest.fixture
def pair():
    return a_customer(), a_customer()


def merged(survivor, loser, now=NOW):
    return merging.merge(survivor.pk, loser.pk, by="x", identity="x", now=now)


def test_tags_and_their_history_follow_a_merge_and_come_back_with_its_undo(pair):
    survivor, loser = pair
    mine, theirs = a_tag(name="mine"), a_tag(name="theirs")
    put(mine, survivor)
    put(theirs, loser)

    merge = merged(survivor, loser)
    assert set(wears(survivor)) == {"mine", "theirs"}
    assert len(told(survivor)) == 2

    merging.undo(merge, by="x", now=NOW)
    assert (wears(survivor), wears(loser)) == (["mine"], ["theirs"])
    assert told(loser) == [("theirs", True, "user:anna", "")]


def test_a_tag_that_both_carried_is_one_and_taken_off_once_for_both(pair):
    survivor, loser = pair
    tag = a_tag()
    put(tag, survivor, until=NOW + DAY)
    put(tag, loser)
    merged(survivor, loser)

    assert wears(survivor) == [tag.name]
    take(tag, survivor)
    assert wears(survivor) == []
    assert put(tag, survivor) == 1
    assert wears(survivor) == [tag.name]


def test_two_of_an_exclusive_group_that_come_together_are_one_until_the_merge_is_undone(pair):
    survivor, loser = pair
    group = TagGroup.objects.create(name="level", is_exclusive=True)
    silver, gold = a_tag(name="silver", group=group), a_tag(name="gold", group=group)
    put(silver, survivor, until=NOW + 30 * DAY)
    put(gold, loser, now=NOW + DAY)

    merge = merged(survivor, loser, NOW + 2 * DAY)
    assert wears(survivor, NOW + 2 * DAY) == ["gold"]
    assert tagging.expire(NOW + 3 * DAY) == 0

    merging.undo(merge, by="x", now=NOW + 4 * DAY)
    assert (wears(survivor, NOW + 4 * DAY), wears(loser, NOW + 4 * DAY)) == (["silver"], ["gold"])
    assert CustomerTag.objects.get(tag=silver).expires_at == NOW + 30 * DAY


# -- by rule


@pytest.fixture
def gold():
    segment = Segment.objects.create(name="gold", definition=GOLD)
    return segment, a_tag(name="golden", segment=segment)


def level(source, n, value, at=NOW):
    [one] = happened(source, an_event(member(n), at=at, attributes={"level": value}), now=at)
    return Customer.objects.get(pk=one.customer_id)


def passes(now=NOW, times=2):
    """Members become others in one pass and carry their tags in the next."""
    for _pass in range(times):
        membership.Pass(now).done()


def test_members_carry_the_tag_of_their_segment_and_whoever_leaves_loses_it(gold):
    segment, _tag = gold
    source = a_source()
    customer, other = level(source, 1, "gold"), level(source, 2, "silver")
    passes()
    assert (wears(customer), wears(other)) == (["golden"], [])
    assert told(customer) == [("golden", True, f"segment:{segment.pk}", "")]

    level(source, 1, "silver", NOW + DAY)
    passes(NOW + DAY)
    assert wears(customer, NOW + DAY) == []
    with override("en"):
        changes = history.of_customer(customer, 9)
    assert [(change.is_on, change.by) for change in changes] == [
        (False, "rule: gold"),
        (True, "rule: gold"),
    ]
    assert changes[0].page == reverse("admin:customers_segment_change", args=[segment.pk])


def test_who_asks_for_a_tag_by_rule_is_looked_at_when_it_is_given(gold):
    _segment, tag = gold
    nested = Segment.objects.create(
        name="nested", definition={"condition": "tag", "mode": "any", "tags": [tag.pk]}
    )
    customer = level(a_source(), 1, "gold")
    passes()

    assert list(nested.memberships.values_list("customer", flat=True)) == [customer.pk]
    passes(times=1)
    assert not ChangedCustomer.objects.exists()


@pytest.mark.usefixtures("gold")
def test_it_can_be_kept_for_days_after_leaving_and_coming_back_ends_the_term():
    Tag.objects.update(keep_days=7)
    source = a_source()
    customer = level(source, 1, "gold")
    passes()
    level(source, 1, "silver", NOW + DAY)
    passes(NOW + DAY)
    assert CustomerTag.objects.get().expires_at == NOW + 8 * DAY

    passes(NOW + 2 * DAY)
    assert CustomerTag.objects.get().expires_at == NOW + 8 * DAY

    level(source, 1, "gold", NOW + 3 * DAY)
    passes(NOW + 3 * DAY)
    row = CustomerTag.objects.get()
    assert (row.expires_at, row.since) == (None, NOW)

    level(source, 1, "silver", NOW + 4 * DAY)
    passes(NOW + 4 * DAY)
    tagging.expire(NOW + 11 * DAY)
    assert wears(customer, NOW + 11 * DAY) == []


def test_a_rule_that_a_tag_gets_later_is_carried_out_for_everybody():
    segment = Segment.objects.create(name="gold", definition=GOLD)
    tag, source = a_tag(), a_source()
    customer, by_hand = level(source, 1, "gold"), level(source, 2, "silver")
    put(tag, by_hand)
    passes()

    Tag.objects.update(segment=segment)
    passes()

    assert (wears(customer), wears(by_hand)) == ([tag.name], [])


def test_a_merge_and_its_undo_leave_the_tag_with_those_who_fit(gold):
    source = a_source()
    survivor, loser = level(source, 1, "silver"), level(source, 2, "gold", NOW - DAY)
    passes()
    assert (wears(survivor), wears(loser)) == ([], ["golden"])

    merge = merged(survivor, loser)  # the newer statement wins: silver
    passes()
    assert wears(survivor) == []

    merging.undo(merge, by="x", now=NOW)
    passes()
    assert (wears(survivor), wears(loser)) == ([], ["golden"])


def test_by_hand_a_tag_given_by_a_rule_is_neither_put_on_nor_taken_off(gold):
    _segment, tag = gold
    customer = a_customer()

    for change in (put, take):
        with pytest.raises(tagging.CannotTag):
            change(tag, customer)


def test_a_list_by_hand_gives_tags_too():
    by_hand, customer = Segment.objects.create(name="list", kind="list"), a_customer()
    tag = a_tag(segment=by_hand)
    ListMember.objects.create(segment=by_hand, customer=customer, origin_customer=customer)
    passes()
    assert wears(customer) == [tag.name]

    ListMember.objects.all().delete()
    passes()
    assert wears(customer) == []


def test_a_segment_may_not_ask_for_a_tag_that_follows_from_it_however_far_around(gold):
    segment, tag = gold
    between = Segment.objects.create(
        name="between",
        definition={"op": "all", "of": [{"condition": "in_segment", "segment": segment.pk}]},
    )
    second = a_tag(name="second", segment=between)
    asks = {"op": "none", "of": [{"condition": "tag", "mode": "any", "tags": [second.pk]}]}

    with pytest.raises(rules.InvalidRule) as refused:
        rules.check(asks, inside=segment.pk)
    assert "tag" in str(refused.value) or "标签" in str(refused.value)
    rules.check(asks)
    rules.check(
        {"condition": "tag", "mode": "any", "tags": [a_tag(name="free").pk]}, inside=segment.pk
    )

    last = Segment.objects.create(name="last", definition=asks)
    assert tag_rules.gives_itself(second, last)
    assert tag_rules.gives_itself(
        tag, Segment(definition={"condition": "tag", "mode": "any", "tags": [tag.pk]})
    )
    assert not tag_rules.gives_itself(a_tag(name="other"), last)


@pytest.mark.parametrize("many", [2_000, pytest.param(50_000, marks=pytest.mark.proof)])
def test_many_members_are_tagged_in_sets(many):
    Customer.objects.bulk_create(
        [Customer(first_seen_at=NOW, name=f"c{n}") for n in range(many)], batch_size=10_000
    )
    segment = Segment.objects.create(name="everybody", definition={"op": "none", "of": [GOLD]})
    tag = a_tag(segment=segment)
    ChangedCustomer.objects.all().delete()
    membership.Pass(NOW).done()
    assert Membership.objects.count() == many

    with CaptureQueriesContext(connection) as asked:
        passes = work_off()
    assert len(asked) <= 30 * passes
    assert CustomerTag.objects.filter(tag=tag).count() == many
    assert TagChange.objects.count() == many

    Tag.objects.update(segment=a_segment())
    with CaptureQueriesContext(connection) as asked:
        passes = work_off()
    assert len(asked) <= 60 * passes
    assert not CustomerTag.objects.exists()


def work_off() -> int:
    """Passes until nothing is left to do; how many."""
    passes = 1
    while (refreshed := membership.Pass(NOW).done()).has_more or refreshed.changes:
        passes += 1
    return passes


# -- many at once


@pytest.fixture
def anna(django_user_model):
    return django_user_model.objects.create_superuser("anna")


def begun(tag, anna, **more):
    return jobs.begin(tag, **{"is_on": True, "by": anna, "now": NOW, **more})


def share(job) -> float:
    return jobs.TagMany().share(job)


def test_few_are_tagged_at_once_and_many_in_pieces(anna, monkeypatch):
    monkeypatch.setattr(jobs, "SOON", 3)
    monkeypatch.setattr(jobs.TagMany, "window", 2)
    monkeypatch.setattr(jobs.TagMany, "most", 2)
    people = [a_customer() for _n in range(5)]
    tag = a_tag()

    few = begun(tag, anna, customers=[c.pk for c in people[:1]])
    assert (few.state, few.done_rows, share(few)) == ("done", 1, 1.0)

    many = begun(tag, anna, segment=a_segment(*people), why="spring")
    assert (many.state, many.done_rows) == ("queued", 0)
    assert running.work()
    many.refresh_from_db()
    assert (many.done_rows, many.skipped, share(many)) == (1, {"as_before": 1}, 0.4)
    while running.work():
        pass

    many.refresh_from_db()
    assert (many.state, many.done_rows, many.skipped) == ("done", 4, {"as_before": 1})
    assert (many.error, many.due_at) == ("", None)
    assert CustomerTag.objects.count() == 5
    assert {(c.by, c.why) for c in TagChange.objects.exclude(customer=people[0])} == {
        ("user:anna", "spring")
    }


def test_a_job_can_take_off_and_ends_in_words_when_the_tag_has_got_a_rule_meanwhile(
    anna, monkeypatch
):
    tag, customer = a_tag(), a_customer()
    put(tag, customer)
    assert begun(tag, anna, is_on=False, customers=[customer.pk]).done_rows == 1
    assert wears(customer) == []

    monkeypatch.setattr(jobs, "SOON", 0)
    job = begun(tag, anna, customers=[customer.pk])
    Tag.objects.update(segment=a_segment())
    assert running.work()

    job.refresh_from_db()
    assert (job.state, job.due_at) == ("failed", None)
    assert job.error


def test_whoever_may_not_tag_many_begins_nothing(django_user_model):
    with pytest.raises(Refused):
        begun(a_tag(), django_user_model.objects.create_user("guest"), customers=[a_customer().pk])
    assert not Job.objects.exists()
