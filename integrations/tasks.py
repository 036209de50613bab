"""Look now: Celery wakes, the files decide."""

from celery import shared_task

from integrations import drain


@shared_task
def drain_spool(**_later):
    drain.drain()
