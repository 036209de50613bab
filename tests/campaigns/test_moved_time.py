"""Midnight, the end of a month and changes to summer time, by moving the database's clock.

Nothing here is told what time it is: each part asks the database, as it does in production.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from campaigns.broadcasts import schedules
from campaigns.dashboard.period import Period
from campaigns.dashboard.tiles import messages_today
from campaigns.delivery import sender
from campaigns.models import Firing, Message, Run
from crm_project.queue.due import database_now
from customers.models import CustomerAttribute, CustomerTag, Membership, Segment, Tag
from customers.segments import membership
from customers.tags import tagging
from events import ingest, partitions
from events import tasks as events_tasks
from events.insights import figures
from tests.campaigns.queued import a_message, agree, outcome
from tests.campaigns.test_journeys import HELLO, settle
from tests.campaigns.test_journeys import a_journey as a_plain_journey
from tests.campaigns.test_wait_for_event import a_journey, left_by, step
from tests.factories import a_customer, a_night, a_segment, a_source, a_workspace, an_event, member

pytestmark = pytest.mark.django_db
SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")


def here(text: str, zone=SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def members(segment) -> list[int]:
    membership.refresh_all()
    return list(Membership.objects.filter(segment=segment).values_list("customer", flat=True))


@pytest.mark.parametrize(
    ("zone", "eve"),
    [
        (SHANGHAI, "2026-12-31T23:59:30"),
        (NEW_YORK, "2026-03-07T23:59:30"),  # the day before the clocks go forward
        (NEW_YORK, "2026-10-31T23:59:30"),  # and back
    ],
)
def test_at_local_midnight_a_segment_changes(moved_clock, zone, eve):
    a_workspace(time_zone=zone.key)
    moved_clock.to(here(eve, zone))
    tomorrow = (here(eve, zone) + timedelta(days=1)).date()
    who = a_customer()
    CustomerAttribute.objects.create(
        customer=who, key="visits", value=tomorrow.isoformat(), occurred_at=database_now()
    )
    today = {"condition": "attribute_date", "attribute": "visits", "comparison": "on"}
    rule = {"op": "all", "of": [{**today, "against": "today"}]}
    segment = membership.save_definition(Segment(name="today"), rule, by=None, now=database_now())
    assert members(segment) == []

    moved_clock.by(seconds=31)
    assert members(segment) == [who.pk]
    # the day is 23, 24 or 25 hours long
    moved_clock.to(here(f"{tomorrow}T23:59:50", zone))
    assert members(segment) == [who.pk]
    moved_clock.by(seconds=11)
    assert members(segment) == []


@pytest.mark.parametrize(
    ("evening", "morning"),
    [
        ("2026-03-07T22:00", "2026-03-08T09:00"),  # a night that is an hour shorter
        ("2026-10-31T22:00", "2026-11-01T09:00"),  # and longer
        ("2026-12-31T22:00", "2027-01-01T09:00"),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(push, moved_clock, evening, morning):
    a_workspace(time_zone=NEW_YORK.key)
    a_night("21:00", "09:00", purpose="marketing")
    moved_clock.to(here(evening, NEW_YORK))
    who = a_customer()
    agree(who)
    message = a_message(who, channel="loopback")
    sender.send_due("loopback")
    message.refresh_from_db()
    assert message.state == "queued"
    assert message.due_at == here(morning, NEW_YORK)

    moved_clock.to(here(morning, NEW_YORK) - timedelta(seconds=30))
    sender.send_due("loopback")
    assert outcome(message)[0] == "queued"
    moved_clock.by(seconds=31)
    sender.send_due("loopback")
    assert outcome(message) == ("sent", "")


def test_day_counters_begin_anew_at_local_midnight(moved_clock):
    a_workspace(time_zone=SHANGHAI.key)
    moved_clock.to(here("2026-11-30T23:59:30"))
    a_message(a_customer())
    assert queued_today() == 1
    moved_clock.by(seconds=31)
    assert queued_today() == 0
    a_message(a_customer())
    assert queued_today() == 1


def queued_today() -> int:
    figures.fold(database_now())
    return {name: n for name, _label, n in messages_today(Period(database_now()))}["queued"]


def test_at_the_end_of_a_month_the_next_ones_are_there(moved_clock):
    """From the 31st to the 1st, where the month after has thirty days or less."""
    a_workspace()
    source = a_source()
    moved_clock.to(datetime(2027, 1, 31, 23, 59, 55, tzinfo=UTC))
    events_tasks.keep_partitions()
    made = partitions_made()
    assert {"events_event_2027_01", "events_event_2027_02", "events_event_2027_03"} <= made

    assert stored_in(source, database_now()) == "events_event_2027_01"
    moved_clock.by(seconds=10)
    assert stored_in(source, database_now()) == "events_event_2027_02"
    events_tasks.keep_partitions()
    assert partitions_made() - made == {"events_event_2027_05"}


def stored_in(source, at) -> str:
    ingest.record(source, [an_event(member(1), at=at, id=f"at {at}")])
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM events_event ORDER BY id DESC LIMIT 1")
        return cursor.fetchone()[0]


def partitions_made() -> set[str]:
    partitions.forget()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname ~ '^events_event_[0-9]{4}_[0-9]{2}$'"
        )
        return {name for (name,) in cursor.fetchall()}


def test_a_schedule_comes_round_through_a_change_of_clocks(moved_clock):
    a_workspace(time_zone=NEW_YORK.key)
    segment = a_segment(a_customer())
    moved_clock.to(here("2026-03-07T12:00", NEW_YORK))
    daily = {"kind": "daily", "time": "02:30"}  # on the 8th there is none
    journey = a_plain_journey(
        {"hello": HELLO},
        trigger={"trigger": "schedule", "segment": segment.pk, "schedule": daily},
    )
    journey.versions.update(published_at=database_now())

    fired = []
    for _hour in range(50):
        moved_clock.by(hours=1)
        schedules.fire(database_now())
        fired = list(Firing.objects.order_by("slot").values_list("slot", flat=True))
    assert fired == [here("2026-03-08T03:00", NEW_YORK), here("2026-03-09T02:30", NEW_YORK)]


def test_a_tag_is_over_at_its_moment(moved_clock):
    a_workspace()
    moved_clock.to(here("2027-02-28T23:59:30"))
    who, tag = a_customer(), Tag.objects.create(name="trial")
    until = here("2027-03-01T00:00")
    tagging.put_on(tag, [who.pk], by="staff", until=until, now=database_now())
    tagging.expire(database_now())
    assert CustomerTag.objects.filter(customer=who).exists()

    moved_clock.by(seconds=31)
    tagging.expire(database_now())
    assert not CustomerTag.objects.filter(customer=who).exists()


@pytest.mark.parametrize(
    ("came", "at", "goes_on"),
    [
        # left out: the next minute there is
        ("2026-03-08T01:00:00-05:00", "02:30", "2026-03-08T03:00:00-04:00"),
        # comes twice: the first
        ("2026-11-01T00:10:00-04:00", "01:30", "2026-11-01T01:30:00-04:00"),
        # past the first of the two: not the second, but the next day's
        ("2026-11-01T01:40:00-04:00", "01:30", "2026-11-02T01:30:00-05:00"),
    ],
)
def test_a_journey_waits_for_a_local_time(moved_clock, came, at, goes_on):
    a_workspace(time_zone=NEW_YORK.key)
    a_journey({"s1": step("wait_until", {"until": "time", "at": at}, next=None)})
    came, goes_on = datetime.fromisoformat(came), datetime.fromisoformat(goes_on)
    moved_clock.to(came)
    ingest.record(a_source(), [an_event(member(1), at=database_now())])
    settle()
    assert Run.objects.get().due_at == goes_on

    moved_clock.to(goes_on - timedelta(seconds=30))
    settle()
    assert left_by() == []
    moved_clock.by(seconds=31)
    settle()
    assert left_by() == ["next"]
    assert Message.objects.count() == 0
