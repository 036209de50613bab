"""Death inside each step of a journey: whoever works on its runs is killed once the step has done
its work and before anything is committed, at each step in turn, and the truth is the same."""

import os
import signal
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models import Count

from campaigns import automation
from campaigns.journeys import definition, engine, tasks
from campaigns.journeys.steps.base import steps as registered
from campaigns.models import Assignment, Coupon, Journey, Message, Run, RunStep
from crm_project import failpoints
from crm_project.queue.due import database_now
from customers.models import (
    AttributeChange,
    CustomerTag,
    FollowUp,
    ListMember,
    OutboundCall,
    Segment,
    Tag,
    TagChange,
)
from events import ingest
from integrations.connections import calls
from tests import factories as make
from tests.campaigns.test_call_webhook import a_webhook
from tests.campaigns.test_staff_task import TASK, WAYS
from tests.campaigns.test_wait_for_event import ON_VIEW, step
from tests.faults.test_failpoints import the_leases_are_over

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.proof]
PEOPLE = 3
DIED, REACHED_NOTHING = "died", "went through"


def all_of_them() -> list[tuple[str, dict]]:
    """A way through every kind of step; those that wait come last, each with its other way."""
    tag, by_hand = Tag.objects.create(name="seen"), Segment.objects.create(name="x", kind="list")
    rule = {"op": "all", "of": [{"condition": "tag", "mode": "any", "tags": [tag.pk]}]}
    content = {"title": "Hello", "body": "Text", "page": ""}
    send = {"channel": "in_app", "purpose": "marketing", "content": content}
    halves = {"w1_label": "A", "w1_percent": 50, "w2_label": "B", "w2_percent": 50}
    hour = {"n": 1, "unit": "hours"}
    return [
        ("add_tag", {"tag": tag.pk}),
        ("set_attribute", {"attribute": "crm_seen", "kind": "text", "text": "yes"}),
        ("add_to_list", {"segment": by_hand.pk}),
        ("issue_coupon", {"batch": make.a_batch().pk}),
        ("recommend", {}),
        ("branch", {"rule": rule}),
        ("split", {"w1_label": "Seen", "w1_rule": rule}),
        ("random_split", halves),
        ("send_message", send),
        ("go_to", {"most": 1}),
        ("wait", {"n": 1, "unit": "seconds"}),
        ("call_webhook", {"connection": a_webhook().pk, "data": "a = 1", "hours": 2}),
        ("staff_task", TASK),
        ("wait_for_event", {"event": "Order Completed", **hour}),
        ("wait_until", {"until": "time", "at": "00:05"}),
        ("wait_for_hours", {"opens": "00:00", "closes": "23:59"}),
        ("wait_for_booking", {"direction": "before", **hour}),
        ("wait_for_answer", hour),
        ("remove_tag", {"tag": tag.pk}),
        ("remove_from_list", {"segment": by_hand.pk}),
        ("end", {}),
    ]


def test_no_step_is_left_out():
    assert {key for key, _fields in all_of_them()} == {one.key for one in registered}


def a_journey_of(chain: list[tuple[str, dict]]) -> Journey:
    """All ways of each step lead to the next one."""
    found = {}
    for number, (key, fields) in enumerate(chain, 1):
        following = f"s{number + 1}" if number < len(chain) else None
        ways = {"again": None} if key == "go_to" else WAYS if key == "staff_task" else {}
        ways = dict.fromkeys(ways or registered[key](fields).exits, following)
        found[f"s{number}"] = step(key, fields, **ways)
    draft = {
        "v": 2,
        "trigger": ON_VIEW,
        "reentry": {"kind": "always"},
        "start": "s1",
        "steps": found,
    }
    journey = Journey.objects.create(name="all", draft=draft)
    definition.publish(journey, by=None, now=database_now() - timedelta(days=2))
    return journey


def calls_have_failed(now) -> None:
    for call in OutboundCall.objects.all():
        calls.end(call, "failed", now)
    calls.notify_callers()


def dies_at(passes: int, tmp_path) -> str:
    """A forked child goes on with all runs, and has killed itself at the pass of that number."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            charge = f"step.acted:{passes}:{tmp_path / os.urandom(8).hex()}"
            failpoints.armed.update(failpoints.charges(charge))
            engine.advance()
        finally:
            os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return DIED if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else status


def test_a_death_in_each_step_changes_nothing(moved_clock, tmp_path):
    make.a_workspace(holdout_percent=0)
    chain = all_of_them()
    a_journey_of(chain)
    source, now = make.a_source(), database_now()
    seen = [make.an_event(make.member(n), at=now, id=f"v{n}") for n in range(PEOPLE)]
    ingest.record(source, seen)
    automation.process_reactions()

    deaths = 0
    for _turn in range(2 * len(chain)):
        if not Run.objects.filter(state="active").exists():
            break
        now = moved_clock.by(days=1)
        tasks.tell(now)
        calls_have_failed(now)
        passes = 1
        while dies_at(passes, tmp_path) == DIED:  # at each step that they go through in one go
            deaths, passes = deaths + 1, passes + 1
            the_leases_are_over()
            Run.objects.update(attempts=0)  # else they are set aside as what kills its workers
        engine.advance()

    print(f"{deaths} deaths in {len(chain)} steps")
    assert deaths >= len(chain)
    assert set(Run.objects.values_list("state", flat=True)) == {"completed"}
    visits = RunStep.objects.values("run", "visit").annotate(n=Count("pk"))
    assert {one["n"] for one in visits} == {1}
    of_each = {
        "tags put on": TagChange.objects.filter(is_on=True).count(),
        "tags that stand": CustomerTag.objects.count() + PEOPLE,
        "attributes": AttributeChange.objects.count(),
        "on the list": ListMember.objects.count() + PEOPLE,
        "coupons": Coupon.objects.count(),
        "messages": Message.objects.count(),
        "tasks": FollowUp.objects.count(),
        "calls": OutboundCall.objects.count(),
        "draws": Assignment.objects.filter(subject__startswith="split:").count(),
    }
    assert of_each == dict.fromkeys(of_each, PEOPLE)
