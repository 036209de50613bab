"""The clock as a trigger: a firing is a row, unique per slot, so two beats or a late start fire it
once (decision 24). What becomes of missed slots, the schedule says.
"""

from datetime import datetime, timedelta

from django.db import connection

from campaigns.journeys import definition, starting
from campaigns.models import Firing, Journey, JourneyVersion
from crm_project import failpoints
from crm_project.queue.due import work_through
from customers.models import Membership, Segment
from customers.segments import catching_up

BATCH = 1000
FOLLOWS_SOON = timedelta(seconds=1)
LOOK_AGAIN = timedelta(seconds=5)


LATEST = """
SELECT subject, (SELECT max(slot) FROM campaigns_firing f WHERE f.subject = given.subject)
  FROM unnest(%s::text[]) AS given(subject)
"""


def fire(now: datetime) -> int:
    """Each live journey that the clock begins has a firing for each slot that came since it was
    published, less those that were missed and are not made up for. The number of slots."""
    found = {}
    for journey in starting.live():
        trigger = definition.of_version(journey.published_id).trigger
        if trigger.is_clocked:
            found[f"journey:{journey.published_id}"] = trigger, journey.published.published_at
    firings = [
        Firing(subject=subject, slot=slot, due_at=now)
        for subject, after in fired_until(found).items()
        for slot in found[subject][0].slots(after, now)
    ]
    # What somebody else has fired meanwhile is passed over.
    made = Firing.objects.bulk_create(firings, ignore_conflicts=True)
    failpoints.reached("schedule.fired")
    return len(made)


def fired_until(found: dict) -> dict[str, datetime]:
    """Up to when each has fired, or since when it stands."""
    if not found:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(LATEST, [list(found)])
        latest = dict(cursor.fetchall())
    return {
        subject: latest[subject] or published_at - timedelta(seconds=1)
        for subject, (_trigger, published_at) in found.items()
    }


def let_in(journey: Journey, now: datetime, *, per_hour: int | None) -> bool:
    """Whoever is in the segment of the live journey's trigger enters now, so many in an hour; its
    re-entry rule holds. False where its trigger has no segment, or this is being done already."""
    segment = segment_of(journey.published_id) if journey.status == Journey.Status.LIVE else None
    subject = f"journey:{journey.published_id}"
    if segment is None or Firing.objects.filter(subject=subject, due_at__isnull=False).exists():
        return False
    Firing.objects.create(subject=subject, slot=now, due_at=now, per_hour=per_hour)
    return True


def segment_of(version_id: int) -> Segment | None:
    """Whose customers the version's trigger is about."""
    named = definition.of_version(version_id).trigger.cleaned_data.get("segment")
    return named and Segment.objects.filter(pk=named.pk).first()


def expand(*, rounds: int = 200) -> int:
    """Due firings have put their customers on the way, a batch at a time. The number of batches."""
    done = 0
    while done < rounds and work_through(Firing.objects.all(), begin, limit=1):
        done += 1
    return done


def begin(firings: list[Firing], now: datetime) -> None:
    """The next batch of the slot's customers has entered, once the members follow the rule that was
    saved; due again until none is left."""
    for firing in firings:
        version = JourneyVersion.objects.select_related("journey").get(
            pk=firing.subject.partition(":")[2]
        )
        if version.journey.status != Journey.Status.LIVE:
            stop(firing, version.journey, now)
            continue
        firing.done(due_at=go_on(firing, version, now))
        firing.save(update_fields=["wait", "cursor", "due_at", "token", "attempts", "error"])


def go_on(firing: Firing, version: JourneyVersion, now: datetime) -> datetime | None:
    """When the firing is due again."""
    if segment := segment_of(version.pk):
        is_caught_up, firing.wait = catching_up.caught_up(segment, firing.wait)
        if not is_caught_up:
            return now + FOLLOWS_SOON
        customers = next_customers(segment.pk, firing.cursor)
    else:
        trigger = definition.of_version(version.pk).trigger
        customers = trigger.members(firing.slot, firing.cursor, BATCH)
    if customers:
        starting.at_slot(version, customers, firing.slot, now, per_hour=firing.per_hour)
        firing.cursor = customers[-1]
    return now if len(customers) == BATCH else None


def stop(firing: Firing, journey: Journey, now: datetime) -> None:
    """Nobody enters: a paused journey's slot waits where it stands, an ended one's is over."""
    firing.done(due_at=now + LOOK_AGAIN if journey.status == Journey.Status.PAUSED else None)
    firing.save(update_fields=["due_at", "token", "attempts", "error"])


def next_customers(segment_id: int, after: int) -> list[int]:
    members = Membership.objects.filter(segment_id=segment_id, customer_id__gt=after).order_by(
        "customer_id"
    )
    return list(members.values_list("customer_id", flat=True)[:BATCH])
