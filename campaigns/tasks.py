"""Look now: Celery wakes, the rows decide."""

from celery import shared_task
from django.conf import settings

from campaigns import automation, coupons
from campaigns.broadcasts import schedules, slots
from campaigns.delivery import early_receipts
from campaigns.delivery.sender import Sender
from campaigns.journeys import engine, lifecycle, starting
from campaigns.journeys import tasks as journey_tasks
from campaigns.reports.kept import deriving
from crm_project.queue import looks, wakeups, worker_loops
from crm_project.queue.due import database_now


@shared_task(bind=True, time_limit=worker_loops.LIMIT)
@looks.is_loop("react")
@looks.only_if(
    "SELECT FROM events_reaction WHERE due_at <= hutong_now()",
    "SELECT FROM customers_transition WHERE due_at <= hutong_now()",
    "SELECT FROM campaigns_run WHERE due_at <= hutong_now()",
    "SELECT FROM customers_followup WHERE is_awaited AND done_at IS NOT NULL",
)
def react(self, **_later):
    worker_loops.run(self, "react", set_in_motion)


def set_in_motion() -> bool:
    """What events and segments set in motion, and what runs have to do. False when nothing was
    due."""
    told = journey_tasks.tell(database_now())
    by_events, by_segments = automation.process_reactions(), automation.process_transitions()
    return by_events + by_segments + told + engine.advance() > 0


@shared_task(bind=True, time_limit=worker_loops.LIMIT)
@looks.is_loop("deliver")
@looks.only_if(
    "SELECT FROM campaigns_message WHERE state = 'queued'",
    "SELECT FROM campaigns_message WHERE state = 'sending' AND due_at <= hutong_now()",
)
def deliver(self, **_later):
    """One listens; where there is more than one can carry, others help."""
    sender = Sender()
    try:
        if not worker_loops.run(self, "deliver", sender.work, also=[sender.wake.fileno()]):
            worker_loops.assist("deliver", sender.work_or_wait, helpers=settings.SENDERS - 1)
    finally:
        sender.finish()


@shared_task
@looks.only_if(
    "SELECT FROM campaigns_reportmark",
    "SELECT FROM campaigns_reportstate WHERE stale_at IS NOT NULL AND due_at <= hutong_now()",
)
def keep_reports(**_later):
    with worker_loops.place("keep reports") as is_ours:
        if is_ours:
            deriving.keep(database_now())


@shared_task
@looks.only_if(
    "SELECT FROM campaigns_journey journey JOIN campaigns_journeyversion version"
    " ON version.id = journey.published_id WHERE status = 'live'"
    " AND version.definition -> 'trigger' ->> 'trigger'"
    " IN ('schedule', 'date', 'booking', 'coupon_end')",
    "SELECT FROM campaigns_firing WHERE due_at <= hutong_now()",
    "SELECT FROM campaigns_campaignslot WHERE due_at <= hutong_now()",
    "SELECT FROM campaigns_campaign c WHERE launched_at IS NOT NULL AND NOT EXISTS"
    " (SELECT FROM campaigns_campaignslot s WHERE s.campaign_id = c.id)",
    "SELECT FROM campaigns_coupon WHERE state = 'pending'",
    "SELECT FROM campaigns_coupon WHERE state IN ('issued', 'claimed', 'reserved', 'returned')"
    " AND expires_at <= hutong_now()",
    "SELECT FROM campaigns_coupon WHERE state = 'reserved' AND reserved_until <= hutong_now()",
)
def fire_schedules(**_later):
    """Slots that have come, campaigns whose time it is, coupons whose time is over, receipts that
    came too early."""
    with worker_loops.place("fire schedules") as is_ours:
        if is_ours:
            now = database_now()
            if schedules.fire(now) + schedules.expand() + starting.by_occasions(now):
                wakeups.wake("react")
            slots.expand()
            coupons.expire(now)
            coupons.catch_up(now)
            early_receipts.look_again()
            lifecycle.stop_watching(now)
