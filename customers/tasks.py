"""Look now: Celery wakes, the rows decide."""

from zoneinfo import ZoneInfo

from celery import shared_task
from django.utils import timezone

from crm_project.admin import once
from crm_project.audit import tallies
from crm_project.files import expiring
from crm_project.jobs import running as background
from crm_project.login import tries
from crm_project.queue import lanes, looks, worker_loops
from crm_project.queue.due import database_now, work_through
from customers import audit_chain
from customers.bulk import carried_over, scheduled
from customers.data_rights import erasing, exporting
from customers.data_rights.retention import running as retention
from customers.identity import merging
from customers.models import Merge, Workspace
from customers.segments import audit, membership
from customers.segments.shards import shards
from customers.tags import jobs

REST = 0.2  # a pass costs little more for the changes of a fifth of a second than for one


@shared_task(bind=True)
@looks.is_loop("segments", places=lambda: len(shards()))
@looks.only_if(
    "SELECT FROM customers_changedcustomer",
    "SELECT FROM customers_segment",  # time moves people too
    "SELECT FROM customers_merge WHERE due_at <= hutong_now()",
)
def refresh_segments(self, **_later):
    worker_loops.run(self, "segments", refreshed, rest=REST, places=len(shards()))


def refreshed(number: int = 0) -> bool:
    """A pass of this shard. When it leaves nothing to do, it rests, so that a few changes do not
    cost a pass each."""
    has_more = membership.refresh(shards()[number]).has_more
    with (
        lanes.mass()
    ):  # what a merge moves is looked at with the merge; a sweep only moves what came late
        work_through(Merge.objects.all(), merging.sweep, limit=1000)
    return has_more


@shared_task
@looks.only_if("SELECT FROM customers_scheduledexport WHERE due_at <= hutong_now()")
def export_by_schedule(**_later):
    scheduled.fire()


@shared_task
def audit_segments(**_later):
    """At night: are the stored members the right ones?"""
    with worker_loops.place("audit segments") as is_ours:
        if is_ours:
            audit.audit_due(
                timezone.localtime(database_now(), ZoneInfo(Workspace.get().time_zone)).hour
            )


@shared_task
@looks.only_if(
    "SELECT FROM customers_auditentry WHERE id >"
    " (SELECT coalesce(max(entry_id), 0) FROM customers_auditseal)"
)
def keep_audit(**_later):
    """What was counted by the hour is written down, what was written down is sealed, and tries to
    log in that are over are forgotten."""
    with worker_loops.place("keep audit") as is_ours:
        if is_ours:
            now = database_now()
            tries.forget_old(now)
            once.forget_old(now)
            tallies.write_down(now)
            while audit_chain.seal() == audit_chain.AT_ONCE:
                pass


@shared_task
@looks.only_if("SELECT FROM customers_customertag WHERE expires_at <= hutong_now()")
def keep_tags(**_later):
    """Tags whose term is over."""
    with worker_loops.place("keep tags") as is_ours:
        if is_ours:
            jobs.upkeep()


@shared_task
@looks.only_if(
    "SELECT FROM customers_erasure WHERE due_at <= hutong_now()",
    "SELECT FROM customers_export WHERE expires_at <= hutong_now()",
)
def follow_erasures(**_later):
    """What is still to forget of those who asked for it."""
    with worker_loops.place("follow erasures") as is_ours:
        if is_ours:
            erasing.work()
            exporting.forget_old(database_now())


@shared_task
@looks.only_if("SELECT FROM customers_retention WHERE due_at <= hutong_now()")
def keep_retention(**_later):
    """What has had its time goes."""
    with worker_loops.place("retention") as is_ours:
        if is_ours:
            retention.upkeep()
            carried_over.carry_over()
            expiring.forget_old(database_now())
            background.forget_old(database_now())
