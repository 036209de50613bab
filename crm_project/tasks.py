"""Look now: Celery wakes, the rows decide."""

from celery import shared_task

from crm_project.alarms import watch as watching
from crm_project.jobs import running
from crm_project.queue import looks, worker_loops

JOB_SECONDS = 60  # then the next tick goes on


@shared_task
@looks.only_if("SELECT FROM crm_project_job WHERE due_at <= hutong_now()")
def work_on_jobs(**_later):
    """Batches of what staff have begun, in turns."""
    worker_loops.assist("jobs", running.work, helpers=1, life=JOB_SECONDS)


@shared_task
def watch(**_later):
    with worker_loops.place("watch") as is_ours:
        if is_ours:
            watching.look()
