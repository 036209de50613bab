"""Ninety days of the demo, month by month: each month is taken out of the events table, filled, and
put back with its indexes built."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from psycopg import sql

from customers.models import Source
from demo.past import bulk
from demo.past.visits import COMPLETED, NAMES, PLACED, Storyteller, Told
from events import names, partitions
from events.models import Order, OrderLine

DAYS = 90
HOUR = timedelta(hours=1)
# How busy each hour of a UTC day is (Shanghai is eight hours ahead): lunch and evening are the
# shop's best times.
BUSY = [3, 4, 4, 4, 6, 5, 4, 3, 3, 4, 5, 6, 8, 9, 8, 5, 3, 2, 1, 1, 1, 1, 2, 3]
EVENT = (
    "id source_id name_id customer_id origin_customer_id occurred_at received_at odd timing"
    " external_id amount_fen keys properties context"
)
ORDER = (
    "id customer_id origin_customer_id namespace_id number source_id status occurred_at placed_at"
    " paid_at total_fen discount_fen "
)
ORDER += "paid_fen refunded_fen coupon_code_digest"
LINE = "order_id product_id name category quantity price_fen"
LEDGER = """
INSERT INTO events_ledger (source_id, id_hash, fingerprint)
SELECT source_id, substring(sha256(convert_to(external_id, 'UTF8')) FOR 16) AS id_hash,
  decode(md5(external_id), 'hex')
FROM {} WHERE id >= %s AND id < %s ORDER BY id_hash
"""


def tell(
    people: Sequence[int],
    *,
    events: int,
    orders: int,
    source: Source,
    now: datetime,
    seed: int,
    say,
) -> None:
    """These people have a past of about so many events (two for each paid order) and exactly so
    many orders."""
    numbers = names.numbers({*NAMES, PLACED, COMPLETED})
    with bulk.quietly() as cursor:
        event_id = bulk.reserved(cursor, "events_event_id_seq", events)
        order_id = bulk.reserved(cursor, bulk.sequence_of(cursor, Order._meta.db_table), orders)
    dice = Random(f"{seed}:{event_id}")  # noqa: S311 -- made-up data; a second past is another one
    teller = Storyteller(people, numbers, source, dice, event_id=event_id, order_id=order_id)
    hours = list(plan(now, events, orders))
    months = sorted({partitions.month_of(begin) for begin, _events, _orders in hours})
    partitions.ensure(months)
    for month in months:
        fill(month, [hour for hour in hours if partitions.month_of(hour[0]) == month], teller)
        say(f"{month:%Y-%m}: up to event {teller.event_id - 1}")


def plan(now: datetime, events: int, orders: int) -> Iterator[tuple[datetime, int, int]]:
    """(hour, visits' events, orders): the shares rounded so that their sums are right."""
    end = now.replace(minute=0, second=0, microsecond=0)
    hours = [end - HOUR * n for n in range(DAYS * 24, 0, -1)]
    total, so_far = sum(BUSY[hour.hour] for hour in hours), 0
    for hour in hours:
        before, so_far = so_far, so_far + BUSY[hour.hour]
        seen, bought = (
            count * so_far // total - count * before // total
            for count in (events - 2 * orders, orders)
        )
        yield hour, seen, bought


def fill(month, hours: list[tuple[datetime, int, int]], teller: Storyteller) -> None:
    partition = f"events_event_{month:%Y_%m}"
    first, aside = teller.event_id, Told()
    with bulk.quietly() as cursor:
        cursor.execute(
            sql.SQL("ALTER TABLE events_event_even DETACH PARTITION {}").format(
                sql.Identifier(partition)
            )
        )
        for name in indexes_of(cursor, partition):
            cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        bulk.copy(cursor, partition, EVENT.split(), told(hours, teller, aside))
        attach(cursor, partition, month)
        cursor.execute(sql.SQL(LEDGER).format(sql.Identifier(partition)), [first, teller.event_id])
        with bulk.without_indexes(cursor, Order._meta.db_table):
            bulk.copy(cursor, Order._meta.db_table, ORDER.split(), aside.orders)
        with bulk.without_indexes(cursor, OrderLine._meta.db_table):
            bulk.copy(cursor, OrderLine._meta.db_table, LINE.split(), aside.lines)


def told(hours, teller: Storyteller, aside: Told) -> Iterator[str]:
    """The events; orders and their lines are put aside, a connection can COPY into one table at a
    time."""
    for begin, events, orders in hours:
        one = teller.hour(begin, events, orders)
        aside.orders += one.orders
        aside.lines += one.lines
        yield from one.events


def attach(cursor, partition: str, month) -> None:
    begin, end = f"{month} 00:00:00+00", f"{partitions.months_later(month, 1)} 00:00:00+00"
    cursor.execute(
        sql.SQL(
            "ALTER TABLE events_event_even ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})"
        ).format(sql.Identifier(partition), sql.Literal(begin), sql.Literal(end))
    )


def indexes_of(cursor, table: str) -> list[str]:
    cursor.execute(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass", [table]
    )
    return [row[0] for row in cursor.fetchall()]
