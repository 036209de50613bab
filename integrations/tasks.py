"""Look now: Celery wakes, the files and rows decide."""

from celery import shared_task

from crm_project.due import database_now
from integrations import drain, quarantine, replaying


@shared_task
def drain_spool(**_later):
    drain.drain()


@shared_task
def replay_quarantine(**_later):
    replaying.replay_due()


@shared_task
def forget_quarantine(**_later):
    quarantine.forget_old(database_now())
