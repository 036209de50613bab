"""A condition that fails at run time sets its own segments aside, by name; all others go on in the
same pass."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from campaigns import automation
from campaigns.broadcasts import launching, slots
from campaigns.journeys import engine
from campaigns.models import CampaignSlot, Run
from crm_project.queue.due import database_now
from customers.models import (
    ChangedCustomer,
    Customer,
    CustomerAttribute,
    Membership,
    Segment,
    Transition,
)
from customers.segments import audit, derived, failures, membership, preview, rules, why
from customers.segments.builder import from_definition
from customers.segments.conditions.base import Condition
from customers.segments.draft import drafted
from tests.campaigns.test_journeys import a_journey
from tests.factories import a_campaign, a_source, a_template, an_event, happened, member
from tests.test_bounds import NUMBER_LIKE

pytestmark = pytest.mark.django_db

GOLD = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}
BRITTLE = {"condition": "brittle"}
WAIT = {"step": "wait", "n": 1, "unit": "days", "next": None}


class Brittle(Condition):
    """Asks the database for something that it cannot say of everybody: whose weight is 0, breaks
    it."""

    key, label, reads = "brittle", "Brittle", frozenset({"attribute"})
    is_offered = False
    SQL = (
        "SELECT customer_id FROM customers_customerattribute WHERE key = 'weight' AND 1 / (value"
        " #>> '{}')::int > 0"
    )

    def customers(self, *, now, among):
        with connection.cursor() as cursor:
            cursor.execute(self.SQL)
            return BitMap(pk for (pk,) in cursor) & among

    def sentence(self):
        return "is brittle"


class Slow(Brittle):
    key = "slow"
    SQL = "SELECT id FROM customers_customer, pg_sleep(5)"


class Buggy(Brittle):
    key = "buggy"

    def customers(self, *, now, among):
        raise KeyError("a bug")


class TimeBreaks(Brittle):
    key = "time_breaks"

    def customers(self, *, now, among):
        return BitMap()

    def touched_by_time(self, *, since, until):
        raise ZeroDivisionError


@pytest.fixture(autouse=True)
def brittle(monkeypatch):
    for kind in (Brittle, Slow, Buggy, TimeBreaks):
        monkeypatch.setitem(rules.conditions.by_key, kind.key, kind)
    failures._backing_off.clear()
    with translation.override("en"):
        yield


def everything_in(*definitions):
    return [
        Segment.objects.create(name=f"s{n}", definition=definition)
        for n, definition in enumerate(definitions)
    ]


def said(who, **attributes):
    happened(
        a_source(),
        an_event(member(who), name="Said", at=database_now(), attributes=attributes),
        now=database_now(),
    )
    return Customer.objects.order_by("-pk").first()


def members_of(segment) -> int:
    return Membership.objects.filter(segment=segment).count()


def retried():
    """The delay is over."""
    Segment.objects.exclude(retry_at=None).update(retry_at=database_now() - timedelta(seconds=1))


@pytest.mark.parametrize(
    "bad",
    [BRITTLE, {"condition": "buggy"}, {"op": "any", "of": [GOLD, {"op": "none", "of": [BRITTLE]}]}],
)
def test_a_condition_that_fails_sets_its_own_segment_aside_and_the_others_go_on_in_the_same_pass(
    bad,
):
    first = said(1, level="gold", weight=1)
    broken, gold = everything_in(bad, GOLD)
    named = Segment.objects.create(
        name="of it",
        definition={"condition": "in_segment", "segment": broken.pk, "membership": "out"},
    )
    membership.refresh()
    before = members_of(broken), members_of(named)
    said(2, level="gold", weight=0)

    result = membership.refresh()

    for segment in (broken, named):
        segment.refresh_from_db()
        assert segment.failed_at is not None
        assert segment.failures >= 1
    assert (members_of(broken), members_of(named)) == before
    assert members_of(gold) == 2
    assert not ChangedCustomer.objects.exists()
    assert result.has_more is False
    assert first.pk in set(
        Membership.objects.filter(segment=gold).values_list("customer_id", flat=True)
    )


def test_it_is_tried_again_with_a_growing_delay_and_right_once_it_can_be():
    said(1, weight=1)
    (broken,) = everything_in(BRITTLE)
    membership.refresh()
    bad = said(2, weight=0)
    delays = []
    for _try in range(4):
        membership.refresh()
        broken.refresh_from_db()
        delays.append((broken.retry_at - database_now()).total_seconds())
        membership.refresh()
        assert Segment.objects.get(pk=broken.pk).failures == len(
            delays
        )  # not tried before its time
        retried()
    said(3, weight=1)
    CustomerAttribute.objects.filter(customer=bad).update(value=-5)
    retried()

    membership.refresh()

    broken.refresh_from_db()
    assert [round(d / 8) for d in delays] == [1, 2, 4, 8]
    assert (broken.failed_at, broken.failure, broken.failures, broken.retry_at) == (
        None,
        None,
        0,
        None,
    )
    assert members_of(broken) == 2
    assert not membership.is_being_worked_out(broken)
    assert (
        Transition.objects.filter(
            segment=broken, entered=True, customer__attributes__value=1
        ).count()
        == 2
    )


def test_another_rule_is_tried_at_once():
    said(1, level="gold", weight=0)
    (broken,) = everything_in(BRITTLE)
    membership.refresh()
    broken.refresh_from_db()
    assert broken.failed_at

    membership.save_definition(broken, GOLD, by=None, now=database_now())
    membership.refresh()

    broken.refresh_from_db()
    assert (broken.failed_at, members_of(broken)) == (None, 1)


def test_what_breaks_when_time_passes_is_set_aside_too(monkeypatch):
    said(1, level="gold")
    broken, gold = everything_in({"condition": "time_breaks"}, GOLD)
    now = database_now()
    membership.Pass(now).done()
    said(2, level="gold")

    membership.run_pass(lambda: now + timedelta(seconds=5))

    broken.refresh_from_db()
    assert broken.failure["kind"] == "ZeroDivisionError"
    assert members_of(gold) == 2


@pytest.mark.django_db(transaction=True)
def test_a_condition_that_never_ends_has_failed(monkeypatch):
    monkeypatch.setattr(membership, "LONGEST", 0.2)
    said(1, level="gold")
    slow, gold = everything_in({"condition": "slow"}, GOLD)

    membership.refresh()

    slow.refresh_from_db()
    assert (
        failures.failure_text(slow)
        == "The condition “is brittle” cannot be evaluated: it takes too long."
    )
    assert members_of(gold) == 1


@pytest.mark.django_db(transaction=True)
def test_outside_of_any_transaction_the_failure_is_committed_by_itself():
    said(1, level="gold", weight=0)
    broken, gold = everything_in(BRITTLE, GOLD)

    membership.refresh()

    broken.refresh_from_db()
    assert (broken.failures, members_of(gold)) == (1, 1)


def test_what_is_kept_about_customers_may_fail_and_the_segments_go_on(monkeypatch):
    class Breaks(derived.DerivedState):
        key, reads = "breaks", frozenset({"attribute"})
        asked = []
        is_broken = True

        def keep(self, candidates, now):
            if self.is_broken:
                raise ValueError("kept")
            self.asked.append(set(candidates))
            return set()

    monkeypatch.setitem(derived.derived_states.by_key, "breaks", Breaks)
    first = said(1, level="gold")
    (gold,) = everything_in(GOLD)

    membership.refresh()
    second = said(2, level="gold")
    membership.refresh()
    assert members_of(gold) == 2

    Breaks.is_broken = False
    failures._backing_off.clear()
    membership.refresh_all()
    assert {first.pk, second.pk} <= set().union(*Breaks.asked)


# -- wherever a rule is looked at
# ----------------------------------------------------------------------------------


@pytest.fixture
def broken():
    said(1, level="gold", weight=0)
    (segment,) = everything_in({"op": "any", "of": [GOLD, BRITTLE]})
    membership.refresh()
    segment.refresh_from_db()
    return segment


@pytest.fixture
def staff():
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.create_superuser("boss"))
    return client


def test_its_page_the_list_the_dashboard_and_why_say_so(broken, staff):
    page = staff.get(f"/admin/customers/segment/{broken.pk}/change/")
    told = (
        "The condition “is brittle” cannot be evaluated: a value in it, or in the data it compares"
        " with, is out of range."
    )
    assert told in page.text
    assert 'data-need="segments"' in staff.get("/admin/").text
    assert "set aside" in staff.get("/admin/customers/segment/").text
    customer = Customer.objects.get()
    assert (
        told in staff.get(f"/admin/customers/segment/{broken.pk}/why/?customer={customer.pk}").text
    )
    assert why.explain(broken, customer, database_now()).failure == told


def test_a_preview_counts_the_other_parts(broken, staff):
    draft = drafted(from_definition(broken.definition))

    found = preview.exact(draft, database_now(), user=1)

    assert list(found.failed.values()) == [
        "The condition “is brittle” cannot be evaluated: a value in it, or in the data it compares"  # noqa: ISC004
        " with, is out of range."
    ]
    assert list(found.counts.values()) == [1]
    assert not found.is_too_slow


def test_the_audit_goes_on_to_the_others(broken):
    gold = Segment.objects.create(name="gold", definition=GOLD)
    membership.refresh()
    Segment.objects.filter(pk=broken.pk).update(evaluated_version=broken.version)

    assert audit.audit_due(2) == 1

    gold.refresh_from_db()
    assert gold.drift == 0


def test_a_campaign_is_not_launched_to_members_that_nobody_knows_to_be_right(broken):
    campaign = a_campaign(segment=broken, template=a_template())

    with pytest.raises(ValidationError, match="set aside"):
        launching.launch(campaign, by=None, now=database_now())


def test_a_campaign_that_was_scheduled_waits_for_its_segment(broken):
    campaign = a_campaign(segment=broken, template=a_template())
    now = database_now()
    Segment.objects.filter(pk=broken.pk).update(failed_at=None)
    campaign.segment.refresh_from_db()
    launching.launch(campaign, by=None, now=now)
    Segment.objects.filter(pk=broken.pk).update(failed_at=now)

    slots.expand()
    campaign.refresh_from_db()
    assert campaign.audience is None

    CustomerAttribute.objects.filter(key="weight").update(value=1)
    retried()
    for _look in range(4):
        membership.refresh_all()
        CampaignSlot.objects.update(due_at=now)
        slots.expand()
    campaign.refresh_from_db()
    assert campaign.audience is not None


def test_runs_at_a_branch_that_cannot_be_decided_wait_there_and_others_walk_on(broken):
    journey = a_journey(
        {"if": {"step": "branch", "rule": BRITTLE, "yes": "end", "no": "end"}, "end": WAIT}
    )
    other = a_journey({"end": WAIT})
    source = a_source()
    happened(
        source, an_event(member(1), name="Product Viewed", at=database_now()), now=database_now()
    )
    automation.process_reactions()
    engine.advance()

    waiting, walked = Run.objects.get(journey=journey), Run.objects.get(journey=other)
    assert (waiting.step, waiting.attempts, waiting.error) == ("if", 0, "")
    assert walked.step == "end"

    CustomerAttribute.objects.filter(key="weight").update(value=1)
    Run.objects.filter(pk=waiting.pk).update(due_at=database_now())
    engine.advance()
    waiting.refresh_from_db()
    assert waiting.step == "end"


@pytest.mark.long
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=NUMBER_LIKE, op=st.sampled_from(["is", "is_not", ">", "<=", "one_of"]))
def test_no_number_like_text_that_can_be_saved_fails_later(value, op):
    attribute = {"condition": "attribute", "attribute": "batch_no", "operator": op, "value": value}
    event = {
        "condition": "did_event",
        "event": "A",
        "where": [["n", "is" if op == "one_of" else op, value]],
    }
    measured = {
        "condition": "event_number",
        "event": "A",
        "property": "n",
        "measure": "sum",
        "comparison": ">=",
        "times": value,
    }
    for definition in (attribute, event, measured):
        try:
            rules.check(definition)
        except rules.InvalidRule:
            continue
        rules.Evaluation(database_now()).of(definition)
        rules.sentence(definition)
