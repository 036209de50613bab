"""A campaign to very many: launched, its audience drawn, a message queued for each; against the
same rows inserted into the same tables, with their indexes and triggers."""

import os
import time

from django.db import connection

from benchmarks.cpu import Meter
from benchmarks.inside import report, scaled
from benchmarks.shop import nobody_is_held_back
from campaigns.broadcasts import launching, slots
from campaigns.models import Assignment, Campaign, CampaignSlot, Message, Template
from crm_project.queue.due import database_now
from customers.models import Segment
from customers.segments import membership

BATCH = slots.BATCH  # of the bare limit too: as the product queues them
PUT_ON = """
INSERT INTO customers_listmember (segment_id, customer_id, origin_customer_id)
SELECT %(segment)s, id, id FROM customers_customer
 WHERE merged_into_id IS NULL AND erased_at IS NULL ORDER BY id LIMIT %(count)s
"""
# Columns that PostgreSQL writes itself cannot be given.
COLUMNS = """
SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
 WHERE table_name = %s AND is_generated = 'NEVER' AND table_schema = current_schema()
"""


def everybody(count: int) -> Segment:
    segment = Segment.objects.create(name=f"launch {count}", kind=Segment.Kind.LIST)
    with connection.cursor() as cursor:
        cursor.execute(PUT_ON, {"segment": segment.pk, "count": count})
    membership.refresh_all()
    return segment


def a_campaign(segment: Segment, held_out: int) -> Campaign:
    content = {"title": "Hello {{ customer.name }}", "body": "New tea is here."}
    template = Template.objects.create(name="launch", channel="in_app", content=content)
    return Campaign.objects.create(
        name="launch", segment=segment, template=template, holdout_percent=held_out
    )


def launched(campaign: Campaign) -> CampaignSlot:
    """Until the last message is queued."""
    launching.launch(campaign, by=None, now=database_now())
    while True:
        CampaignSlot.objects.filter(campaign=campaign).update(due_at=database_now())
        steps = slots.expand(rounds=10_000)
        slot = CampaignSlot.objects.get(campaign=campaign)
        if slot.audience is not None and (
            not steps or Message.objects.filter(campaign_id=campaign.pk).count() >= slot.audience
        ):
            return slot
        membership.refresh_all()


def again(campaign: Campaign, slot: CampaignSlot) -> float:
    """The same rows are taken out, and inserted as they were: the seconds of the inserting."""
    whose = {
        Assignment: ("subject", slot.subject, "id"),
        Message: ("campaign_id", campaign.pk, "id"),
    }
    spent = 0.0
    with connection.cursor() as cursor:
        for model, (column, value, key) in whose.items():
            table = model._meta.db_table
            cursor.execute(COLUMNS, [table])
            columns = cursor.fetchone()[0]
            cursor.execute(
                f"CREATE TABLE bench_rows AS SELECT * FROM {table} WHERE {column} = %s", [value]
            )
            cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [value])
            cursor.execute(f"VACUUM (ANALYZE) {table}")
            cursor.execute(f"CREATE INDEX ON bench_rows ({key})")
            cursor.execute("SELECT min(id), max(id) FROM bench_rows")
            first, last = cursor.fetchone()
            size = last - first + 1 if model is Assignment else BATCH
            began = time.perf_counter()
            for start in range(first, last + 1, size):
                cursor.execute(
                    f"INSERT INTO {table} ({columns}) SELECT {columns} FROM bench_rows"
                    f" WHERE {key} >= %s AND {key} < %s",
                    [start, start + size],
                )
            spent += time.perf_counter() - began
            cursor.execute("DROP TABLE bench_rows")
    return spent


def main() -> None:
    count, postgres = scaled(500_000), int(os.environ["BENCH_POSTGRES_PID"])
    nobody_is_held_back()
    slots.is_far_ahead = lambda _campaign: False  # nobody sends them meanwhile
    segment = everybody(count)
    campaign = a_campaign(segment, 10)
    with Meter(postgres, os.getpid()) as cpu:
        began = time.perf_counter()
        slot = launched(campaign)
        seconds = time.perf_counter() - began
    people, messages = slot.audience, Message.objects.filter(campaign_id=campaign.pk).count()
    assert people == messages, (people, messages)
    with Meter(postgres, os.getpid()) as bare_cpu:
        bare = again(campaign, slot)
    unit = (
        f"people/s; {people} people in {seconds:.1f} s, {cpu.seconds:.1f} s of CPU; bare {bare:.1f}"
    )
    figures = {"people": people, "seconds": seconds, "bare_s": bare, "cpu_s": cpu.seconds}
    figures["bare_cpu_s"] = bare_cpu.seconds  # with the taking out
    report(
        "launch", people / seconds, people / bare, budget=0.5, at_most=False, unit=unit, **figures
    )


if __name__ == "__main__":
    main()
