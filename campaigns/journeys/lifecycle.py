"""A journey's own states: live, paused, ended; each move by a named person, and effective within a
second."""

from datetime import datetime

from django.db.models import Q

from campaigns.models import Journey, Run
from crm_project.queue import wakeups
from customers.models import AuditEntry, WatchedSegment
from events.models import WatchedName

Status = Journey.Status


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
        journey__status=Status.ENDED,
    ).values("journey")
    for journey in Journey.objects.filter(status=Status.ENDED).exclude(pk__in=concerned):
        WatchedName.objects.filter(watcher=f"journey:{journey.pk}").delete()
        WatchedSegment.objects.filter(watcher=f"journey:{journey.pk}").delete()
