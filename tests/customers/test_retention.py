"""What has had its time goes: after somebody agreed, in pieces, and what is concluded from it stays
right."""

import itertools
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.db import connection

from crm_project.db.taken_back import take_back
from crm_project.queue.due import database_now
from customers.data_rights.retention import chosen_terms, running
from customers.data_rights.retention.base import kinds
from customers.models import (
    AttributeChange,
    AuditEntry,
    ChangedCustomer,
    Consent,
    Customer,
    ErasedIdentity,
    FollowUp,
    Identity,
    Note,
    Retention,
    Segment,
    Transition,
)
from customers.segments import membership
from events.models import Event
from tests.factories import (
    a_customer,
    a_member,
    a_segment,
    a_source,
    an_event,
    an_order,
    happened,
    member,
    visitor,
)

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
numbers = itertools.count()


def ago(days):
    return NOW - timedelta(days=days)


def an_existing_installation():
    Retention.objects.all().delete()
    chosen_terms.make(database_now())


def swept(*keys):
    """These kinds are swept once, to their end."""
    if not Retention.objects.exists():
        chosen_terms.make(database_now())
    Retention.objects.filter(kind__in=keys).update(agreed_at=NOW)
    count(*keys)


def count(*keys):
    Retention.objects.exclude(kind__in=keys).update(due_at=None)
    Retention.objects.filter(kind__in=keys).update(due_at=ago(1))
    while running.work():
        pass


def row(key):
    return Retention.objects.get(kind=key)


def who(*permissions):
    user = User.objects.create_user(f"user {next(numbers)}")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return User.objects.get(pk=user.pk)


def a_task(customer, done_at):
    return FollowUp.objects.create(
        customer=customer,
        origin_customer=customer,
        title="call",
        at=done_at or NOW,
        done_at=done_at,
    )


# -- every table says how long
# ------------------------------------------------------------------------------------

# What holds nothing of a person, or is emptied as it is worked on.
OTHERS = {
    *(
        "customers.Workspace",
        "customers.SpecialDay",
        "customers.Namespace",
        "customers.Source",
        "customers.Connection",
        "customers.Breaker",
        "integrations.AccessToken",
        "integrations.SubscribeTemplate",
        "integrations.PhoneLookups",
        "customers.Retention",
        "customers.EvaluatorClock",
    ),
    *(
        "customers.Segment",
        "customers.SegmentVersion",
        "customers.SegmentSize",
        "customers.SegmentPart",
        "customers.WatchedSegment",
    ),
    *("customers.Tag", "customers.TagGroup", "customers.ChangedCustomer", "customers.RevealLimit"),
    *(
        "events.Product",
        "events.ProductPair",
        "events.ProductSales",
        "events.RecommendClock",
        "events.EventName",
        "events.WatchedName",
        "events.Figure",
        "events.FigureChange",
        "events.Reach",
    ),
    *(
        "events.SeenEvent",
        "events.SeenProperty",
        "events.EventCursor",
        "events.LifecycleSettings",
        "events.CycleMeasure",
    ),
    *("events.InterestSettings", "events.InterestVersion"),
    *(
        "campaigns.Campaign",
        "campaigns.Template",
        "campaigns.Journey",
        "campaigns.JourneyVersion",
        "campaigns.CouponBatch",
        "campaigns.VersionMove",
        "campaigns.MarketingStop",
        "campaigns.CampaignVersion",
        "campaigns.CampaignSlot",
        "campaigns.StopRelease",
    ),
    *(
        "customers.DisplayName",
        "events.SourceVolume",
        "customers.SavedView",
        "customers.ScheduledExport",
    ),
    *("campaigns.Cap", "campaigns.QuietHours", "campaigns.QuietDay", "campaigns.Price"),
    *("campaigns.JourneyDraft", "campaigns.StepFigure", "campaigns.StepFigureChange"),
    *("campaigns.ArmFigure", "campaigns.SendingFigure"),
    *("campaigns.ReportMark", "campaigns.ReportState"),
    *("campaigns.Firing", "crm_project.Heartbeat", "customers.Store"),
    *("crm_project.Host", "crm_project.KeyMark", "crm_project.AlarmState"),
}
OURS = {"customers", "events", "campaigns", "integrations", "crm_project"}


def test_every_table_of_ours_belongs_to_a_kind_or_holds_nothing_of_a_person():
    covered = {table for kind in kinds for table in kind.tables}
    there = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in OURS and not model._meta.proxy
    }
    assert there - covered - OTHERS == set()
    assert covered & OTHERS == set()
    for table in covered:
        apps.get_model(table)


def test_every_kind_says_what_it_is_and_keeps_to_its_own_bounds():
    for kind in kinds:
        assert all((kind.label, kind.what, kind.why, kind.whence)), kind.key
        assert kind.law or (kind.least, kind.most) == (None, None), kind.key
        if kind.is_settable:
            chosen_terms.check(kind, kind.default if kind.default or not kind.most else kind.most)
        if kind.follows:
            assert kinds[kind.follows].is_settable


def test_the_migration_knows_every_kind_that_is_cleared():
    assert set(Retention.objects.values_list("kind", flat=True)) == {
        kind.key for kind in kinds if kind.is_cleared
    }
    assert not Retention.objects.filter(
        agreed_at=None
    ).exists()  # there was nobody when the tables were made


# -- first it is counted
# ------------------------------------------------------------------------------------------


def test_an_existing_installation_counts_and_deletes_nothing_until_somebody_agrees():
    an_existing_installation()
    customer = a_customer()
    for days in (1000, 900, 10):
        a_task(customer, ago(days))
    a_task(customer, None)

    count("tasks")

    assert FollowUp.objects.count() == 4
    assert (row("tasks").waiting, row("tasks").waiting_oldest, row("tasks").gone) == (
        2,
        ago(1000),
        0,
    )
    assert not AuditEntry.objects.filter(act="retention.delete").exists()

    anna = who("agree_retention")
    assert chosen_terms.agree(["tasks"], by=anna) == ["tasks"]
    count("tasks")

    assert FollowUp.objects.count() == 2
    assert (row("tasks").waiting, row("tasks").gone, row("tasks").agreed_by) == (0, 2, anna)
    said = AuditEntry.objects.get(act="retention.agree")
    assert (said.by, said.details) == (anna, {"rows": {"tasks": 2}})
    done = AuditEntry.objects.get(act="retention.delete")
    assert (done.by, done.subject, done.details["rows"]) == (None, "retention:tasks", 2)


def test_agreeing_takes_the_permission_and_a_count():
    an_existing_installation()
    with pytest.raises(PermissionDenied):
        chosen_terms.agree(["tasks"], by=who("change_retention"))
    # nobody knows yet what would go
    assert chosen_terms.agree(["tasks"], by=who("agree_retention")) == []
    assert row("tasks").agreed_at is None


def test_a_shorter_term_counts_first_again_and_a_longer_one_does_not():
    anna = who("change_retention")
    assert chosen_terms.choose(kinds["tasks"](), 6, by=anna)
    assert (row("tasks").number, row("tasks").agreed_at) == (6, None)
    Retention.objects.update(agreed_at=NOW)
    assert chosen_terms.choose(kinds["tasks"](), 60, by=anna)
    assert not chosen_terms.choose(kinds["tasks"](), 60, by=anna)
    assert row("tasks").agreed_at == NOW
    assert [
        e.details for e in AuditEntry.objects.filter(act="retention.change").order_by("pk")
    ] == [
        {"unit": "months", "before": 25, "now": 6},
        {"unit": "months", "before": 6, "now": 60},
    ]


@pytest.mark.parametrize(
    ("key", "number", "is_allowed"),
    [
        *[
            ("consents", 35, False),
            ("consents", 36, True),
            ("consents", None, True),
            ("messages", 35, False),
            ("messages", None, True),
        ],
        *[
            ("admin_log", 6, True),
            ("orders", 35, False),
            ("orders", 36, True),
            ("admin_log", 5, False),
        ],
        *[
            ("events", 121, False),
            ("events", None, False),
            ("events", 1, True),
            ("quarantine", None, False),
            ("quarantine", 181, False),
        ],
        *[("notes", 0, False), ("notes", 1, True), ("erasures", 35, False)],
    ],
)
def test_a_value_outside_of_what_the_law_says_is_refused(key, number, is_allowed):
    if is_allowed:
        changed = chosen_terms.choose(kinds[key](), number, by=who("change_retention"))
        assert changed in (True, False)
    else:
        with pytest.raises(chosen_terms.OutOfBounds):
            chosen_terms.choose(kinds[key](), number, by=who("change_retention"))
        assert not row(key).is_chosen


def test_setting_a_term_takes_the_permission():
    with pytest.raises(PermissionDenied):
        chosen_terms.choose(kinds["tasks"](), 6, by=who("view_retention"))
    with pytest.raises(PermissionDenied):
        chosen_terms.choose(
            kinds["refunds"](), 60, by=who("change_retention")
        )  # it has the term of orders


@pytest.mark.parametrize("is_agreed", [False, True])
def test_every_kind_is_counted_and_cleared_without_an_error(is_agreed):
    happened(a_source(), an_event(member(1), visitor(2), attributes={"level": "gold"}), now=NOW)
    Retention.objects.update(
        due_at=ago(1), is_chosen=True, number=40, agreed_at=NOW if is_agreed else None
    )
    while running.work():
        pass
    assert dict(Retention.objects.exclude(error="").values_list("kind", "error")) == {}
    assert not Retention.objects.filter(ended_at=None).exists()


# -- in pieces
# ----------------------------------------------------------------------------------------------------  # noqa: E501


def test_a_sweep_goes_on_after_the_piece_that_was_done():
    customer = a_customer()
    tasks = [a_task(customer, ago(1000)) for _n in range(6)]
    Retention.objects.exclude(kind="tasks").update(due_at=None)
    Retention.objects.filter(kind="tasks").update(due_at=ago(1), window=2)

    assert running.work() == 1
    assert list(FollowUp.objects.order_by("pk")) == tasks[2:]
    assert (row("tasks").found, row("tasks").gone, row("tasks").cursor) == (2, 0, tasks[1].pk)
    while running.work():
        pass
    assert FollowUp.objects.count() == 0
    assert row("tasks").gone == 6
    assert row("tasks").due_at > NOW + timedelta(hours=23)


def test_a_kind_that_fails_waits_by_itself(monkeypatch):
    a_task(a_customer(), ago(1000))
    Retention.objects.exclude(kind__in=["tasks", "notes"]).update(due_at=None)
    Retention.objects.filter(kind="notes").update(due_at=ago(2), is_chosen=True, number=12)
    Retention.objects.filter(kind="tasks").update(due_at=ago(1))
    monkeypatch.setattr(kinds["notes"], "clock", "no_such_column")
    while running.work():
        pass
    assert row("notes").error.startswith("ProgrammingError")
    assert row("tasks").gone == 1


# -- what stays
# ---------------------------------------------------------------------------------------------------  # noqa: E501


def test_of_attributes_only_what_a_newer_value_replaced_goes_and_since_when_it_holds_stays():
    source = a_source()
    for days, level in ((1500, "silver"), (1400, "gold"), (1200, "gold"), (1100, "gold")):
        happened(
            source, an_event(member(1), at=ago(days), attributes={"level": level}, name=""), now=NOW
        )
    ChangedCustomer.objects.all().delete()

    swept("attribute_history")

    assert [c.value for c in AttributeChange.objects.order_by("occurred_at")] == [
        "gold",
        "gold",
        "gold",
    ]
    assert ChangedCustomer.objects.filter(what="attribute").count() == 1


def test_the_latest_statement_of_a_consent_never_goes():
    customer = a_member()
    for days, granted in ((2000, True), (1900, False), (1800, True)):
        Consent.objects.create(
            customer=customer,
            origin_customer=customer,
            channel="sms",
            purpose="marketing",
            is_granted=granted,
            occurred_at=ago(days),
        )
    swept("consents")
    assert Consent.objects.count() == 3  # as long as nobody sets a number

    chosen_terms.choose(kinds["consents"](), 36, by=who("change_retention"))
    swept("consents")

    assert [c.occurred_at for c in Consent.objects.all()] == [ago(1800)]


def test_transitions_that_somebody_waits_for_stay():
    customer, segment = a_customer(), a_segment()
    for due in (None, NOW):
        Transition.objects.create(
            segment=segment, customer=customer, entered=True, at=ago(1000), due_at=due
        )
    swept("transitions")
    assert [t.due_at for t in Transition.objects.all()] == [NOW]


# -- people
# -------------------------------------------------------------------------------------------------------  # noqa: E501


def a_visitor(number, days, **more):
    [outcome] = happened(
        a_source(trust="client"), an_event(visitor(number), at=ago(days), **more), now=ago(days)
    )
    Customer.objects.filter(pk=outcome.customer_id).update(created_at=ago(days))
    return Customer.objects.get(pk=outcome.customer_id)


def test_a_silent_visitor_is_forgotten_without_a_mark():
    gone, back, fresh = a_visitor("a", 900), a_visitor("b", 900), a_visitor("c", 10)
    happened(a_source(trust="client"), an_event(visitor("b"), at=ago(5)), now=ago(5))
    bought, told, known = a_visitor("d", 900), a_visitor("e", 900), a_member(first_seen_at=ago(900))
    Customer.objects.filter(pk=known.pk).update(created_at=ago(900))
    an_order(bought, source=a_source(), paid_at=ago(900))
    Note.objects.create(customer=told, origin_customer=told, text="came by", at=ago(900))

    swept("visitors")

    assert list(Customer.objects.exclude(erased_at=None)) == [gone]
    assert {back, fresh, bought, told, known} <= set(Customer.objects.alive())
    assert not Identity.objects.filter(customer=gone).exists()
    assert not Event.objects.filter(customer=gone).exists()
    assert not ErasedIdentity.objects.exists()
    assert row("visitors").gone == 1


def test_many_silent_visitors_go_in_pieces(monkeypatch):
    monkeypatch.setattr("customers.data_rights.retention.people.AT_ONCE", 2)
    people = [a_visitor(f"v{n}", 900) for n in range(5)]
    swept("visitors")
    assert Customer.objects.filter(erased_at=None, pk__in=[p.pk for p in people]).count() == 0
    assert row("visitors").gone == 5


def test_an_unconfirmed_person_goes_when_nobody_confirmed_them():
    source = a_source(trust="client")
    [outcome] = happened(source, an_event(member("claimed"), at=ago(500)), now=ago(500))
    Customer.objects.filter(pk=outcome.customer_id).update(created_at=ago(500))
    assert Customer.objects.get(pk=outcome.customer_id).is_provisional
    swept("provisional")
    assert Customer.objects.get(pk=outcome.customer_id).erased_at is not None


def test_membership_follows_what_went():
    customer = a_member("m")
    for days in (1200, 1100):
        an_order(customer, source=a_source(), paid_at=ago(days))
    rule = {"condition": "orders", "measure": "count", "comparison": ">=", "times": 1}
    segment = Segment.objects.create(name="bought", definition=rule)
    membership.refresh()
    assert set(segment.memberships.values_list("customer", flat=True)) == {customer.pk}

    chosen_terms.choose(kinds["orders"](), 36, by=who("change_retention"))
    swept("orders", "refunds")
    membership.refresh()

    assert not segment.memberships.exists()


def test_deleting_in_a_transaction_leaves_no_trace_of_triggers_only_of_our_own():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_changedcustomer (customer_id, what) VALUES (1, 'ours')"
        )
    assert take_back("customers_changedcustomer") >= 1
    assert not ChangedCustomer.objects.exists()


@pytest.mark.proof
def test_among_very_many_rows_no_piece_takes_a_second():
    customer, segment = a_customer(), a_segment()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_transition (segment_id, customer_id, entered, reason, at,"
            " attempts, error) SELECT %s, %s, true, 'change', now() - n * interval '4 minutes', 0,"
            " '' FROM generate_series(1, 400000) n",
            [segment.pk, customer.pk],
        )
    Retention.objects.exclude(kind="transitions").update(due_at=None)
    Retention.objects.filter(kind="transitions").update(due_at=ago(1))
    times, work = [], 1
    while work:
        began = time.monotonic()
        work = running.work()
        times.append(time.monotonic() - began)
    left = Transition.objects.count()
    print(
        f"{row('transitions').gone} of 400,000 rows gone in {len(times)} pieces, {sum(times):.1f}"
        f" s, the longest {max(times):.2f} s"
    )
    assert row("transitions").gone + left == 400_000
    assert left == pytest.approx(25 * 30.4 * 24 * 15, rel=0.02)
    assert max(times) < 1
