"""The Celery application: ticks, queues, and nothing that is not in rows.

Tasks say "look now"; what is to be done stands in due rows (crm_project/queue/due.py). Most of a
worker's processes are worker loops (crm_project/queue/worker_loops.py), which listen by themselves;
the ticks replace those that are gone. A lost message costs one tick, so messages expire soon, are
acknowledged early, and there are no results, no ETA and no countdown.
"""

import ctypes
import gc
import os
import signal
import sys
import time
import warnings

import billiard.util
from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import (
    beat_init,
    setup_logging,
    task_prerun,
    worker_init,
    worker_process_init,
)
from django.conf import settings
from kombu import Exchange, Queue

from crm_project.queue.ticks import Ticks
from crm_project.registry import Registry
from crm_project.runtime import lifeline, pulse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_project.settings")

EXPIRES = 5
QUEUES = ("react", "deliver", "segments", "upkeep")


def _tick(task: str, queue: str, seconds: float) -> dict:
    return {"task": task, "schedule": seconds, "options": {"queue": queue, "expires": EXPIRES}}


app = Celery("hutong")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    # Nobody steers a worker through the broker. For that it would own a queue of its name alone,
    # and RabbitMQ keeps such a queue locked for a minute after the worker's host has died: the
    # worker that comes back in its place would not start.
    worker_enable_remote_control=False,
    task_default_queue="upkeep",
    # On RabbitMQ a queue nobody reads stays small: the messages only say "look now".
    task_queues=[
        Queue(
            name,
            Exchange(name),
            name,
            queue_arguments=None if settings.BROKER_IS_REDIS else {"x-max-length": 64},
        )
        for name in QUEUES
    ],
    task_create_missing_queues=False,
    enable_utc=True,
    timezone=settings.TIME_ZONE,
    beat_scheduler="crm_project.queue.beat:Scheduler",
    beat_max_loop_interval=1,
    beat_schedule={
        "react": _tick("campaigns.tasks.react", "react", 1.0),
        "deliver": _tick("campaigns.tasks.deliver", "deliver", 1.0),
        "refresh segments": _tick("customers.tasks.refresh_segments", "segments", 1.0),
        "fire schedules": _tick("campaigns.tasks.fire_schedules", "upkeep", 1.0),
        "keep audit": _tick("customers.tasks.keep_audit", "upkeep", 10.0),
        "keep tags": _tick("customers.tasks.keep_tags", "upkeep", 2.0),
        "follow erasures": _tick("customers.tasks.follow_erasures", "upkeep", 2.0),
        "audit segments": _tick("customers.tasks.audit_segments", "upkeep", 600.0),
        "reconcile": _tick("integrations.tasks.reconcile", "upkeep", 5.0),
        "make calls": _tick("integrations.tasks.make_calls", "upkeep", 1.0),
        "look after sms": _tick("integrations.tasks.look_after_sms", "upkeep", 10.0),
        "settle grants": _tick("integrations.tasks.settle_grants", "upkeep", 2.0),
        "export by schedule": _tick("customers.tasks.export_by_schedule", "upkeep", 10.0),
        "keep retention": _tick("customers.tasks.keep_retention", "upkeep", 10.0),
        "look at schema": _tick("events.tasks.look_at_schema", "upkeep", 3.0),
        "gather names": _tick("events.tasks.gather_names", "upkeep", 60.0),
        "work on jobs": _tick("crm_project.tasks.work_on_jobs", "upkeep", 1.0),
        "keep figures": _tick("events.tasks.keep_figures", "upkeep", 3.0),
        "keep reports": _tick("campaigns.tasks.keep_reports", "upkeep", 3.0),
        "look at interests": _tick("events.tasks.look_at_interests", "upkeep", 1.0),
        "look at baskets": _tick("events.tasks.look_at_baskets", "upkeep", 5.0),
        "measure cycle": _tick("events.tasks.measure_cycle", "upkeep", 60.0),
        "watch": _tick("crm_project.tasks.watch", "upkeep", 60.0),
        "keep partitions": _tick("events.tasks.keep_partitions", "upkeep", 60.0),
    },
)
if settings.BROKER_IS_REDIS:
    app.conf.broker_transport_options = {
        "visibility_timeout": 3600,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "polling_interval": 5,
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
    }
app.autodiscover_tasks()
app.steps["consumer"].add(Ticks)
if lifeline.is_started_by_up():
    # `up` on one machine as root: JSON only, so the warning's reason (pickle) is not there.
    warnings.simplefilter("ignore", SecurityWarning)


@setup_logging.connect
def _keep_our_logging(**_kwargs):
    """Django's LOGGING stands; Celery adds no handlers of its own."""


@worker_init.connect
def _be_admitted(**_kwargs):
    admission().or_exit("worker")
    call_libc_by_ctypes()
    # What all processes of the pool use is loaded once, here, and stays shared with them.
    for registry in Registry.all:
        list(registry)
    gc.collect()
    gc.freeze()


def call_libc_by_ctypes() -> None:
    """billiard calls one function of the C library in each process that it forks. Where cffi is
    loaded it parses a header for it, and every process pays 13 MB of its own."""
    sys.modules.pop("cffi", None)
    billiard.util.ctypes = ctypes


@beat_init.connect
def _be_admitted_too(**_kwargs):
    admission().or_exit("beat")
    keep(lambda: os.kill(os.getpid(), signal.SIGTERM))


@worker_process_init.connect
def _hold(**_kwargs):
    lifeline.hold_if_asked()
    keep(lambda: os.kill(os.getppid(), signal.SIGTERM))


def admission():
    from crm_project.hosts import admission  # models exist only once the apps are loaded

    return admission


def keep(end) -> None:
    from crm_project.hosts.keeper import Keeper

    Keeper("worker", end=end).start()


_last_beat = 0.0


@task_prerun.connect
def heartbeat(**_kwargs):
    """At most once a second and process: tasks are being run."""
    global _last_beat  # noqa: PLW0603 (one number per process)
    if time.monotonic() - _last_beat >= 1:
        _last_beat = time.monotonic()
        pulse.beat("worker")
