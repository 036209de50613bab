"""Which variant did best, counted once at the moment that was fixed before the launch; what the
rest of the audience gets, said once: by itself or by a person."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from campaigns.broadcasts import variants
from campaigns.models import Assignment, Campaign, CampaignSlot
from campaigns.reports.arithmetic.arms import Arm
from campaigns.reports.arithmetic.variants import Compared, compared
from campaigns.reports.kept.statements import COUNTS
from customers.models import AuditEntry

Metric, ToRest, State = Campaign.Metric, Campaign.ToRest, CampaignSlot.State
BEHIND = [Campaign.Status.DONE, Campaign.Status.CANCELLED]
# What counts until the decision, from when they were drawn; of whoever is in the test.
MESSAGE = """EXISTS (SELECT FROM campaigns_message m WHERE m.customer_id = p.customer_id
   AND m.campaign_id = %(campaign)s AND m.slot_id = %(slot)s AND m.{column} < %(until)s)"""
DID = {
    Metric.BOUGHT: f"""EXISTS (SELECT FROM events_order o WHERE o.customer_id = p.customer_id
   AND o.paid_at >= p.at AND o.paid_at < %(until)s AND {COUNTS})""",
    Metric.CLICKED: MESSAGE.format(column="clicked_at"),
    Metric.OPENED: MESSAGE.format(column="opened_at"),
}
COUNT = f"""
SELECT p.arm, count(*), count(*) FILTER (WHERE {{did}}) FROM (
  SELECT customer_id, min(at) AS at, (array_agg(arm ORDER BY at, id))[1] AS arm,
         bool_or(arm IN ('{Assignment.Arm.HELD_OUT}', '{Assignment.Arm.HELD_OUT_ALL}')) AS is_held
    FROM campaigns_assignment WHERE subject = %(subject)s GROUP BY customer_id) p
 WHERE NOT p.is_held AND p.arm = ANY(%(arms)s) GROUP BY p.arm
"""  # noqa: S608 -- constants


def count(slot: CampaignSlot, plan: dict) -> dict[str, list[int]]:
    """By variant: everybody drawn, and how many of them did what counts before the decision."""
    values = {
        "subject": slot.subject,
        "campaign": slot.campaign_id,
        "slot": slot.pk,
        "until": slot.decide_at,
        "arms": [one["key"] for one in plan["variants"]],
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(did=DID[plan["test"]["metric"]]), values)
        found = {arm: [people, did] for arm, people, did in cursor}
    return {one["key"]: found.get(one["key"], [0, 0]) for one in plan["variants"]}


def arms(counted: Mapping[str, list[int]]) -> dict[str, Arm]:
    return {key: Arm(people, did) for key, (people, did) in counted.items()}


def judged(counted: Mapping[str, list[int]], *, is_over: bool = True) -> Compared:
    return compared(arms(counted), is_over=is_over)


def by_itself(counted: dict[str, list[int]], to_rest: str) -> str:
    """Which one the rest gets without anybody saying so; "" where somebody has to."""
    if to_rest == ToRest.BEST:
        found = arms(counted)
        return max(sorted(found), key=lambda key: found[key].share)
    return judged(counted).winner if to_rest == ToRest.WINNER else ""


def may_choose(slot: CampaignSlot) -> list[str]:
    """The variants of its version, where its rest has got nothing yet."""
    plan = slot.version.definition
    is_open = slot.state == State.TESTING and not slot.winner
    has_rest = variants.REST in variants.percents(plan)
    return [one["key"] for one in plan["variants"]] if is_open and has_rest else []


def choose(slot: CampaignSlot, key: str, *, by, now: datetime) -> bool:
    """The rest of this firing gets this variant, or nothing (CampaignSlot.NOBODY); whoever says so
    first. False where it was said already, or there is nothing to say."""
    with transaction.atomic():  # locked in the order of a firing's own steps
        locked = CampaignSlot.objects.select_for_update(of=("self",)).get(pk=slot.pk)
        campaign = Campaign.objects.select_for_update(of=("self",), no_key=True).get(
            pk=locked.campaign_id
        )
        choices = may_choose(locked)
        if campaign.status in BEHIND or key not in choices + [CampaignSlot.NOBODY] * bool(choices):
            return False
        said = {"winner": key, "winner_at": now, "winner_by": by}
        CampaignSlot.objects.filter(pk=slot.pk, winner="").update(
            **said, due_at=now, token=None, attempts=0, error=""
        )
        AuditEntry.objects.create(
            by=by,
            act="campaign.to_rest",
            subject=f"campaign:{campaign.pk}",
            details={"name": campaign.name, "variant": key},
        )
    return True
