"""A dry run as a job: what is counted, that nothing at all is written, what it says it cannot
know."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.db.utils import InternalError
from pyroaring import BitMap

from campaigns.journeys import definition
from campaigns.journeys.definition import InvalidJourney
from campaigns.journeys.dry_run import beginnings, job, judged
from campaigns.journeys.dry_run.plans import plan
from campaigns.journeys.dry_run.snapshot import read_only
from campaigns.journeys.dry_run.tally import Tally
from campaigns.journeys.dry_run.walking import Walk
from campaigns.models import Journey, Message, Suppression
from crm_project.jobs import running
from customers.identity import merging
from customers.models import Consent, CustomerAttribute, Tag, Transition
from tests.campaigns.lived import imagined
from tests.factories import (
    NOW,
    a_batch,
    a_member,
    a_night,
    a_segment,
    a_source,
    a_workspace,
    an_event,
    happened,
    member,
)

VIEW, ORDER = "Product Viewed", "Order Completed"
DIGEST = "md5(string_agg(t::text, ',' ORDER BY t::text))"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def message(**more) -> dict:
    content = {"title": "Hello", "body": "{{ customer.name | default: 'you' }}"}
    fields = {"channel": "in_app", "purpose": "marketing", "content": content, **more}
    return {"step": "send_message", "fields": fields, "exits": {"next": None}}


def wait(n: int, to: str | None, unit="hours") -> dict:
    return {"step": "wait", "fields": {"n": n, "unit": unit}, "exits": {"next": to}}


def a_draft(steps: dict, *, trigger=None, **more) -> Journey:
    begins = trigger or {"trigger": "event", "fields": {"event": VIEW}}
    draft = {
        "v": 2,
        "trigger": begins,
        "reentry": {"kind": "always"},
        "holdout_percent": 0,
        "start": next(iter(steps)),
        "steps": steps,
        **more,
    }
    return Journey.objects.create(name=f"journey {Journey.objects.count()}", draft=draft)


def tried(journey: Journey, days: int = 30, until=NOW + DAY) -> Walk:
    return imagined(journey, until - days * DAY, until, journey.draft)


def everything() -> dict:
    """All rows of all tables."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.managed and not model._meta.proxy:
                table = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(f"SELECT count(*), {DIGEST} FROM {table} t")
                found[table] = cursor.fetchone()
    return found


@pytest.mark.django_db(transaction=True)
def test_it_writes_nothing_and_takes_no_transaction_id():
    a_workspace()
    batch = a_batch(per_customer=2)
    tag = Tag.objects.create(name="seen")
    steps = {
        "s1": {
            "step": "issue_coupon",
            "fields": {"batch": batch.pk},
            "exits": {"next": "s2", "none": None},
        },
        "s2": wait(2, "s3"),
        "s3": {
            "step": "random_split",
            "fields": {"w1_percent": 50, "w2_percent": 50},
            "exits": {"w1": "s4", "w2": "s4"},
        },
        "s4": {"step": "add_tag", "fields": {"tag": tag.pk}, "exits": {"next": "s5"}},
        "s5": {
            "step": "set_attribute",
            "fields": {"attribute": "crm_seen", "kind": "now"},
            "exits": {"next": "s6"},
        },
        "s6": message(batch=batch.pk),
    }
    journey = a_draft(steps, holdout_percent=20)
    source = a_source()
    happened(source, *(an_event(member(n), name=VIEW) for n in range(1, 9)), now=NOW)
    one = plan(journey, journey.draft, NOW - DAY, NOW + DAY)
    before = everything()

    def walked():
        people = beginnings.people(one.journey.trigger, one.version, one.span)
        walk = Walk(one, people).gone()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id_if_assigned()")
            return walk, cursor.fetchone()[0]

    walk, number = read_only(walked)

    assert number is None
    assert everything() == before
    assert len(walk.runs) == 8
    assert walk.tally.sum("channel", "in_app", "sent") == 8 - walk.tally.sum("held_out")
    assert walk.tally.sum("done") == 16


@pytest.mark.django_db(transaction=True)
def test_whatever_would_write_in_it_is_refused():
    def writes():
        Journey.objects.create(name="never")

    with pytest.raises(InternalError, match="read-only"):
        read_only(writes)
    assert not Journey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_job_counts_part_by_part_as_one_walk_would(monkeypatch):
    a_workspace()
    boss = User.objects.create_superuser("boss")
    journey = a_draft({"s1": wait(2, "s2"), "s2": message(batch=a_batch(stock=4).pk)})
    happened(a_source(), *(an_event(member(n), name=VIEW) for n in range(1, 8)), now=NOW + HOUR)
    whole = tried(journey, days=1).tally
    monkeypatch.setattr(job.DryRunJob, "window", 2)
    monkeypatch.setattr(job.DryRunJob, "most", 2)

    row = job.begin(journey, journey.draft, days=1, is_draft=True, by=boss, now=NOW + DAY)
    rows = {table: n for table, n in everything().items() if "job" not in table}
    while running.work():
        pass

    row.refresh_from_db()
    assert (row.job.state, row.job.done_rows, row.job.total) == ("done", 7, 7)
    assert (row.people, row.one_in, bytes(row.waiting)) == (7, 1, b"")
    assert row.ended_at is not None
    found = Tally.read(row.result)
    assert found == whole
    assert found.sum("coupon", str(journey.draft["steps"]["s2"]["fields"]["batch"]), "") == 4
    assert found.sum("message", "s2", "skipped", "coupon_out_of_stock") == 3
    after = everything()
    changed = {table for table, one in rows.items() if after[table] != one}
    assert {name.strip('"') for name in changed} <= {
        "campaigns_dryrun",
        "customers_auditentry",
        "crm_project_job",
    }


@pytest.mark.django_db
def test_only_some_of_very_many_are_looked_at_and_it_says_so(monkeypatch):
    journey = a_draft({"s1": wait(2, None)})
    boss = User.objects.create_superuser("boss")
    monkeypatch.setattr(job, "MOST_PEOPLE", 10)
    monkeypatch.setattr(job, "read_only", lambda work: BitMap(range(100, 135)))
    row = job.begin(journey, journey.draft, days=400, is_draft=True, by=boss, now=NOW)

    assert job.DryRunJob().total(row.job) == 9
    row.refresh_from_db()
    assert (row.people, row.one_in) == (35, 4)
    assert list(BitMap.deserialize(bytes(row.waiting))) == list(range(100, 135, 4))
    assert row.until - row.since == 90 * DAY


@pytest.mark.django_db
def test_a_few_are_kept_of_each_journey():
    boss = User.objects.create_superuser("boss")
    mine, other = a_draft({"s1": wait(2, None)}), a_draft({"s1": wait(2, None)})
    job.begin(other, other.draft, days=1, is_draft=True, by=boss, now=NOW)
    for _n in range(job.KEPT + 2):
        last = job.begin(mine, mine.draft, days=1, is_draft=True, by=boss, now=NOW)

    assert (mine.dry_runs.count(), other.dry_runs.count()) == (job.KEPT, 1)
    assert last.pk in mine.dry_runs.values_list("pk", flat=True)


@pytest.mark.django_db
def test_a_draft_that_cannot_run_is_refused_in_words_and_one_that_lost_a_part_fails_in_words():
    boss = User.objects.create_superuser("boss")
    empty = Journey.objects.create(name="empty")
    with pytest.raises(InvalidJourney):
        job.begin(empty, {}, days=1, is_draft=True, by=boss, now=NOW)
    batch = a_batch()
    journey = a_draft({"s1": message(batch=batch.pk)})
    row = job.begin(journey, journey.draft, days=1, is_draft=True, by=boss, now=NOW)
    batch.delete()

    while running.work():
        pass

    row.job.refresh_from_db()
    assert row.job.state == "failed"
    assert row.job.error


@pytest.mark.django_db
def test_the_real_messages_of_then_take_their_places_in_the_caps(moved_clock):
    a_workspace(caps={86400: 2})
    customer = a_member(1)
    for hours in (1, 30):
        Message.objects.create(
            customer=customer,
            origin_customer=customer,
            channel="in_app",
            purpose="marketing",
            state="sent",
            sent_at=NOW - hours * HOUR,
            created_at=NOW,
            effect_key=f"m{hours}",
        )
    for minutes in (0, 1, 2):
        at = NOW + timedelta(minutes=minutes)
        happened(a_source(), an_event(member(1), name=VIEW, at=at), now=at)
    content = {"title": "{{ event.n | default: 1 }}", "body": "x"}

    found = tried(a_draft({"s1": message(content=content)})).tally

    # The second is the same within a day; without it, one of two places was taken an hour before.
    assert found.of("channel", "in_app") == {("sent", ""): 1, ("skipped", "duplicate"): 2}


@pytest.mark.django_db
def test_consent_suppression_and_quiet_hours_count_as_of_then(push):
    a_workspace(time_zone="UTC")
    a_night("21:00", "09:00", purpose="marketing")
    source = a_source()
    asked, silent, late = (a_member(n) for n in (1, 2, 3))
    for customer, at in ((asked, NOW - DAY), (silent, NOW - 3 * DAY), (late, NOW + HOUR)):
        Consent.objects.create(
            customer=customer,
            origin_customer=customer,
            channel="loopback",
            purpose="marketing",
            is_granted=True,
            occurred_at=at,
        )
    Suppression.objects.create(
        customer=silent, origin_customer=silent, channel="loopback", reason="hand", at=NOW - DAY
    )
    happened(source, *(an_event(member(n), name=VIEW) for n in (1, 2, 3)), now=NOW)

    walk = tried(a_draft({"s1": message(channel="loopback", content={"body": "Hello"})}))

    assert walk.tally.of("channel", "loopback") == {
        ("sent", ""): 1,
        ("skipped", "suppressed"): 1,
        ("skipped", "no_consent"): 1,
    }
    # Two in the morning in UTC: it waited for nine.
    assert [m.sent_at for m in walk.messages if m.sent_at] == [NOW.replace(hour=9)]
    assert push.Loopback.sent == []


@pytest.mark.django_db
def test_history_that_came_by_a_file_counts_from_when_it_happened():
    a_workspace()
    source = a_source()
    happened(
        source,
        an_event(member(1), name=VIEW, at=NOW - 20 * DAY),
        an_event(member(1), name=ORDER, at=NOW - 20 * DAY + HOUR),
        an_event(member(2), name=VIEW, at=NOW - 2 * DAY),  # too old to begin, too young for a file
        now=NOW,
    )
    await_order = {
        "step": "wait_for_event",
        "fields": {"event": ORDER, "n": 3, "unit": "hours"},
        "exits": {"happened": None, "timed_out": None},
    }

    found = tried(a_draft({"s1": await_order})).tally

    assert (found.sum("entered"), found.sum("history")) == (1, 1)
    assert found.sum("left", "s1", "happened") == 1


@pytest.mark.django_db
def test_segments_schedules_dates_bookings_and_calls_begin_it_too():
    a_workspace()
    one, two = a_member(1), a_member(2)
    segment = a_segment(one, two)
    for customer, at in ((one, NOW - DAY), (two, NOW - 40 * DAY)):
        Transition.objects.create(segment=segment, customer=customer, entered=True, at=at)
    Transition.objects.create(
        segment=segment, customer=two, entered=True, at=NOW, reason="definition"
    )
    steps = {"s1": wait(1, None)}
    entered = {"trigger": "segment", "fields": {"segment": segment.pk}}
    daily = {"kind": "daily", "time": "09:00", "missed": "last"}
    scheduled = {"trigger": "schedule", "fields": {"segment": segment.pk, "schedule": daily}}
    call = {"trigger": "call", "fields": {}}

    assert tried(a_draft(steps, trigger=entered)).tally.sum("entered") == 1
    assert tried(a_draft(steps, trigger=scheduled), days=7).tally.sum("entered") == 14
    assert tried(a_draft(steps, trigger=call)).tally.sum("entered") == 0


@pytest.mark.django_db
def test_it_says_what_is_judged_by_todays_value():
    segment = a_segment(a_member(1))
    rule = {
        "op": "all",
        "of": [
            {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"},
            {"condition": "did_event", "event": VIEW, "comparison": ">=", "times": 1},
        ],
    }
    steps = {
        "s1": {"step": "branch", "fields": {"rule": rule}, "exits": {"yes": "s2", "no": None}},
        "s2": message(),
    }
    trigger = {"trigger": "segment", "fields": {"segment": segment.pk}}
    found = judged.marks(definition.check(a_draft(steps, trigger=trigger).draft), NOW)

    assert found.keys() == {"", "s1", "s2"}
    assert len(found["s1"]) == 2


@pytest.mark.django_db
def test_it_says_how_many_were_merged_since():
    one, other = a_member(1), a_member(2)
    plain = definition.check(a_draft({"s1": message()}).draft)
    before = judged.marks(plain, NOW)[""]

    merging.merge(one.pk, other.pk, by="test", identity="", now=NOW + timedelta(seconds=1))
    more = set(judged.marks(plain, NOW)[""]) - set(before)
    assert [text[:8] for text in more] == ["1 member"]
    assert judged.marks(plain, NOW + timedelta(days=1))[""] == before


@pytest.mark.django_db
def test_a_birthday_begins_it_for_whoever_has_one():
    a_workspace()
    for number, day in ((1, "1990-11-20"), (2, "1985-11-24"), (3, "1990-06-01")):
        customer = a_member(number)
        CustomerAttribute.objects.create(
            customer=customer, key="birthday", value=day, occurred_at=NOW
        )
    fields = {"attribute": "birthday", "every": "year", "days": 0, "at": "09:00"}

    walk = tried(a_draft({"s1": wait(1, None)}, trigger={"trigger": "date", "fields": fields}))

    assert sorted(run.entered_at.day for run in walk.runs.values()) == [20, 24]
