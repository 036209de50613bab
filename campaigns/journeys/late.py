"""What is late when a paused journey goes on: people who were to move on, and messages that were to
leave, longer ago than the workspace says. They are asked about, with their number (models 31)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from campaigns.delivery import calling_off
from campaigns.journeys import lifecycle, trouble
from campaigns.models import Journey, Message, Run
from customers.models import Workspace

REASON = "late"


@dataclass(frozen=True, slots=True)
class Late:
    hours: int
    people: int
    messages: int

    def __bool__(self):
        return bool(self.people or self.messages)


def counts(journey: Journey, now: datetime) -> Late:
    """Of a paused journey; nothing of any other."""
    if journey.status != Journey.Status.PAUSED:
        return Late(0, 0, 0)
    hours = Workspace.get().late_hours
    since = now - timedelta(hours=hours)
    return Late(hours, runs(journey, since).count(), messages(journey, since).count())


def runs(journey: Journey, since: datetime) -> QuerySet:
    return Run.objects.filter(
        journey=journey, state=Run.State.ACTIVE, held_at=None, due_at__lt=since
    )


def messages(journey: Journey, since: datetime) -> QuerySet:
    return Message.objects.filter(
        journey_id=journey.pk, state=Message.State.QUEUED, due_at__lt=since
    )


def go_on_without(journey: Journey, *, by, now: datetime) -> bool:
    """The journey is live again; whoever is late has left it, and what is late is not sent. False
    where it was not paused."""
    with transaction.atomic():
        since = now - timedelta(hours=Workspace.get().late_hours)
        late = [run.pk for run in runs(journey, since).only("pk")]
        if not lifecycle.resume(journey, by=by):
            return False
        trouble.take_out(Run.objects.filter(pk__in=late), by=by, now=now)
        calling_off.call_off(messages(journey, since), REASON, now=now)
    return True
