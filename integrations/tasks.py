"""Look now: Celery wakes, the files and rows decide."""

from celery import shared_task

from crm_project.queue import looks, worker_loops
from crm_project.queue.due import database_now
from integrations.connections import calls
from integrations.sms import upkeep
from integrations.sync.reconciliation import comparing
from integrations.wechat.subscribe import settling


@shared_task
@looks.only_if(
    "SELECT FROM customers_outboundcall WHERE due_at <= hutong_now()",
    "SELECT FROM customers_outboundcall WHERE state = 'waiting' AND expires_at <= hutong_now()",
)
def make_calls(**_later):
    with worker_loops.place("calls") as is_ours:
        if is_ours:
            calls.work()


@shared_task
@looks.only_if("SELECT FROM integrations_smsaccount WHERE due_at <= hutong_now()")
def look_after_sms(**_later):
    """Also a new account, with the tick that comes all the same."""
    with worker_loops.place("sms") as is_ours:
        if is_ours:
            upkeep.work()


@shared_task
@looks.only_if(
    "SELECT FROM integrations_grant g JOIN campaigns_message m ON m.id = g.message_id"
    " WHERE g.state = 'reserved' AND m.state IN ('sent', 'failed', 'skipped', 'cancelled')",
)
def settle_grants(**_later):
    """What was allowed is spent, or free again."""
    with worker_loops.place("settle grants") as is_ours:
        if is_ours:
            settling.work(database_now())


@shared_task
@looks.only_if("SELECT FROM integrations_reconciliation WHERE is_active AND due_at <= hutong_now()")
def reconcile(**_later):
    with worker_loops.place("reconcile") as is_ours:
        if is_ours:
            comparing.work()
