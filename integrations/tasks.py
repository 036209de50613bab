"""Look now: Celery wakes, the files and rows decide."""

from celery import shared_task

from crm_project.queue import looks, worker_loops
from integrations.connections import calls
from integrations.doors import replaying


@shared_task
@looks.only_if("SELECT FROM integrations_quarantine WHERE due_at <= hutong_now()")
def replay_quarantine(**_later):
    replaying.replay_due()


@shared_task
def make_calls(**_later):
    with worker_loops.place("calls") as is_ours:
        if is_ours:
            calls.work()
