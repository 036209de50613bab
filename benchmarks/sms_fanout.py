"""Queued short messages to a gateway that answers at once: claim, policy, render, judge, send one
call each, record; against a bare aiohttp client with the same bodies."""

import asyncio
import os
import time

from django.conf import settings
from django.db import connection

from benchmarks.cpu import Meter
from benchmarks.fanout import bare
from benchmarks.inside import median, report, scaled
from benchmarks.provider import Served
from benchmarks.shop import nobody_is_held_back
from campaigns.delivery import sender
from crm_project.queue.due import database_now
from customers.models import Connection, Customer, Identity, Kind, Namespace
from customers.privacy.sealing import digest
from integrations.connections.vendors import vendors
from integrations.sms.channel import Sms

ROUNDS = 3
TEXT = '{"text": "{{ customer.name | default: \'您\' }}，%s：会员日全场八折"}'
QUEUE = """
INSERT INTO campaigns_message (customer_id, origin_customer_id, channel, connection_id, purpose,
  state, reason, effect_key, step, content, facts, content_digest, provider_id, created_at, due_at,
  attempts, error)
SELECT customer_id, customer_id, 'sms', %(through)s, 'marketing', 'queued', '',
  'bench:' || %(run)s || ':' || customer_id, '', %(content)s::jsonb, '{}', '', '', now(), now(), 0,
  '' FROM customers_identity WHERE id = ANY(%(ids)s) ORDER BY hashint4(customer_id)
"""
AGREE = """
INSERT INTO customers_consent (customer_id, origin_customer_id, channel, purpose, is_granted,
  occurred_at, version, proof)
SELECT id, id, 'sms', 'marketing', true, now(), '', '' FROM customers_customer WHERE id = ANY(%s)
"""


def people(count: int) -> list[int]:
    """So many of the shop have a phone and have agreed; the ids of their phones' rows."""
    ids = Customer.objects.alive().order_by("pk").values_list("pk", flat=True)[:count]
    rows = []
    for n, pk in enumerate(ids):
        number = f"+8613{n:09}"
        rows.append(
            Identity(
                customer_id=pk,
                origin_customer_id=pk,
                kind=Kind.PHONE,
                value=digest("phone", f"bench {number}"),
                sealed=number,
                first_seen_at=database_now(),
                is_strong=True,
            )
        )
    with connection.cursor() as cursor:
        cursor.execute(AGREE, [list(ids)])
    return [row.pk for row in Identity.objects.bulk_create(rows, batch_size=2000)]


def gateway(url: str) -> Connection:
    """An account whose form describes the benchmark's server."""
    fields = vendors["sms_gateway"].Form.base_fields
    said = {name: field.initial or "" for name, field in fields.items()}
    said |= {"url": url, "method": "json", "signing": "hmac_hex", "secret": "secret"}
    said |= {"login": "bench", "sign": "胡同茶馆", "fields_sent": "to = {number}\nbody = {text}"}
    said |= {"good_path": "id", "good_value": "x", "row_path": "", "id_path": "", "parts_path": ""}
    row = Connection(
        vendor="sms_gateway", namespace=Namespace.default(), name="bench sms", account="bench"
    )
    row.settings = said
    row.save()
    return row


def queued(run: str, through: int, ids: list[int]) -> None:
    with connection.cursor() as cursor:
        words = {"run": run, "content": TEXT % run, "through": through, "ids": ids}
        cursor.execute(QUEUE, words)
        cursor.execute("ANALYZE campaigns_message")


def main() -> None:
    count, postgres = scaled(10_000), int(os.environ["BENCH_POSTGRES_PID"])
    found = {"sent": [], "bare": [], "sent_cpu_ms": [], "bare_cpu_ms": []}
    nobody_is_held_back()
    settings.OUTBOUND_HOSTS = ["127.0.0.1"]
    Sms.lawful_hours = {}  # at whatever time it is measured
    with Served() as provider:
        ids, row = people(count), gateway(provider.url)
        for number in range(ROUNDS):
            run = f"{number}-{database_now():%H%M%S}"
            queued(run, row.pk, ids)
            provider.heard()
            with Meter(postgres, os.getpid(), without=provider.pid) as spent:
                began = time.perf_counter()
                looked_at = sender.send_due("sms", connection_id=row.pk, rounds=count)
                seconds = time.perf_counter() - began
            assert looked_at == len(ids), looked_at
            texts = list(provider.heard())
            bodies = [{"to": f"{n}", "body": texts[n % len(texts)]} for n in range(len(ids))]
            with Meter(os.getpid(), without=provider.pid) as alone:
                bare_seconds = asyncio.run(bare(provider.url, bodies))
            found["sent"].append(len(ids) / seconds)
            found["sent_cpu_ms"].append(spent.seconds / len(ids) * 1000)
            found["bare"].append(len(bodies) / bare_seconds)
            found["bare_cpu_ms"].append(alone.seconds / len(bodies) * 1000)
    report(
        "sms fan-out",
        median(found["sent"]),
        median(found["bare"]),
        budget=0.25,
        at_most=False,
        unit="messages/s, one worker, one call each",
        **found,
    )


if __name__ == "__main__":
    main()
