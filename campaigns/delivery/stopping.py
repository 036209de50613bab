"""All marketing is stopped (一键停发): on a channel, or on all. Service goes on.

Whoever stops it and whoever puts messages behind the fence hold one lock, so that after the stop
has committed no further message enters the fence: with a provider is then only what was there, a
batch that takes less than a second (sender.py). What waits keeps its place until it is released, by
campaign and journey, or called off, or the stop ends.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, Min, Q

from campaigns.delivery import calling_off
from campaigns.models import MarketingStop, Message, StopRelease
from crm_project.db.sets import among
from crm_project.queue import wakeups
from crm_project.queue.due import database_now
from customers.models import AuditEntry, Workspace

LOCK = 0x73746F70  # "stop": of this database's advisory locks
REASON, CALLED_OFF = "stopped", "stop_called_off"
RIGHT = "campaigns.stop_marketing"
TESTS_ARE_SENT = Q(is_test=False)


@dataclass(frozen=True)
class Waiting:
    """What one campaign or journey (or, neither, people one by one) has waiting on a channel."""

    campaign_id: int | None
    journey_id: int | None
    channel: str
    n: int
    since: datetime


def stop(channel: str, *, by, note: str = "") -> MarketingStop:
    """No marketing of this channel ("": of any) enters the fence once this has returned; where it
    was stopped already, nothing changes."""
    with transaction.atomic():
        lock(shared=False)
        there = MarketingStop.objects.filter(channel=channel, ended_at=None).first()
        if there:
            return there
        # Read under the lock: whatever entered the fence before it is older.
        made = MarketingStop.objects.create(
            channel=channel, began_at=database_now(), began_by=by, note=note[:500]
        )
        keep_summary()
        audit("stop", made, by, note=made.note)
    return made


def end(one: MarketingStop, *, by, now: datetime) -> bool:
    """Marketing goes on, with what waited. False where the stop was over already."""
    with transaction.atomic():
        lock(shared=False)
        ended = MarketingStop.objects.filter(pk=one.pk, ended_at=None).update(
            ended_at=now, ended_by=by
        )
        if ended:
            keep_summary()
            audit("end", one, by)
            transaction.on_commit(lambda: wakeups.wake("deliver"))
    return bool(ended)


def release(*, campaign_id: int | None, journey_id: int | None, by, now: datetime) -> None:
    """What this campaign or journey has waiting, and what it queues yet, leaves in spite of the
    stops there are now."""
    with transaction.atomic():
        stops = list(MarketingStop.objects.filter(ended_at=None).order_by("pk"))
        for one in stops:
            StopRelease.objects.bulk_create(
                [
                    StopRelease(
                        stop=one, campaign_id=campaign_id, journey_id=journey_id, at=now, by=by
                    )
                ],
                ignore_conflicts=True,
            )
            audit("release", one, by, campaign=campaign_id, journey=journey_id)
        transaction.on_commit(lambda: wakeups.wake("deliver"))


def call_off(*, campaign_id: int | None, journey_id: int | None, by, now: datetime) -> int:
    """What this campaign or journey has waiting because of a stop is not sent any more. The number
    of messages."""
    theirs = Message.objects.filter(Message.stopped(), TESTS_ARE_SENT)
    theirs = theirs.filter(campaign_id=campaign_id, journey_id=journey_id)
    with transaction.atomic():
        n = calling_off.call_off(theirs, CALLED_OFF, now=now)
        for one in MarketingStop.objects.filter(ended_at=None).order_by("pk"):
            audit("call_off", one, by, campaign=campaign_id, journey=journey_id, n=n)
    return n


def lock(*, shared: bool) -> None:
    """Until the transaction ends; whoever stops waits for the claims under way."""
    name = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name}(%s)", [LOCK])


def held_now(ids: Collection[int]) -> set[int]:
    """Those of the messages that a stop holds; nobody stops any before the transaction ends."""
    lock(shared=True)
    if not Workspace.objects.exclude(stopped_channels=[]).exists():
        return set()
    held = Message.objects.filter(among("pk", ids), Message.stopped(), TESTS_ARE_SENT)
    return set(held.values_list("pk", flat=True))


def keep_summary() -> None:
    """The workspace's row says which channels are stopped."""
    standing = MarketingStop.objects.filter(ended_at=None).order_by("channel")
    Workspace.get()
    Workspace.objects.update(stopped_channels=list(standing.values_list("channel", flat=True)))


def audit(act: str, one: MarketingStop, by, **details) -> None:
    AuditEntry.objects.create(
        by=by,
        act=f"marketing_stop.{act}",
        subject=f"marketingstop:{one.pk}",
        details={"channel": one.channel, **details},
    )


def waiting() -> list[Waiting]:
    """What the stops hold, by campaign or journey and channel, the most first."""
    held = Message.objects.filter(Message.stopped(), TESTS_ARE_SENT, state=Message.State.QUEUED)
    rows = (
        held.values("campaign_id", "journey_id", "channel")
        .annotate(n=Count("pk"), since=Min("created_at"))
        .order_by("-n", "campaign_id", "journey_id", "channel")
    )
    return [Waiting(**row) for row in rows]


def sent_before(began_at: datetime, since: datetime) -> list[dict]:
    """Which campaigns and journeys wrote to people between `since` and the stop, and to how many;
    what is with a provider, or cannot be known, may have arrived."""
    left = Message.objects.filter(
        Q(campaign_id__isnull=False) | Q(journey_id__isnull=False),
        TESTS_ARE_SENT,
        sent_at__gt=since,
        sent_at__lte=began_at,
        purpose="marketing",
    ).exclude(state=Message.State.FAILED)
    return list(
        left.values("campaign_id", "journey_id")
        .annotate(people=Count("customer_id", distinct=True), first=Min("sent_at"))
        .order_by("-people", "campaign_id", "journey_id")
    )
