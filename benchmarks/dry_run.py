"""A dry run of thirty days over the demo's past: how many of the events that may begin it are
walked through in a second, against reading the same events once."""

import time
from datetime import timedelta

from django.db import connection
from pyroaring import BitMap

from benchmarks.inside import report, scaled
from campaigns.journeys.dry_run import beginnings
from campaigns.journeys.dry_run.plans import plan
from campaigns.journeys.dry_run.snapshot import read_only
from campaigns.journeys.dry_run.tally import ENTERED, Tally
from campaigns.journeys.dry_run.walking import Walk
from campaigns.models import Journey
from crm_project.queue.due import database_now

DAYS, PEOPLE, AT_ONCE = 30, 20_000, 1_000
BUDGET = 0.002
# Seen and not bought within a day: a message; who has bought two days later is tagged no more.
HELLO = {"title": "{{ customer.name | default: 'Hello' }}", "body": "Still want it?"}
STEPS = {
    "s1": {
        "step": "send_message",
        "fields": {"channel": "in_app", "purpose": "marketing", "content": HELLO},
        "exits": {"next": "s2"},
    },
    "s2": {
        "step": "wait_for_event",
        "fields": {"event": "Order Completed", "n": 2, "unit": "days"},
        "exits": {"happened": None, "timed_out": "s3"},
    },
    "s3": {
        "step": "random_split",
        "fields": {"w1_percent": 50, "w2_percent": 50},
        "exits": {"w1": None, "w2": None},
    },
}
ABSENCE = {
    "first": "Product Viewed",
    "second": "Order Completed",
    "within_seconds": 86_400,
    "freshness_seconds": 86_400,
}
STORED = {
    "v": 2,
    "trigger": {"trigger": "absence", "fields": ABSENCE},
    "reentry": {"kind": "days", "days": 7},
    "holdout_percent": 10,
    "start": "s1",
    "steps": STEPS,
}
READ = """
SELECT count(properties) FROM events_event b JOIN events_eventname n ON n.id = b.name_id
 WHERE n.name = 'Product Viewed' AND b.occurred_at > %s AND b.customer_id = ANY(%s)
"""


def main() -> None:
    journey, _is_new = Journey.objects.get_or_create(
        name="bench dry run", defaults={"draft": STORED}
    )
    until = database_now()
    since = until - timedelta(days=DAYS)
    one = plan(journey, STORED, since, until)
    everybody = read_only(lambda: beginnings.people(one.journey.trigger, one.version, one.span))
    people = everybody[: scaled(PEOPLE)]
    with connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(READ, [since, list(people)])
        events, read = cursor.fetchone()[0], time.perf_counter() - began
    tally, left, began = Tally(), BitMap(people), time.perf_counter()
    while left:
        some = left[:AT_ONCE]
        tally = Tally(tally + read_only(lambda some=some: Walk(one, some).gone().tally))
        left -= some
    took = time.perf_counter() - began
    report(
        "dry run",
        events / took,
        events / read,
        budget=BUDGET,
        at_most=False,
        unit=f"events/s, {events} of {len(people)} customers in {took:.1f} s",
        entered=tally.sum(ENTERED),
    )


if __name__ == "__main__":
    main()
