"""Look now: Celery wakes, the rows decide."""

from zoneinfo import ZoneInfo

from celery import shared_task
from django.utils import timezone

from crm_project.queue import looks, worker_loops
from crm_project.queue.due import database_now
from customers.models import Workspace
from events import display_names, partitions, schema
from events.insights import activity, cycle, figures, portrait
from events.insights.recommend import kept
from events.models import EventCursor


@shared_task
def keep_partitions(**_later):
    partitions.keep_ahead(database_now())


NEW = (
    "SELECT FROM events_event_id_seq WHERE is_called AND last_value > (SELECT coalesce("
    "min(counted_id), -1) FROM events_schemamark WHERE {readers})"
)
Reader = EventCursor.Reader


@shared_task
@looks.only_if(NEW.format(readers=f"id = {Reader.SCHEMA}"))
def look_at_schema(**_later):
    schema.look()


@shared_task
def gather_names(**_later):
    display_names.gather()


@shared_task
@looks.only_if(NEW.format(readers=f"id = {Reader.FIGURES}"), "SELECT FROM events_figurechange")
def keep_figures(**_later):
    with worker_loops.place("figures") as is_ours:
        if is_ours:
            now = database_now()
            figures.keep(now)
            activity.look(now)


@shared_task
@looks.only_if(NEW.format(readers=f"id >= {Reader.INTERESTS}"))
def look_at_interests(**_later):
    portrait.look()


@shared_task
def measure_cycle(**_later):
    with worker_loops.place("measure cycle") as is_ours:
        if is_ours:
            now = database_now()
            cycle.measure_due(
                now, timezone.localtime(now, ZoneInfo(Workspace.get().time_zone)).hour
            )


@shared_task
@looks.only_if(
    "SELECT FROM events_recommendclock WHERE ended_at IS NULL"
    " OR began_at <= hutong_now() - interval '1 day'"
)
def look_at_baskets(**_later):
    kept.look()
