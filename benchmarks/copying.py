"""The limit of ingest: two clients that do nothing but COPY finished rows into the same tables,
10,000 to a transaction."""

import os
import threading
import time
import uuid
from datetime import UTC, datetime
from random import Random

from benchmarks.inside import connect
from demo.past.bulk import chunks
from demo.past.visits import NAMES
from events import names

EVENT = (
    "COPY events_event (source_id, name_id, customer_id, origin_customer_id, occurred_at,"
    " received_at, odd, timing, external_id, amount_fen, "
)
EVENT += "keys, properties, context) FROM STDIN"
LEDGER = "COPY events_ledger (source_id, id_hash, fingerprint) FROM STDIN"
ROWS = 10_000


def rows(count: int, customers: list[int], source: int, dice: Random) -> list[tuple[bytes, bytes]]:
    """Both tables' rows, as many to a pair as go into one transaction."""
    numbers = list(names.numbers(NAMES).values())
    now = datetime.now(UTC).isoformat()
    tail = (
        '15800\t{p301}\t{"product_id": "p301", "name": "凤梨酥", "category": "点心", "price_fen":'
        " 15800}\t"
    )
    tail += '{"platform": "ios", "scene": 1011, "version": "3.2.0", "session": "0f3a7b12c9d4"}\n'
    found = []
    for first in range(0, count, ROWS):
        events, ledger = [], []
        for _n in range(min(ROWS, count - first)):
            who = dice.choice(customers)
            external = uuid.UUID(int=dice.getrandbits(128), version=4)
            events.append(
                f"{source}\t{dice.choice(numbers)}\t{who}\t{who}\t{now}\t{now}\tf\t0\t{external}\t{tail}"
            )
            ledger.append(f"{source}\t\\\\x{os.urandom(16).hex()}\t\\\\x{os.urandom(16).hex()}\n")
        found.append((b"".join(chunks(events)), b"".join(chunks(ledger))))
    return found


def copied(pairs: list[tuple[bytes, bytes]], clients: int = 2) -> float:
    """Seconds until all rows are committed."""
    waiting = iter(pairs)
    guard = threading.Lock()

    def work(database):
        while True:
            with guard:
                pair = next(waiting, None)
            if pair is None:
                return
            with database.transaction(), database.cursor() as cursor:
                for statement, data in zip((EVENT, LEDGER), pair, strict=True):
                    with cursor.copy(statement) as channel:
                        channel.write(data)

    connections = [connect(autocommit=True) for _client in range(clients)]
    threads = [threading.Thread(target=work, args=[database]) for database in connections]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    for database in connections:
        database.close()
    return seconds
