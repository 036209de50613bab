"""Why somebody is in a segment, and whether the stored members are the right ones."""

import time
from datetime import timedelta

import pytest
from django.utils import translation

from crm_project.queue.due import database_now
from customers.models import Customer, CustomerTag, Membership, Segment, Tag
from customers.segments import audit, membership, preview, why
from tests.factories import a_customer, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db

LATELY = {
    "condition": "did_event",
    "event": "A",
    "comparison": ">=",
    "times": 1,
    "window": "last",
    "window_n": 10,
    "window_unit": "days",
}
GOLD = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}
RULE = {"op": "all", "of": [LATELY, {"op": "none", "of": [GOLD]}]}


@pytest.fixture
def story():
    """Two looked lately, the second is gold; a third did nothing."""
    now, source = database_now(), a_source()
    segment = Segment.objects.create(name="lately and not gold", definition=RULE)
    happened(source, an_event(member(1), name="A", at=now - timedelta(days=4)), now=now)
    happened(
        source,
        an_event(member(2), name="A", at=now - timedelta(days=4), attributes={"level": "gold"}),
        now=now,
    )
    third = a_customer(name="Third")
    membership.refresh_all()
    first, second = Customer.objects.exclude(pk=third.pk).order_by("pk")
    return segment, first, second, third, now


def test_each_condition_says_whether_it_is_true_and_when_time_changes_it(story):
    segment, first, second, third, now = story

    inside = why.explain(segment, first, now)
    assert inside.because.is_true
    assert inside.is_member
    assert [part.is_true for part in inside.because.of] == [True, True]
    ends = now + timedelta(days=6)
    assert abs(inside.changes_at - ends) <= timedelta(seconds=1)
    assert abs(inside.because.of[0].changes_at - ends) <= timedelta(seconds=1)
    assert inside.because.of[1].changes_at is None

    [looked] = inside.because.of[0].evidence
    assert (looked.text, looked.at) == ("A", now - timedelta(days=4))
    assert looked.url.startswith("/admin/events/event/")

    with translation.override("zh-hans"):
        gold = why.explain(segment, second, now)
        shown = [str(row.text) for row in gold.because.of[1].of[0].evidence]
    assert shown == ["会员等级: gold"]
    assert not gold.because.is_true
    assert [part.is_true for part in gold.because.of] == [True, False]
    assert gold.because.of[1].of[0].is_true
    assert gold.changes_at is None

    assert not why.explain(segment, third, now).because.is_true


def test_orders_and_tags_that_decided_are_shown(story):
    _segment, _first, _second, third, now = story
    tag = Tag.objects.create(name="VIP")
    CustomerTag.objects.create(customer=third, origin_customer=third, tag=tag, since=now)
    rule = {
        "op": "any",
        "of": [
            {"condition": "tag", "mode": "any", "tags": [tag.pk]},
            {"condition": "orders", "measure": "count", "times": 1},
        ],
    }
    segment = Segment.objects.create(name="VIP or buys", definition=rule)

    worn, bought = why.explain(segment, third, now).because.of

    assert ([row.text for row in worn.evidence], bought.evidence) == (["VIP"], [])


def test_the_audit_finds_a_member_who_does_not_belong_and_one_who_is_missing(story):
    segment, first, _second, third, now = story
    assert audit.audit(segment) == 0

    Membership.objects.filter(customer=first).delete()
    Membership.objects.create(segment=segment, customer=third, entered_at=now)

    assert audit.audit(segment) == 2
    assert Segment.objects.get().drift == 2


def test_the_audit_leaves_out_whom_the_evaluator_has_not_looked_at_yet(story):
    segment, _first, second, _third, now = story
    happened(a_source(), an_event(member(2), at=now, attributes={"level": "silver"}), now=now)

    assert audit.audit(segment) == 0
    assert not Membership.objects.filter(customer=second).exists()


def test_the_audit_leaves_out_whom_time_has_moved_since_the_last_look(story):
    """Also within the two seconds that the evaluator rests between two looks at the clock."""
    segment, now = story[0], database_now()
    leaves_at = now + timedelta(seconds=1)
    happened(a_source(), an_event(member(3), name="A", at=leaves_at - timedelta(days=10)), now=now)
    membership.refresh_all()
    assert segment.memberships.count() == 2
    time.sleep(max(0, (leaves_at - database_now()).total_seconds()) + 0.05)

    assert audit.audit(segment) == 0


def test_a_changed_rule_shows_who_would_enter_and_leave(story):
    segment, first, second, _third, now = story

    difference = preview.count(GOLD, now, segment=segment.pk).difference

    assert (difference.entering, difference.leaving) == (1, 1)
    assert difference.who_enters == [second]
    assert difference.who_leaves == [first]


def test_a_link_to_somebody_who_was_merged_away_leads_to_the_survivor(admin_client, story):
    segment, first, _second, third, _now = story
    Customer.objects.filter(pk=third.pk).update(merged_into=first)

    assert (
        'data-why="in"'
        in admin_client.get(f"/admin/customers/segment/{segment.pk}/why/?customer={third.pk}").text
    )


@pytest.mark.parametrize(
    "asked", ["", "?q=1", "?q=%00", "?customer=999999", "?customer=٣", "?q=nobody"]
)
def test_the_page_answers(admin_client, story, asked):
    answer = admin_client.get(f"/admin/customers/segment/{story[0].pk}/why/{asked}")

    assert answer.status_code == 200
    assert ('data-why="in"' in answer.text) == (asked == "?q=1")
