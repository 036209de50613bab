"""Campaigns: one segment is told one thing. The audience is fixed at the start; the accounts always
add up (decision 17).

launch            draft -> scheduled, or sending at once; the content is fixed
expand            the due campaigns' next step: the audience, once the segment's members follow the rule that was saved, then 500
                  messages at a time, then done
pause / cancel    nothing more is queued, and what is queued does not leave (delivery/dispatch.py asks before each batch)
"""  # noqa: E501

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from campaigns import coupons, experiments
from campaigns.broadcasts.contents import CannotLaunch, alternatives, checked_content, described
from campaigns.delivery import calling_off, outbox
from campaigns.models import Assignment, Campaign, Message
from crm_project.queue.due import work_through
from customers.approval import deciding
from customers.models import AuditEntry, Purpose
from customers.segments import catching_up

APPROVAL = "campaign"  # campaigns/broadcasts/approval.py
Status = Campaign.Status
State = Message.State

UNDER_WAY = [Status.SCHEDULED, Status.WAITING, Status.SENDING]

BATCH = 500  # a pause waits for the batch under way, and must be answered within a second
# messages of one campaign queued ahead: what a pause leaves lying and a cancel must take back
MOST_WAITING = 10_000
LOOK_AGAIN = timedelta(seconds=1)
LOOK_AT_SEGMENT = timedelta(
    seconds=30
)  # whose members are not known to be right, since a condition of it fails

# One statement, so that both sides of the account are read at one moment.
ACCOUNTS = """
SELECT 'targeted', count(*) FROM campaigns_assignment WHERE subject = %(subject)s
 UNION ALL
SELECT 'is over', count(*) FROM campaigns_campaign WHERE id = %(campaign)s AND status = 'cancelled'
 UNION ALL
SELECT state, count(*) FROM campaigns_message WHERE campaign_id = %(campaign)s GROUP BY state
"""


def launch(campaign: Campaign, *, by, now: datetime) -> Campaign:
    """The draft is under way, with its content as it is now. Raises CannotLaunch, and NotApproved
    where somebody else has to look at it first. A second launch is refused."""
    content = checked_content(campaign)
    if trouble := catching_up.trouble(campaign.segment):
        raise CannotLaunch(trouble)
    starts_at = max(campaign.starts_at or now, now)
    status = Status.SCHEDULED if starts_at > now else Status.SENDING
    with transaction.atomic():
        deciding.use(APPROVAL, campaign, described(campaign, content), by=by, now=now)
        moved = Campaign.objects.filter(pk=campaign.pk, status=Status.DRAFT).update(
            status=status,
            due_at=starts_at,
            content=content,
            channel=campaign.template.channel,
            purpose=campaign.template.purpose,
            alternatives=alternatives(campaign),
            launched_at=now,
            launched_by=by,
        )
        if not moved:
            raise CannotLaunch(_("Only a draft can be launched."))
        audit([campaign], "launch", by)
    campaign.refresh_from_db()
    return campaign


def pause(campaigns: Iterable[Campaign], *, by, now: datetime) -> int:
    """Nothing of them leaves any more but what is with the provider already. The number of
    campaigns."""
    return move(campaigns, UNDER_WAY, "pause", by, lambda c: c.done() or Status.PAUSED)


def resume(campaigns: Iterable[Campaign], *, by, now: datetime) -> int:
    """They go on where they were. The number of campaigns."""

    def onward(campaign: Campaign) -> str:
        has_started = campaign.audience is not None
        campaign.done(due_at=now if has_started else max(campaign.starts_at or now, now))
        return Status.SENDING if has_started or campaign.due_at <= now else Status.SCHEDULED

    return move(campaigns, [Status.PAUSED], "resume", by, onward)


def cancel(campaigns: Iterable[Campaign], *, by, now: datetime) -> int:
    """They are over; what is queued is cancelled, what was sent stays. The number of campaigns."""

    def over(campaign: Campaign) -> str:
        campaign.done()
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
            campaign.save(
                update_fields=["status", "due_at", "token", "attempts", "error", "ended_at"]
            )
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


def expand(*, rounds: int = 20) -> int:
    """The due campaigns take their next steps, at most `rounds`; each step is one transaction with
    its cursor. The number of steps."""
    due = Campaign.objects.filter(status__in=UNDER_WAY)
    steps = 0
    while steps < rounds and work_through(due, advance, limit=1):
        steps += 1
    return steps


def advance(campaigns: list[Campaign], now: datetime) -> None:
    for campaign in campaigns:
        campaign.done(due_at=step(campaign, now))
        campaign.save(
            update_fields=[
                "status",
                "audience",
                "wait",
                "cursor",
                "ended_at",
                "due_at",
                "token",
                "attempts",
                "error",
            ]
        )


def step(campaign: Campaign, now: datetime) -> datetime | None:
    """One step, and when the next is due."""
    if campaign.audience is None:
        is_caught_up, campaign.wait = catching_up.caught_up(campaign.segment, campaign.wait)
        if not is_caught_up:
            campaign.status = Status.WAITING
            return now + (LOOK_AT_SEGMENT if campaign.segment.failed_at else LOOK_AGAIN)
        campaign.status = Status.SENDING
        is_marketing = campaign.purpose == Purpose.MARKETING
        campaign.audience = experiments.assign_members(
            subject(campaign), campaign.segment, now=now, is_marketing=is_marketing
        )
        return now
    if is_far_ahead(campaign):
        return now + LOOK_AGAIN
    if batch := next_batch(campaign):
        queue(campaign, batch, now)
        campaign.cursor = batch[-1].origin_customer_id
        return now
    if Message.objects.filter(
        campaign_id=campaign.pk, state__in=[State.QUEUED, State.SENDING]
    ).exists():
        return now + LOOK_AGAIN
    campaign.status, campaign.ended_at = Status.DONE, now
    return None


def subject(campaign: Campaign) -> str:
    return f"campaign:{campaign.pk}"


def is_far_ahead(campaign: Campaign) -> bool:
    return (
        Message.objects.filter(campaign_id=campaign.pk, state=State.QUEUED)[:MOST_WAITING].count()
        == MOST_WAITING
    )


def next_batch(campaign: Campaign) -> list[Assignment]:
    waiting = Assignment.objects.filter(
        subject=subject(campaign), origin_customer__gt=campaign.cursor
    )
    return list(waiting.order_by("origin_customer")[:BATCH])


def queue(campaign: Campaign, batch: list[Assignment], now: datetime) -> None:
    """One message row per assignment: to be sent, with a coupon that travels in it, or skipped with
    the reason."""
    reasons = left_out(campaign, batch)
    treated = [a for a in batch if a.pk not in reasons]
    given = issued(campaign, treated, now) if campaign.coupon_batch else {}
    if campaign.coupon_batch:
        reasons |= {
            a.pk: f"coupon_{given.refusals[key(campaign, a)]}"
            for a in treated
            if key(campaign, a) in given.refusals
        }
    outbox.queue(
        [intent(campaign, a, given.get(key(campaign, a)), reasons.get(a.pk, "")) for a in batch],
        now=now,
    )


def left_out(campaign: Campaign, batch: list[Assignment]) -> dict[int, str]:
    """Held out; or, after a merge, the second place of a customer who stands in the audience
    twice."""
    places = Assignment.objects.filter(
        subject=subject(campaign), customer__in={a.customer_id for a in batch}
    )
    held_out, first = set(), {}
    for customer, origin, arm in places.values_list("customer", "origin_customer", "arm"):
        first[customer] = min(origin, first.get(customer, origin))
        if arm in Assignment.HELD_OUT:
            held_out.add(customer)
    doubles = {a.pk: "merged" for a in batch if first[a.customer_id] != a.origin_customer_id}
    return {a.pk: "holdout" for a in batch if a.customer_id in held_out} | doubles


def key(campaign: Campaign, assignment: Assignment) -> str:
    """By origin, so that one assignment is one message, whatever is merged meanwhile."""
    return f"campaign:{campaign.pk}:{assignment.origin_customer_id}"


def issued(campaign: Campaign, treated: list[Assignment], now: datetime) -> coupons.Issued:
    wanted = [
        coupons.Wanted(a.customer_id, a.origin_customer_id, key(campaign, a)) for a in treated
    ]
    return coupons.issue(campaign.coupon_batch, wanted, by=subject(campaign), now=now, travels=True)


def intent(campaign: Campaign, assignment: Assignment, coupon, skip: str) -> outbox.Intent:
    return outbox.Intent(
        customer_id=assignment.customer_id,
        origin_customer_id=assignment.origin_customer_id,
        effect_key=key(campaign, assignment),
        channel=campaign.channel,
        purpose=campaign.purpose,
        content=campaign.content,
        alternatives=campaign.alternatives,
        campaign_id=campaign.pk,
        assignment_id=assignment.pk,
        coupon_id=coupon.pk if coupon else None,
        skip=skip,
    )


def accounts(campaign: Campaign) -> dict[str, int]:
    """`targeted` and every state of its messages; targeted is always their sum.

    Who is in the audience and has no row yet is counted as queued, or as cancelled when the
    campaign was.
    """
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS, {"subject": subject(campaign), "campaign": campaign.pk})
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
