"""Messages of a queue through its reader, from the broker to the last commit; and how fresh single
events are while a file of many rows comes in.

The broker is the environment's own Valkey; the limit is COPY of the same bodies into a bare table.
"""

import json
import os
import threading
import time
import uuid
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from benchmarks.cpu import Meter
from benchmarks.imports import HEADS, rows_of, text_of
from benchmarks.inside import report, scaled
from benchmarks.shop import a_boss
from crm_project.files import uploads
from crm_project.jobs import running
from crm_project.queue.due import database_now
from customers.models import Connection, Namespace, Source
from events import ingest
from events.incoming_items import Incoming, Named
from events.models import Event
from integrations.models import QueueSource
from integrations.sync.files import beginning
from integrations.sync.queue.brokers import open_for
from integrations.sync.queue.taking import take

MESSAGES, ROWS, PROBES = 100_000, 50_000, 100
OF_COPY, FRESH_SECONDS = 0.05, 2.0


def bodies(n: int) -> list[bytes]:
    return [
        json.dumps(
            {
                "number": f"Q{k}",
                "status": "paid",
                "occurred_at": "2026-11-24T10:00:00+08:00",
                "identities": {"member_id": f"q{k % (n // 4 + 1)}"},
                "total_fen": 1990,
            }
        ).encode()
        for k in range(n)
    ]


def copied(some: list[bytes]) -> float:
    """Seconds that PostgreSQL takes for the same bodies, in a table without an index."""
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bare (body text)")
        with cursor.copy("COPY bare FROM STDIN") as copy:
            for body in some:
                copy.write_row((body.decode(),))
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE bare")
    return seconds


def a_queue(shop: Namespace, door: str) -> QueueSource:
    parts = urlsplit(settings.BROKER_URL)
    name = f"bench {uuid.uuid4().hex[:8]}"
    source = Source.objects.create(namespace=shop, name=name, format="queue", trust="server")
    account = Connection(vendor="redis_stream", name=name, account=name, namespace=shop)
    account.settings = {
        "host": "127.0.0.1",
        "port": parts.port,
        "user": "",
        "password": parts.password or "",
        "database": int(parts.path.strip("/") or 0),
    }
    account.save()
    return QueueSource.objects.create(
        name=name, queue=name, source=source, connection=account, door=door
    )


def taken(queue: QueueSource, n: int) -> tuple[float, float]:
    """Seconds until the last acknowledgement, and those of the CPU."""
    began, done = time.perf_counter(), 0
    with Meter(os.getpid(), int(os.environ["BENCH_POSTGRES_PID"])) as spent:
        broker = open_for(queue)
        while done < n:
            messages = broker.take(queue.at_once, 5)
            take(queue, messages)
            broker.settle(messages)
            done += len(messages)
        broker.close()
    return time.perf_counter() - began, spent.seconds


def queued(shop: Namespace) -> None:
    some = bodies(scaled(MESSAGES))
    queue = a_queue(shop, "orders")
    line = redis.Redis.from_url(settings.BROKER_URL)
    pipe = line.pipeline(transaction=False)
    for body in some:
        pipe.xadd(queue.queue, {"body": body})
    pipe.execute()
    limit = len(some) / copied(some)
    seconds, cpu = taken(queue, len(some))
    line.delete(queue.queue)
    each = cpu / len(some) * 1_000_000
    report(
        "messages of a queue",
        len(some) / seconds,
        limit,
        budget=OF_COPY,
        at_most=False,
        unit=f"messages/s; {len(some)} messages, {each:.0f} µs of CPU each",
        messages=len(some),
        cpu_us=each,
    )


def fresh(shop: Namespace) -> None:
    """From the moment when a single event is sent until it can be read, while a file comes in."""
    boss, rows = a_boss(), rows_of("customers", scaled(ROWS))
    content = text_of([HEADS["customers"], *rows]).replace("I0", "J0").replace(",139", ",136")
    brought = SimpleUploadedFile("rows.csv", content.encode())
    file = uploads.received(brought, by=boss, now=database_now())
    one = beginning.look_at(file, kind="customers", namespace=shop, by=boss, now=database_now())
    job = beginning.go(one, by=boss, now=database_now())
    source = Source.objects.create(
        namespace=shop, name=f"bench {uuid.uuid4().hex[:8]}", trust="server"
    )
    ended = threading.Event()

    def work():
        while running.work():
            pass
        ended.set()
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    took: list[float] = []
    while not ended.is_set() and len(took) < PROBES:
        ident, began = uuid.uuid4().hex, time.perf_counter()
        item = Incoming(
            id=ident,
            content=ident.encode(),
            name="Fresh",
            occurred_at=database_now(),
            identities=[Named("member_id", ident)],
        )
        ingest.record(source, [item])
        assert Event.objects.filter(external_id=ident).exists()
        took.append(time.perf_counter() - began)
        ended.wait(0.05)
    worker.join()
    job.refresh_from_db()
    assert job.state == "done", job.error
    report(
        "a single event during an import",
        max(took),
        FRESH_SECONDS,
        budget=1.0,
        at_most=True,
        unit=f"s, the slowest of {len(took)}",
    )


def main() -> None:
    settings.OUTBOUND_HOSTS = ["127.0.0.1"]
    shop = Namespace.objects.order_by("pk").first()
    queued(shop)
    fresh(shop)


if __name__ == "__main__":
    main()
