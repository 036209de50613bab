"""A dry run of the past says what the real engine did in it, run by run: each step and when, each
message and why not, each coupon, the goal."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.journeys import definition
from campaigns.models import Journey
from tests.campaigns.lived import as_imagined, as_lived, imagined, live
from tests.clock import MovedClock
from tests.factories import a_batch, a_source, a_workspace, an_event, happened, member
from tests.stories import undone

pytestmark = pytest.mark.django_db

BEGINS = datetime(2026, 11, 24, 15, 50, tzinfo=UTC)  # ten minutes before midnight in Shanghai
VIEW, CART, ORDER, CANCEL = "Product Viewed", "Cart Viewed", "Order Completed", "Order Cancelled"
SECOND = timedelta(seconds=1)
KINDS = ["wait", "await", "await_same", "branch", "split", "send", "coupon", "again", "night"]

steps = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 400)), min_size=1, max_size=6)
heads = st.fixed_dictionaries(
    {
        "absence": st.booleans(),
        "reentry": st.sampled_from(
            [{"kind": "once"}, {"kind": "days", "days": 1}, {"kind": "key"}, {"kind": "always"}]
        ),
        "goal": st.booleans(),
        "leave": st.booleans(),
        "holdout": st.sampled_from([0, 50]),
        "cap": st.integers(1, 4),
        "stock": st.integers(1, 3),
    }
)
told = st.tuples(
    st.sampled_from([VIEW, VIEW, CART, ORDER, CANCEL]),
    st.integers(1, 3),  # who
    st.integers(0, 120),  # seconds ago
    st.sampled_from(["tea", "cup"]),
    st.integers(1, 500),  # seconds until the next
)
stories = st.lists(told, min_size=2, max_size=10)


def rule(n: int) -> dict:
    did = {"condition": "did_event", "event": CART, "comparison": ">=", "times": 1}
    return did | {"window": "last", "window_n": n, "window_unit": "seconds"}


def of(kind: str, n: int, place: int, following: str | None, batch) -> dict:
    """A step of the kind, and where its ways lead."""
    seconds, other = {"n": n, "unit": "seconds"}, following if n % 2 else None
    same = {"event": CART, **seconds, "key_of": "product"}
    content = {"title": f"Hello {n % 2}", "body": "{{ event.product | default: 'you' }}"}
    message = {"channel": "in_app", "purpose": "marketing", "content": content}
    split = {"w1_percent": 30, "w2_percent": 70}
    again = "s0" if place else following
    step, fields, exits = {
        "wait": ("wait", seconds, {}),
        "await": ("wait_for_event", {**same, "key_of": ""}, {"timed_out": other}),
        "await_same": ("wait_for_event", same, {"timed_out": other}),
        "branch": ("branch", {"rule": rule(n)}, {"no": None if n % 3 == 0 else following}),
        "split": ("random_split", split, {"w2": other}),
        "send": ("send_message", message | ({"batch": batch} if n % 3 == 0 else {}), {}),
        "coupon": ("issue_coupon", {"batch": batch}, {"none": other}),
        "again": ("go_to", {"most": 1 + n % 2}, {"again": again}),
        "night": ("wait_until", {"until": "time", "at": "00:05"}, {}),
    }[kind]
    first = {"wait_for_event": "happened", "branch": "yes", "random_split": "w1"}.get(step, "next")
    return {"step": step, "fields": fields, "exits": {first: following, **exits}}


def a_journey(drawn, head) -> Journey:
    batch = a_batch(stock=head["stock"], per_customer=2).pk
    # A circle has to come through a wait.
    drawn = [("wait", 7), *drawn]
    parts = {
        f"s{n}": of(kind, number, n, f"s{n + 1}" if n + 1 < len(drawn) else None, batch)
        for n, (kind, number) in enumerate(drawn)
    }
    trigger = {"trigger": "event", "fields": {"event": VIEW}}
    if head["absence"]:
        fields = {"first": VIEW, "second": ORDER, "within_seconds": 90, "grace_seconds": 2}
        trigger = {"trigger": "absence", "fields": {**fields, "same_product": True}}
    goal = {"by": "event", "fields": {"event": ORDER, "n": 900, "unit": "seconds"}}
    draft = {
        "v": 2,
        "trigger": trigger,
        "reentry": head["reentry"],
        "holdout_percent": head["holdout"],
        "goal": goal if head["goal"] else None,
        "leave": [{"by": "event", "fields": {"event": CANCEL}}] if head["leave"] else [],
        "start": "s0",
        "steps": parts,
    }
    journey = Journey.objects.create(name="story", draft=draft)
    definition.publish(journey, by=None, now=BEGINS)
    return Journey.objects.get(pk=journey.pk)


@given(steps, heads, stories)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_it_says_what_was(drawn, head, story):
    with undone():
        a_workspace(caps={3600: head["cap"]})
        journey, source, clock = a_journey(drawn, head), a_source(), MovedClock()
        now = BEGINS
        # A rule counts what was told late from when it happened
        # (campaigns/journeys/dry_run/judged.py).
        is_late = not any(kind == "branch" for kind, _n in drawn)
        clock.stand(now)
        for name, who, ago, product, gap in story:
            now += SECOND
            one = an_event(
                member(who),
                name=name,
                at=now - is_late * ago * SECOND,
                keys=[product],
                properties={"product": product},
            )
            happened(source, one, now=now)
            live(clock, now, now + gap * SECOND)
            now += gap * SECOND
        live(clock, now, now + 1500 * SECOND)
        until = now + 1500 * SECOND

        walk = imagined(journey, BEGINS, until)

        assert as_imagined(walk) == as_lived(journey)
        assert walk.tally.sum("entered") == len(walk.runs)
