"""Look now: Celery wakes, the rows decide."""

from celery import shared_task

from campaigns import automation, broadcasts, coupons, schedules
from campaigns.delivery import dispatch
from campaigns.delivery.channels import channels
from campaigns.journeys import engine, lifecycle
from crm_project import doorbell
from crm_project.celery import EXPIRES
from crm_project.due import database_now

ROUNDS = 200


@shared_task
def react(**_later):
    """What events set in motion, and what runs have to do, until nothing is due."""
    doorbell.answered("react")
    for _round in range(ROUNDS):
        if not automation.react() + engine.advance():
            break


@shared_task
def deliver(**_later):
    """Each channel by itself: a slow provider must not hold up another."""
    doorbell.answered("deliver")
    dispatch.recover(database_now())
    for channel in channels:
        if channel.is_pull:
            dispatch.drain(channel.key)
        else:
            deliver_channel.apply_async(kwargs={"channel": channel.key}, queue="deliver", expires=EXPIRES)


@shared_task
def deliver_channel(channel: str, **_later):
    dispatch.drain(channel)


@shared_task
def fire_schedules(**_later):
    """Slots that have come, campaigns whose time it is, coupons whose time is over."""
    now = database_now()
    if schedules.fire(now) + schedules.expand():
        doorbell.ring("react")
    broadcasts.expand()
    coupons.expire(now)
    lifecycle.stop_watching()
