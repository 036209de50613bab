"""Look now: Celery wakes, the rows decide."""

from celery import shared_task

from crm_project import drains
from crm_project.due import database_now
from events import figures, happenings, partitions, schema


@shared_task
def keep_partitions(**_later):
    partitions.keep_ahead(database_now())


@shared_task
def look_at_schema(**_later):
    schema.look()


@shared_task
def keep_figures(**_later):
    with drains.place("figures") as is_ours:
        if is_ours:
            now = database_now()
            figures.keep(now)
            happenings.look(now)
