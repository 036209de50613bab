"""After a restore nothing leaves until a person has confirmed what may (manage.py restore,
crm_project/backup).

Between the backup and the restore the former system went on and sent, and no row of ours says what.
So everything that it may have sent is held, whole: what was queued or with a provider at the
backup, and what journeys come to queue again from causes older than the restore. Staff choose; what
nobody has chosen is not sent, and stands as "cannot know".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from campaigns import coupons
from campaigns.broadcasts import launching
from campaigns.delivery.channels import named
from campaigns.journeys import engine
from campaigns.models import Campaign, Firing, Journey, Message, Run
from crm_project.bounds import whole_in
from crm_project.db.sets import among
from crm_project.queue import wakeups
from crm_project.queue.due import STUCK_AFTER, database_now
from customers.models import AuditEntry, Workspace
from events.models import Reaction

State = Message.State
CHOSEN, RESTORED = "send_anyway", "restored"
SETTLED = timedelta(seconds=5)  # work that waits longer than this is not just passing through


class CannotConfirm(Exception):
    """Sending cannot go on yet."""


@dataclass(frozen=True)
class Withheld:
    """The messages of one campaign or journey on one channel that may have been sent."""

    campaign_id: int | None
    journey_id: int | None
    channel: str
    undecided: int
    chosen: int
    name: str = ""

    @property
    def key(self) -> str:
        return f"{self.campaign_id or ''}:{self.journey_id or ''}:{self.channel}"

    @property
    def channel_label(self) -> str:
        return named(self.channel)


def hold(*, taken_at: datetime, now: datetime, **_restore) -> None:
    """Nothing leaves from here on; campaigns that were under way are paused."""
    Workspace.get()
    Workspace.objects.update(backup_at=taken_at, restored_at=now)
    in_flight = Message.objects.filter(state=State.SENDING)
    flying = in_flight.update(state=State.QUEUED, reason=RESTORED, token=None, due_at=now)
    begun = Campaign.objects.filter(
        Q(status__in=[Campaign.Status.WAITING, Campaign.Status.SENDING])
        | Q(status=Campaign.Status.SCHEDULED, slots__due_at__lte=now)
    ).distinct()
    paused = launching.pause(list(begun), by=None, now=now)
    details = {"backup_at": taken_at.isoformat(), "in_flight": flying, "paused_campaigns": paused}
    AuditEntry.objects.create(by=None, act="restore.made", subject="workspace:1", details=details)


def in_doubt(workspace: Workspace):
    """What waits and may have been sent by the former system: all but what only came about after
    the restore."""
    fresh_runs = Run.objects.filter(event_occurred_at__gt=workspace.restored_at)
    fresh = Campaign.objects.filter(
        Q(launched_at__gt=workspace.restored_at) | Q(starts_at__gt=workspace.restored_at)
    )
    waiting = Message.objects.filter(state=State.QUEUED)
    return waiting.exclude(run_id__in=fresh_runs.values("pk")).exclude(
        campaign_id__in=fresh.values("pk")
    )


def undecided(workspace: Workspace):
    return in_doubt(workspace).exclude(reason=CHOSEN)


def groups(workspace: Workspace) -> list[Withheld]:
    counts = {
        "undecided": Count("pk", filter=~Q(reason=CHOSEN)),
        "chosen": Count("pk", filter=Q(reason=CHOSEN)),
    }
    found = list(
        in_doubt(workspace)
        .values("campaign_id", "journey_id", "channel")
        .annotate(**counts)
        .order_by("campaign_id", "journey_id", "channel")
    )
    campaigns = Campaign.objects.in_bulk({row["campaign_id"] for row in found} - {None})
    journeys = Journey.objects.in_bulk({row["journey_id"] for row in found} - {None})
    return [
        Withheld(
            **row,
            name=str(campaigns.get(row["campaign_id"]) or journeys.get(row["journey_id"]) or ""),
        )
        for row in found
    ]


def of_group(messages, key: str):
    """Those of the messages that belong to the group of this key; none where there is no such
    key."""
    campaign, _colon, rest = key.partition(":")
    journey, _colon, channel = rest.partition(":")
    named = {"campaign_id": campaign, "journey_id": journey}
    numbers = {name: whole_in(said) if said else None for name, said in named.items()}
    if any(said and numbers[name] is None for name, said in named.items()):
        return messages.none()
    return messages.filter(**numbers, channel=channel)


def send_anyway(messages, workspace: Workspace) -> int:
    """These leave once sending goes on; also those that somebody had kept back since the
    restore."""
    ids = list(messages.values_list("pk", flat=True))
    now = database_now()
    anew = {
        "reason": CHOSEN,
        "sent_at": None,
    }  # whatever the former system did with it, it leaves for us the first time
    with transaction.atomic():
        chosen = undecided(workspace).filter(pk__in=ids).update(**anew)
        kept = Message.objects.filter(pk__in=ids, state=State.UNKNOWN, reason=RESTORED)
        chosen += kept.update(state=State.QUEUED, due_at=now, **anew)
        coupons.follow(ids, now=now)
    return chosen


def keep_back(messages, workspace: Workspace) -> int:
    """These are not sent: whether the former system did cannot be known. For caps they count as
    sent."""
    with transaction.atomic():
        ids = list(
            in_doubt(workspace)
            .filter(pk__in=messages.values("pk"))
            .order_by("pk")
            .select_for_update()
            .values_list("pk", flat=True)
        )
        left = {"sent_at": Coalesce("sent_at", workspace.restored_at)}
        Message.objects.filter(among("pk", ids)).update(
            state=State.UNKNOWN, reason=RESTORED, due_at=None, token=None, **left
        )
        coupons.follow(ids, now=database_now())
    return len(ids)


def is_catching_up(workspace: Workspace, now: datetime) -> bool:
    """Work from before the restore is still to be done, and may queue messages that belong in the
    list."""
    waits = {"due_at__lte": max(workspace.restored_at, now - SETTLED), "attempts__lt": STUCK_AFTER}
    runs = Run.objects.filter(journey__status__in=engine.MOVING, **waits)
    return any(
        rows.exists()
        for rows in (runs, Reaction.objects.filter(**waits), Firing.objects.filter(**waits))
    )


@transaction.atomic
def confirm(*, by) -> dict[str, int]:
    """Sending goes on, with what was chosen and what is new; the rest of the list is kept back. How
    many of each."""
    workspace = Workspace.objects.select_for_update().get(pk=1)
    if workspace.restored_at is None:
        raise CannotConfirm(_("There is no restore to confirm."))
    if is_catching_up(workspace, database_now()):
        raise CannotConfirm(
            _(
                "Journeys are still catching up with what was due: the list is not complete yet."
                " Try again in a moment."
            )
        )
    kept = keep_back(undecided(workspace), workspace)
    chosen = in_doubt(workspace).count()
    counts = {
        "sent_anyway": chosen,
        "kept_back": kept,
        "new": Message.objects.filter(state=State.QUEUED).count() - chosen,
    }
    details = {
        "backup_at": workspace.backup_at.isoformat(),
        "restored_at": workspace.restored_at.isoformat(),
        **counts,
    }
    AuditEntry.objects.create(by=by, act="restore.confirm", subject="workspace:1", details=details)
    workspace.backup_at = workspace.restored_at = None
    workspace.save(update_fields=["backup_at", "restored_at"])
    wakeups.wake("deliver")
    return counts
