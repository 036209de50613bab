"""Stored against full: is everybody who fits a member, and nobody else? Looked at every night; the
difference must be 0.

Left out are those with a change that the evaluator has not looked at yet, and those whose answer
time alone has moved since its last look: about them the stored members promise nothing before the
next pass.
"""

from datetime import datetime, timedelta

import structlog
from django.db.models import Q
from pyroaring import BitMap

from crm_project.queue.due import database_now
from customers.models import ChangedCustomer, Segment
from customers.segments import members, membership, rules, sizes
from customers.segments.backlog import Backlog
from customers.segments.conditions.base import ConditionFailed
from customers.segments.derived import derived_states
from customers.segments.shards import shards

log = structlog.get_logger("hutong.segments")

EVERY = timedelta(hours=20)
NIGHT = range(1, 6)  # hours of the workspace's zone


def audit_due(hour: int) -> int:
    """At night, each segment that was not audited lately is. The number of segments."""
    if hour not in NIGHT:
        return 0
    sizes.thin_out(database_now())
    due = Segment.objects.filter(
        Q(audited_at=None) | Q(audited_at__lt=database_now() - EVERY)
    ).order_by("pk")
    return sum(audit(segment) is not None for segment in due)


def audit(segment: Segment) -> int | None:
    """How many customers are wrongly in or wrongly out; noted on the segment. None while its
    members are still being worked out, or where a condition fails: its members promise nothing
    then."""
    try:
        return audited(segment)
    except ConditionFailed:
        log.exception("a segment cannot be audited", segment=segment.pk)
        return None


def audited(segment: Segment) -> int | None:
    with membership.snapshot():
        now = database_now()
        segment = Segment.objects.get(pk=segment.pk)
        tree = membership.readable(segment)
        if tree is None or segment.evaluated_version != segment.version:
            return None
        fit = rules.Evaluation(now).value(tree)
        stored = members.stored_members([segment.pk], None).get(segment.pk, BitMap())
        drift = len((fit ^ stored) - unsettled(tree, now))
    Segment.objects.filter(pk=segment.pk, version=segment.version).update(
        audited_at=now, drift=drift
    )
    return drift


def unsettled(tree, now: datetime) -> BitMap:
    """Those about whom the next pass may still decide otherwise."""
    found = BitMap(
        ChangedCustomer.objects.values_list("customer_id", flat=True).iterator(chunk_size=50_000)
    )
    for shard in shards():
        backlog = Backlog(shard, now)
        backlog.gather({0: tree}, [kind() for kind in derived_states], rests=False)
        found |= backlog.waiting
    return found
