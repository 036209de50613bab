"""Look now: Celery wakes, the rows decide."""

from celery import shared_task

from campaigns import automation, broadcasts, coupons, schedules
from campaigns.delivery import dispatch
from campaigns.delivery.channels import channels
from campaigns.journeys import engine, lifecycle
from crm_project import doorbell, drains
from crm_project.due import database_now


@shared_task(bind=True)
def react(self, **_later):
    drains.drain(self, "react", set_in_motion)


def set_in_motion() -> None:
    """What events set in motion, and what runs have to do, until nothing is due."""
    while automation.react() + engine.advance():
        pass


@shared_task(bind=True)
def deliver(self, **_later):
    drains.drain(self, "deliver", carry)


def carry() -> None:
    dispatch.recover(database_now())
    for channel in channels:
        dispatch.drain(channel.key)


@shared_task
def fire_schedules(**_later):
    """Slots that have come, campaigns whose time it is, coupons whose time is over."""
    with drains.place("fire schedules") as is_ours:
        if is_ours:
            now = database_now()
            if schedules.fire(now) + schedules.expand():
                doorbell.ring("react")
            broadcasts.expand()
            coupons.expire(now)
            lifecycle.stop_watching()
