"""Look now: Celery wakes, the files and rows decide."""

from celery import shared_task

from integrations import drain, replaying


@shared_task
def drain_spool(**_later):
    drain.drain()


@shared_task
def replay_quarantine(**_later):
    replaying.replay_due()
