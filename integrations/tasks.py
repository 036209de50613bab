"""Look now: Celery wakes, the files and rows decide."""

from celery import shared_task

from integrations.doors import replaying, spool_reader


@shared_task
def drain_spool(**_later):
    spool_reader.ingest_spooled()


@shared_task
def replay_quarantine(**_later):
    replaying.replay_due()
