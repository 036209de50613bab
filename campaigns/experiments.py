"""Who is held out, so that the effect of marketing can be measured; stable, and decided once."""
# ruff: noqa: S608 -- the statement is put together from constants

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import connection

from campaigns.models import Assignment
from customers.buckets import BUCKET, bucket
from customers.models import Segment, Workspace

HELD_OUT, TREATED = Assignment.Arm.HELD_OUT, Assignment.Arm.TREATED

# The same arms as `decider()`, for an audience that never passes through Python.
ASSIGN_MEMBERS = f"""
INSERT INTO campaigns_assignment (subject, customer_id, origin_customer_id, arm, at)
SELECT %(subject)s, m.customer_id, m.customer_id,
       CASE WHEN {BUCKET} < %(percent)s * 100
            THEN 'held_out' ELSE 'treated' END,
       %(now)s
  FROM customers_membership m
 WHERE m.segment_id = %(segment)s
 ORDER BY m.customer_id
    ON CONFLICT DO NOTHING
"""


def is_held_out(customer_id: int, *, salt: str, percent: Decimal) -> bool:
    return bucket(salt, customer_id) < percent * 100


def assign(
    subject: str, customers: Iterable[tuple[int, int]], *, now: datetime, holdout_percent: Decimal = Decimal(0), is_marketing: bool = True
) -> dict[int, Assignment]:
    """Each (customer, origin) has its assignment to `subject` ("journey:7"); the first decision stands.

    Held out are the workspace's global holdout (of marketing only) and, apart from it, `holdout_percent` of the others. Where a merged
    customer has several assignments, held out wins.
    """
    customers = sorted(set(customers), key=lambda pair: pair[1])
    decide = decider(subject, holdout_percent, is_marketing=is_marketing)
    Assignment.objects.bulk_create(
        [Assignment(subject=subject, customer_id=c, origin_customer_id=origin, arm=decide(c), at=now) for c, origin in customers],
        ignore_conflicts=True,
    )
    return standing(subject, [c for c, _origin in customers])


def decider(subject: str, holdout_percent: Decimal, *, is_marketing: bool):
    workspace = Workspace.get()
    everywhere = workspace.holdout_percent if is_marketing else Decimal(0)

    def arm(customer_id: int) -> str:
        globally = is_held_out(customer_id, salt=workspace.holdout_salt, percent=everywhere)
        here = is_held_out(customer_id, salt=f"{workspace.holdout_salt}:{subject}", percent=holdout_percent)
        return HELD_OUT if globally or here else TREATED

    return arm


def standing(subject: str, customer_ids: Iterable[int]) -> dict[int, Assignment]:
    """What was decided for them; read with treated first, so that held out is what stays."""
    decided = Assignment.objects.filter(subject=subject, customer__in=list(customer_ids))
    return {a.customer_id: a for a in sorted(decided, key=lambda a: (a.arm == HELD_OUT, a.pk))}


def assign_members(subject: str, segment: Segment, *, now: datetime, is_marketing: bool) -> int:
    """Everyone who is in the segment now has an assignment to `subject`. The size of the audience."""
    workspace = Workspace.get()
    percent = workspace.holdout_percent if is_marketing else 0
    with connection.cursor() as cursor:
        cursor.execute(
            ASSIGN_MEMBERS, {"subject": subject, "salt": workspace.holdout_salt, "percent": percent, "now": now, "segment": segment.pk}
        )
    return Assignment.objects.filter(subject=subject).count()
