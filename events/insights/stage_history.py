"""The stages that one customer went through, told by their purchases and the thresholds in
force."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from customers.models import Customer
from events.insights import lifecycle
from events.models import LifecycleSettings, Stage

MOST_PURCHASES = 1000  # the latest


class Period(NamedTuple):
    stage: Stage
    since: datetime


def history(customer: Customer, now: datetime) -> list[Period]:
    """The latest first; each ends where the one before it in the list begins. Before the purchases
    that are looked at it tells nothing."""
    settings = LifecycleSettings.get()
    source = lifecycle.purchases(settings).replace("{among}", "AND customer_id = %(customer)s")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT at FROM ({source}) AS p WHERE counts ORDER BY at DESC LIMIT %(most)s",  # noqa: S608
            {
                **lifecycle.values(settings),
                "now": now,
                "customer": customer.pk,
                "most": MOST_PURCHASES,
            },
        )
        moments = [at for (at,) in cursor][::-1]
    return walked(moments, customer.first_seen_at, settings, now)[::-1]


def walked(
    moments: list[datetime], seen_at: datetime, settings: LifecycleSettings, now: datetime
) -> list[Period]:
    """From purchase to purchase, the oldest first."""
    if not moments:
        return [Period(Stage.PROSPECT, seen_at)]
    new, active, silent = (
        timedelta(days=days)
        for days in (settings.new_days, settings.active_days, settings.silent_days)
    )
    found = [Period(Stage.NEW, moments[0])]
    if seen_at < moments[0]:
        found.insert(0, Period(Stage.PROSPECT, seen_at))
    if (grown := moments[0] + new) < now:
        found.append(Period(Stage.ACTIVE, grown))
    for bought, following in zip(moments, [*moments[1:], now], strict=True):
        for stage, at in ((Stage.SILENT, bought + active), (Stage.LOST, bought + silent)):
            if at < following:
                found.append(Period(stage, at))
        if following is not now and found[-1].stage in (Stage.SILENT, Stage.LOST):
            found.append(Period(Stage.ACTIVE, following))
    return found
