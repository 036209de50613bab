"""Who may enter a journey again: never, after so many days, once per product or booking, always;
decided under a lock on its entrance."""

import re
from datetime import datetime, timedelta

from django.db import connection

from campaigns.models import Run
from crm_project.db.sets import among

FOR = "|for:"  # in an entry key: whom a booking is for


def admitted(reentry: dict, runs: list[Run], now: datetime) -> list[Run]:
    """Those whom the re-entry rule lets in, whoever they were when they entered before. Nobody else
    enters this journey until we commit.

    Not a constraint: two who both entered once may turn out to be one, and a merge is never
    refused. Nor a lock on the customers: a merge holds theirs and moves the reactions that we hold.
    """
    if reentry["kind"] == "always" or not runs:
        return runs
    customers = {run.customer_id for run in runs}
    lock_entrance(runs[0].journey_id)
    before = Run.objects.filter(among("customer", customers), journey=runs[0].journey_id)
    if reentry["kind"] == "days":
        before = before.filter(entered_at__gt=now - timedelta(days=reentry["days"]))
    taken = {place(reentry, *entered) for entered in before.values_list("customer", "entry_key")}
    return those_let_in(reentry, runs, taken)


def those_let_in(reentry: dict, runs: list[Run], taken: set[tuple[int, str]]) -> list[Run]:
    """Those whose place nobody has taken; it is theirs from here on."""
    let_in = []
    for run in runs:
        before_shops = place(reentry, run.customer_id, without_shop(run.entry_key))
        if (
            at := place(reentry, run.customer_id, run.entry_key)
        ) not in taken and before_shops not in taken:
            taken.add(at)
            let_in.append(run)
    return let_in


def lock_entrance(journey_id: int) -> None:
    """Taken in the order of the journeys by whoever enters several in one transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('campaigns.journeys.entering'), %s)",
            [journey_id],
        )


def place(reentry: dict, customer_id: int, entry_key: str) -> tuple[int, str]:
    """Of which there is one: the customer, or whom they booked for, or they with these
    products."""
    if reentry["kind"] == "key":
        return customer_id, entry_key
    return customer_id, "".join(entry_key.partition(FOR)[1:])


def without_shop(entry_key: str) -> str:
    """As it was written by releases that did not tell shops apart."""
    return re.sub(r"^key:\d+/", "key:", entry_key)
