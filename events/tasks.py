"""Look now: Celery wakes, the rows decide."""

from celery import shared_task

from crm_project.due import database_now
from events import partitions


@shared_task
def keep_partitions(**_later):
    partitions.keep_ahead(database_now())
