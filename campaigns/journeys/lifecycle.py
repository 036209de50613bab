"""A journey's own states: live, paused, ended, archived; each move by a named person, and effective
within a second."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from campaigns.models import Journey, Run
from crm_project.queue import wakeups
from customers.models import AuditEntry, WatchedSegment
from events.models import WatchedName

Status = Journey.Status
OVER = (Status.ENDED, Status.ARCHIVED)


def pause(journey: Journey, *, by) -> bool:
    """Nobody enters, nobody moves on. False when it was not live."""
    return move(journey, [Status.LIVE], Status.PAUSED, by)


def resume(journey: Journey, *, by) -> bool:
    """Everybody goes on where they stood; what was due meanwhile is due now."""
    moved = move(journey, [Status.PAUSED], Status.LIVE, by)
    if moved:
        wakeups.wake("react")
    return moved


def end(journey: Journey, *, by) -> bool:
    """Nobody enters any more; those under way finish."""
    return move(journey, [Status.LIVE, Status.PAUSED], Status.ENDED, by)


def archive(journey: Journey, *, by) -> bool:
    """It is out of the way: no list shows it unasked. False while somebody is under way in it, or
    may enter."""
    with transaction.atomic():
        row = Journey.objects.select_for_update().get(pk=journey.pk)
        if row.runs.filter(state=Run.State.ACTIVE).exists():
            return False
        return move(journey, [Status.DRAFT, Status.ENDED], Status.ARCHIVED, by)


def bring_back(journey: Journey, *, by) -> bool:
    """As it was before it was archived: ended, or a draft where it was never published."""
    status = Status.ENDED if journey.published_id else Status.DRAFT
    return move(journey, [Status.ARCHIVED], status, by)


def move(journey: Journey, allowed: list[str], status: str, by) -> bool:
    moved = Journey.objects.filter(pk=journey.pk, status__in=allowed).update(status=status)
    if moved:
        journey.status = status
        AuditEntry.objects.create(
            by=by, act=f"journey.{status}", subject=f"journey:{journey.pk}", details={}
        )
    return bool(moved)


def stop_watching(now: datetime) -> None:
    """Ended journeys that nobody is under way in, and whose goal nobody can reach any more, need no
    reactions and no transitions."""
    concerned = Run.objects.filter(
        Q(state=Run.State.ACTIVE) | Q(watched_until__gt=now),
        journey__status__in=OVER,
    ).values("journey")
    for journey in Journey.objects.filter(status__in=OVER).exclude(pk__in=concerned):
        WatchedName.objects.filter(watcher=f"journey:{journey.pk}").delete()
        WatchedSegment.objects.filter(watcher=f"journey:{journey.pk}").delete()
