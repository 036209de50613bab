"""Numbers on a journey's steps: kept by triggers, equal to a recount of the rows at any moment."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.coupons import redeeming
from campaigns.delivery import sender
from campaigns.journeys.numbers import keeping
from campaigns.journeys.numbers.reading import numbers
from campaigns.models import Coupon, Message, Run, RunStep, StepFigureChange
from customers.models import Workspace
from tests.campaigns.test_journeys import (  # noqa: F401 -- fixtures
    HELLO,
    a_journey,
    clock,
    nobody_held_out,
    settle,
)
from tests.factories import NOW, a_batch, a_source, a_workspace, an_event, happened, member

pytestmark = pytest.mark.django_db

GOLD = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}
BRANCHED = {
    "wait": {"step": "wait", "n": 1, "unit": "hours", "next": "if"},
    "if": {"step": "branch", "rule": GOLD, "yes": "coupon", "no": "hello"},
    "coupon": {"step": "issue_coupon", "batch": None, "next": "hello", "none": None},
    "hello": HELLO,
}


def branched(batch):
    return a_journey(BRANCHED | {"coupon": BRANCHED["coupon"] | {"batch": batch.pk}})


def kept() -> Counter:
    """All numbers, folded or not, without the days on which somebody came to where they stand."""
    rows = """
    SELECT journey_id, version_id, step, kind, way, arm, CASE WHEN kind <> 'stand' THEN day END,
           sum(n)::int
      FROM (SELECT * FROM campaigns_stepfigure WHERE kind <> 'begun'
            UNION ALL SELECT * FROM campaigns_stepfigurechange) f
     GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(n) <> 0"""
    return counted(rows)


def recounted() -> Counter:
    return counted(f"""
    SELECT journey_id, version_id, step, kind, way, arm, CASE WHEN kind <> 'stand' THEN day END,
           sum(n)::int FROM ({keeping.ROWS}) r GROUP BY 1, 2, 3, 4, 5, 6, 7""")


def counted(sql: str) -> Counter:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return Counter({row[:-1]: row[-1] for row in cursor})


def gold(n):
    return an_event(member(n), attributes={"level": "gold"})


def test_each_step_says_who_came_waits_and_left_by_which_way(clock):  # noqa: F811
    journey, source = branched(a_batch()), a_source()
    happened(source, *[gold(n) for n in range(3)], *[an_event(member(n)) for n in range(3, 10)])
    clock(NOW + timedelta(seconds=2))
    settle()
    at = numbers(journey.pk)
    assert (at.entered, at.under_way, at.steps["wait"].waiting) == (10, 10, 10)

    clock(NOW + timedelta(hours=2))
    happened(source, an_event(member(99)), now=NOW + timedelta(hours=2))
    settle()
    sender.send_due("in_app")

    at = numbers(journey.pk)
    assert (at.entered, at.under_way, at.ended_as("completed")) == (11, 1, 10)
    assert (at.steps["wait"].entered, at.steps["wait"].waiting) == (11, 1)
    assert at.steps["if"].left == {"yes": 3, "no": 7}
    assert at.steps["coupon"].coupons == {"issued": 3}
    assert (at.steps["hello"].entered, at.steps["hello"].messages["sent"]) == (10, 10)
    assert at.steps["hello"].messages["queued"] == 0


def test_a_redeemed_coupon_counts_at_its_step(clock):  # noqa: F811
    journey = branched(a_batch())
    happened(a_source(), gold(1))
    clock(NOW + timedelta(seconds=2))
    settle()
    clock(NOW + timedelta(hours=2))
    settle()
    coupon = Coupon.objects.get()
    redeeming.redeem(
        code=coupon.code,
        namespace=coupon.batch.namespace,
        order_number="1",
        total_fen=20000,
        lines=[],
        now=NOW + timedelta(hours=2),
        by="test",
    )

    assert numbers(journey.pk).steps["coupon"].coupons == {"issued": 1, "redeemed": 1}


def test_those_held_out_count_apart(clock):  # noqa: F811
    a_workspace(holdout_percent=50)
    journey, source = a_journey({"hello": HELLO}), a_source()
    happened(source, *[an_event(member(n)) for n in range(40)])
    clock(NOW + timedelta(seconds=2))
    settle()

    held_out = Run.objects.filter(is_held_out=True).count()
    assert 0 < held_out < 40
    assert numbers(journey.pk, arm="held_out").entered == held_out
    assert numbers(journey.pk, arm="treated").entered == 40 - held_out
    assert numbers(journey.pk, arm="held_out").steps["hello"].messages == {
        "skipped:holdout": held_out
    }


def test_days_are_the_workspaces(clock):  # noqa: F811
    """At 17:00 UTC it is the next day in Shanghai."""
    Workspace.objects.update(time_zone="Asia/Shanghai")
    journey, source = a_journey({"hello": HELLO}), a_source()
    late = NOW.replace(hour=17)
    clock(late)
    happened(source, an_event(member(1), at=late), now=late)
    settle()

    day = late.date()
    assert numbers(journey.pk, since=day, until=day + timedelta(days=1)).entered == 0
    assert numbers(journey.pk, since=day + timedelta(days=1)).entered == 1


def test_folding_changes_nothing(clock):  # noqa: F811
    journey = branched(a_batch())
    happened(a_source(), *[gold(n) for n in range(5)])
    for seconds in (2, 7200):
        clock(NOW + timedelta(seconds=seconds))
        settle()
    before = kept()

    keeping.fold()

    assert (kept(), StepFigureChange.objects.count()) == (before, 0)
    assert before == recounted()
    assert numbers(journey.pk).entered == 5


def test_what_is_deleted_stays_counted(clock):  # noqa: F811
    journey = a_journey({"hello": HELLO})
    happened(a_source(), an_event(member(1)))
    clock(NOW + timedelta(seconds=2))
    settle()
    sender.send_due("in_app")

    RunStep.objects.all().delete()
    Message.objects.all().delete()

    at = numbers(journey.pk).steps["hello"]
    assert (at.entered, at.messages["sent"]) == (1, 1)


acts = st.lists(
    st.one_of(
        st.tuples(st.just("view"), st.integers(0, 5), st.booleans()),
        st.tuples(st.just("later"), st.integers(1, 90)),
        st.tuples(st.sampled_from(["settle", "send", "fold"])),
    ),
    max_size=25,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts)
def test_kept_is_a_recount_whatever_happens(moved_clock, story):
    source, now = a_source(), NOW + timedelta(seconds=2)
    branched(a_batch(per_customer=1, stock=3))
    for kind, *what in story:
        moved_clock.stand(now)
        if kind == "view":
            number, is_gold = what
            happened(source, gold(number) if is_gold else an_event(member(number)), now=now)
        elif kind == "later":
            now += timedelta(minutes=what[0])
        elif kind == "settle":
            settle()
        elif kind == "send":
            sender.send_due("in_app")
        else:
            keeping.fold()
    assert kept() == recounted()


def test_who_is_held_out_after_a_merge_counts_with_them(clock):  # noqa: F811
    journey = a_journey(BRANCHED | {"coupon": BRANCHED["coupon"] | {"batch": a_batch().pk}})
    happened(a_source(), an_event(member(1)))
    clock(NOW + timedelta(seconds=2))
    settle()

    Run.objects.update(is_held_out=True)

    at, treated = numbers(journey.pk, arm="held_out"), numbers(journey.pk, arm="treated")
    assert (at.entered, at.under_way) == (1, 1)
    assert (treated.entered, treated.under_way) == (0, 0)


def test_each_number_leads_to_exactly_who_is_behind_it(clock, client, django_user_model):  # noqa: F811
    journey, source = branched(a_batch()), a_source()
    happened(source, *[gold(n) for n in range(3)], *[an_event(member(n)) for n in range(3, 10)])
    for moment in (timedelta(seconds=2), timedelta(hours=2), timedelta(days=40)):
        clock(NOW + moment)
        if moment.days:
            happened(source, *[gold(n) for n in range(20, 22)], now=NOW + moment)
        settle()
    sender.send_due("in_app")

    client.force_login(django_user_model.objects.create_superuser("boss"))
    followed = 0
    for days in ("", "1", "30"):
        address = reverse("admin:campaigns_journey_change", args=[journey.pk])
        page = client.get(address, {"days": days})
        picture = page.context["picture"]
        shown = [line for step in picture.steps for line in step.get("numbers", [])]
        shown += [
            {"n": way["count"], "url": way["count_url"]}
            for step in picture.steps
            for way in step["ways"]
            if way.get("count")
        ]
        shown += [
            {"n": step["count"], "url": step["count_url"]}
            for step in picture.steps
            if step.get("count_url")
        ]
        for line in shown:
            listed = client.get(line["url"])
            assert listed.status_code == 200, line
            assert f"{listed.context['cl'].result_count:,}" == line["n"], line
            followed += 1
    assert followed > 20
