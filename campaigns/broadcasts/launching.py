"""Campaigns: one segment is told one thing. The audience is fixed at the start; the accounts always
add up (decision 17).

launch            draft -> scheduled, or sending at once; all of it is fixed as a version, and the first firing is a row (slots.py)
pause / cancel    nothing more is queued, and what is queued does not leave (delivery/dispatch.py asks before each batch)
"""  # noqa: E501

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from campaigns.broadcasts import audience, slots
from campaigns.broadcasts.contents import (
    CannotLaunch,
    checked,
    described,
    fixed,
)
from campaigns.delivery import calling_off
from campaigns.models import Campaign, CampaignSlot, CampaignVersion, Message
from customers.approval import deciding
from customers.models import AuditEntry, Purpose, Workspace
from customers.segments import catching_up
from customers.workspace import schedules

APPROVAL = "campaign"  # campaigns/broadcasts/approval.py
Status = Campaign.Status
State = Message.State

UNDER_WAY = slots.UNDER_WAY
SERVICE, PASSES = "campaigns.launch_service", "campaigns.pass_caps"

# One statement, so that both sides of the account are read at one moment.
ACCOUNTS = """
SELECT 'targeted', count(*) FROM campaigns_assignment WHERE subject IN (
  SELECT subject FROM campaigns_campaignslot WHERE campaign_id = %(campaign)s)
 UNION ALL
SELECT 'is over', count(*) FROM campaigns_campaign WHERE id = %(campaign)s AND status = 'cancelled'
 UNION ALL
SELECT state, count(*) FROM campaigns_message WHERE campaign_id = %(campaign)s GROUP BY state
"""


def launch(campaign: Campaign, *, by, now: datetime) -> Campaign:
    """The draft is under way, with its content as it is now, fixed as a version. Raises
    CannotLaunch, and NotApproved where somebody else has to look at it first. A second launch is
    refused."""
    variants = checked(campaign)
    purpose = campaign.template.purpose
    if purpose == Purpose.SERVICE and by is not None and not by.has_perm(SERVICE):
        raise CannotLaunch(_("You may not launch campaigns of service, which ask for no consent."))
    if campaign.passes_caps and by is not None and not by.has_perm(PASSES):
        raise CannotLaunch(_("You may not launch campaigns that pass the caps."))
    for segment in audience.of(campaign).named_segments():
        if trouble := catching_up.trouble(segment):
            raise CannotLaunch(trouble)
    starts_at = first_slots(campaign, now)
    status = Status.SCHEDULED if starts_at > now else Status.SENDING
    with transaction.atomic():
        whole = described(campaign, variants)
        deciding.use(APPROVAL, campaign, whole, by=by, now=now)
        moved = Campaign.objects.filter(pk=campaign.pk, status=Status.DRAFT).update(
            status=status,
            content=variants[0]["content"],
            channel=variants[0]["channel"],
            purpose=purpose,
            alternatives=variants[0]["alternatives"],
            launched_at=now,
            launched_by=by,
        )
        if not moved:
            raise CannotLaunch(_("Only a draft can be launched."))
        version = CampaignVersion.objects.create(
            campaign=campaign,
            number=1,
            definition=fixed(campaign, variants),
            made_at=now,
            made_by=by,
        )
        slots.add_slot(campaign, version, starts_at)
        audit([campaign], "launch", by)
        if campaign.passes_caps:
            audit([campaign], "passes_caps", by)
    campaign.refresh_from_db()
    return campaign


def first_slots(campaign: Campaign, now: datetime) -> datetime:
    """When it fires first. Raises CannotLaunch where its schedule never comes round again."""
    if not campaign.schedule:
        return max(campaign.starts_at or now, now)
    zone = ZoneInfo(Workspace.get().time_zone)
    after = max(campaign.starts_at or now, now) - timedelta(microseconds=1)
    at = next(iter(schedules.next_slots(campaign.schedule, after, zone)), None)
    if at is None:
        raise CannotLaunch(_("Its schedule lies in the past."))
    return at


COPIED = (
    *("segment_id", "after_id", "after_what", "store_id", "owner_id", "template_id"),
    *("coupon_batch_id", "schedule", "per_hour", "is_urgent"),
    *("passes_caps", "holdout_percent"),
    *("variants", "b_template_id", "b_coupon_batch_id", "b_hours", "b_share"),
    *("c_template_id", "c_coupon_batch_id", "c_hours", "c_share"),
    *("test_percent", "metric", "decide_hours", "to_rest"),
    *("goal_product_id", "goal_category"),
)


@transaction.atomic
def copy(campaign: Campaign) -> Campaign:
    """A draft that says the same, under a name of its own; its time is to be said anew."""
    name, n = _("%(name)s (copy)") % {"name": campaign.name[:80]}, 1
    while Campaign.objects.filter(name=name).exists():
        n += 1
        name = _("%(name)s (copy %(n)d)") % {"name": campaign.name[:80], "n": n}
    made = Campaign.objects.create(
        name=name, **{field: getattr(campaign, field) for field in COPIED}
    )
    for several in ("more_segments", "without_segments"):
        getattr(made, several).set(getattr(campaign, several).all())
    return made


def first_at(campaign: Campaign, now: datetime) -> datetime | None:
    """When a draft would fire first if it were launched now; None where it never would."""
    try:
        return first_slots(campaign, now)
    except CannotLaunch:
        return None


def next_at(campaign: Campaign) -> datetime | None:
    """When it fires next; None where nothing is to come."""
    coming = campaign.slots.filter(state=CampaignSlot.State.SCHEDULED).order_by("at")
    return coming.values_list("at", flat=True).first()


def pause(campaigns: Iterable[Campaign], *, by, now: datetime) -> int:
    """Nothing of them leaves any more but what is with the provider already. The number of
    campaigns."""
    return move(campaigns, UNDER_WAY, "pause", by, lambda _campaign: Status.PAUSED)


def resume(campaigns: Iterable[Campaign], *, by, now: datetime) -> int:
    """They go on where they were. The number of campaigns."""

    def onward(campaign: Campaign) -> str:
        open_ones = CampaignSlot.objects.filter(campaign=campaign, state__in=CampaignSlot.OPEN)
        states = set(open_ones.values_list("state", flat=True))
        has_begun = states - {CampaignSlot.State.SCHEDULED} or open_ones.due(now).exists()
        return Status.SENDING if has_begun else Status.SCHEDULED

    return move(campaigns, [Status.PAUSED], "resume", by, onward)


def cancel(campaigns: Iterable[Campaign], *, by, now: datetime) -> int:
    """They are over; what is queued is cancelled, what was sent stays. The number of campaigns."""

    def over(campaign: Campaign) -> str:
        campaign.ended_at = now
        return Status.CANCELLED

    with transaction.atomic():
        moved = move(campaigns, [*UNDER_WAY, Status.PAUSED], "cancel", by, over)
        stopped = Campaign.objects.filter(pk__in=[c.pk for c in campaigns], status=Status.CANCELLED)
        calling_off.call_off(
            Message.objects.filter(campaign_id__in=stopped.values("pk")),
            "campaign_cancelled",
            now=now,
        )
    return moved


def move(campaigns: Iterable[Campaign], allowed: list[str], act: str, by, to) -> int:
    """Those of the campaigns in an allowed state are moved `to(campaign)`, one audit row each."""
    with transaction.atomic():
        found = Campaign.objects.filter(
            pk__in=[c.pk for c in campaigns], status__in=allowed
        ).order_by("pk")
        moved = list(found.select_for_update(of=("self",)))
        for campaign in moved:
            campaign.status = to(campaign)
            campaign.save(update_fields=["status", "ended_at"])
        audit(moved, act, by)
    return len(moved)


def audit(campaigns: Iterable[Campaign], act: str, by) -> None:
    rows = [
        AuditEntry(
            by=by, act=f"campaign.{act}", subject=f"campaign:{c.pk}", details={"name": c.name}
        )
        for c in campaigns
    ]
    AuditEntry.objects.bulk_create(rows)


def accounts(campaign: Campaign) -> dict[str, int]:
    """`targeted` and every state of its messages; targeted is always their sum.

    Who is in the audience and has no row yet is counted as queued, or as cancelled when the
    campaign was.
    """
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS, {"campaign": campaign.pk})
        counts = dict.fromkeys(State.values, 0) | dict(cursor.fetchall())
    targeted, is_over = counts.pop("targeted"), counts.pop("is over")
    counts["cancelled" if is_over else "queued"] += targeted - sum(counts.values())
    return {"targeted": targeted} | counts


def reasons(campaign: Campaign) -> dict[str, dict[str, int]]:
    """Why messages of this campaign were not sent, by state."""
    counted = (
        Message.objects.filter(campaign_id=campaign.pk)
        .exclude(reason="")
        .values_list("state", "reason")
        .annotate(Count("pk"))
    )
    found: dict[str, dict[str, int]] = {}
    for state, reason, count in counted.order_by("state", "reason"):
        found.setdefault(state, {})[reason] = count
    return found
