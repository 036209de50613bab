"""Numbers on a journey's steps: kept by triggers, equal to a recount of the rows at any moment."""

import html
import re
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.coupons import redeeming
from campaigns.delivery import sender
from campaigns.journeys import definition
from campaigns.journeys.numbers import keeping
from campaigns.journeys.numbers.reading import goals, numbers
from campaigns.models import (
    Coupon,
    GoalReached,
    Journey,
    Message,
    Run,
    RunStep,
    StepFigureChange,
)
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


# -- goals

BOUGHT = {"by": "event", "fields": {"event": "Order Completed", "n": 3, "unit": "days"}}


def with_goal():
    return a_journey({"wait": {"step": "wait", "n": 1, "unit": "hours", "next": None}}, goal=BOUGHT)


def bought(number, at, id=None):
    return an_event(member(number), name="Order Completed", at=at, id=id)


def test_reached_goals_count_by_arm_and_version(clock, client, django_user_model):  # noqa: F811
    journey, source = with_goal(), a_source()
    happened(source, *[an_event(member(n)) for n in range(20)])
    clock(NOW + timedelta(seconds=2))
    settle()
    first = journey.published
    held_out = list(Run.objects.order_by("pk").values_list("pk", flat=True)[5:8])
    Run.objects.filter(pk__in=held_out).update(is_held_out=True)
    changed = {**journey.draft, "steps": {**journey.draft["steps"]}}
    changed["steps"]["wait"] = {**changed["steps"]["wait"], "n": 2}
    Journey.objects.filter(pk=journey.pk).update(draft=changed)
    journey.refresh_from_db()
    definition.publish(journey, by=None, now=NOW)
    late = NOW + timedelta(minutes=1)
    clock(late)
    happened(source, *[an_event(member(n), at=late) for n in range(20, 26)], now=late)
    settle()
    then = NOW + timedelta(minutes=9)
    clock(then)
    happened(source, *[bought(n, then) for n in range(4, 23)], now=then)
    settle()

    found = {(one.version_id, one.arm): one for one in goals(journey.pk)}
    assert numbers(journey.pk).reached == sum(one.reached for one in found.values()) == 19
    assert sum(one.reached for (v, _arm), one in found.items() if v == first.pk) == 16
    assert numbers(journey.pk, arm="held_out").reached == 3
    Run.objects.filter(pk__in=held_out[:1]).update(is_held_out=False)  # a merge was undone
    assert numbers(journey.pk, arm="held_out").reached == 2
    of_goals = Counter({key: n for key, n in recounted().items() if key[3] == "goal"})
    assert Counter({key: n for key, n in kept().items() if key[3] == "goal"}) == of_goals

    client.force_login(django_user_model.objects.create_superuser("boss"))
    address = reverse("admin:campaigns_journey_change", args=[journey.pk])
    followed = 0
    for days in ("", "1"):
        page = client.get(address, {"days": days})
        for line in page.context["numbers"].goals():
            for arm in line["arms"]:
                for name in ("entered", "reached"):
                    if arm[f"{name}_url"]:
                        listed = client.get(arm[f"{name}_url"])
                        assert f"{listed.context['cl'].result_count:,}" == arm[name], arm
                        followed += 1
    assert followed == 12


goal_acts = st.lists(
    st.one_of(
        st.tuples(st.just("view"), st.integers(0, 5)),
        st.tuples(st.just("buy"), st.integers(0, 5)),
        st.tuples(st.just("later"), st.integers(1, 2000)),
        st.tuples(st.just("hold out"), st.integers(0, 5)),
        st.tuples(st.sampled_from(["settle", "fold"])),
    ),
    max_size=25,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(goal_acts)
def test_kept_goals_are_a_recount_whatever_happens(moved_clock, story):
    """Also where a merge says later that somebody was held out."""
    source, now = a_source(), NOW + timedelta(seconds=2)
    journey = with_goal()
    for kind, *what in story:
        moved_clock.stand(now)
        if kind == "view":
            happened(source, an_event(member(what[0]), at=now), now=now)
        elif kind == "buy":
            happened(source, bought(what[0], now), now=now)
        elif kind == "later":
            now += timedelta(minutes=what[0])
        elif kind == "hold out":
            runs = Run.objects.filter(journey=journey).order_by("pk")
            Run.objects.filter(pk__in=[run.pk for run in runs[what[0] :][:1]]).update(
                is_held_out=True
            )
        elif kind == "settle":
            settle()
        else:
            keeping.fold()
    goals_of = {key: n for key, n in kept().items() if key[3] == "goal"}
    assert goals_of == {key: n for key, n in recounted().items() if key[3] == "goal"}
    reached = GoalReached.objects.filter(run__journey=journey).count()
    assert numbers(journey.pk).reached == reached


def test_the_editor_says_the_same_and_leads_to_the_same(clock, client, django_user_model):  # noqa: F811
    journey, source = branched(a_batch()), a_source()
    happened(source, *[gold(n) for n in range(3)], *[an_event(member(n)) for n in range(3, 10)])
    for moment in (timedelta(seconds=2), timedelta(hours=2)):
        clock(NOW + moment)
        settle()
    client.force_login(django_user_model.objects.create_superuser("boss"))
    address = reverse("admin:campaigns_journey_editor", args=[journey.pk])
    client.cookies["django_language"] = "en"
    text = client.get(address).content.decode()

    number = r'(?:came|Yes|No|entered|stand here now)\s*<a class="ht-link" href="([^"]+)">(\d+)</a>'
    shown = re.findall(number, text)
    assert len(shown) >= 5
    for url, n in shown:
        assert client.get(html.unescape(url)).context["cl"].result_count == int(n), url

    assert "came" not in client.get(address, {"arm": "held_out"}).content.decode().split("<ol")[1]
    assert client.get(address).context["numbers"].arm == "held_out"  # until it is chosen anew
    assert client.get(address, {"arm": ""}).context["numbers"].arm == ""
