"""Queued messages to the loopback provider: claim, policy, render, send, record; against a bare
aiohttp client with the same bodies."""

import asyncio
import os
import time

import aiohttp
from django.db import connection

from benchmarks.cpu import Meter
from benchmarks.inside import median, report, scaled
from benchmarks.loopback import Loopback
from benchmarks.provider import Served
from benchmarks.shop import nobody_is_held_back
from campaigns.delivery import sender
from crm_project.queue.due import database_now
from integrations.outbound.client import AT_ONCE

ROUNDS = 3
QUEUE = """
INSERT INTO campaigns_message (customer_id, origin_customer_id, channel, purpose, state, reason,
  effect_key, step, content, facts, content_digest,
                               provider_id, created_at, due_at, attempts, error)
SELECT id, id, 'bench', 'marketing', 'queued', '', 'bench:' || %(run)s || ':' || id, '',
  %(content)s::jsonb, '{}', '', '', now(), now(), 0, ''
FROM customers_customer WHERE merged_into_id IS NULL ORDER BY hashint4(id) LIMIT %(count)s
"""
TEXT = (
    '{"body": "Hello {{ customer.name }}, %s: {{ customer.attributes.points | default: 0 }} points'
    ' wait for you in {{ customer.attributes.city }}."}'
)


def queued(run: str, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(QUEUE, {"run": run, "content": TEXT % run, "count": count})
        cursor.execute("ANALYZE campaigns_message")


async def bare(url: str, bodies: list[dict]) -> float:
    """As many at once as the channel has, one session for all."""
    waiting = iter(bodies)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as http:

        async def work() -> None:
            for body in waiting:
                async with http.post(url, json=body) as answer:
                    await answer.json()

        began = time.perf_counter()
        await asyncio.gather(*(work() for _n in range(AT_ONCE)))
        return time.perf_counter() - began


def main() -> None:
    count, postgres = scaled(20_000), int(os.environ["BENCH_POSTGRES_PID"])
    found = {"sent": [], "bare": [], "sent_cpu_ms": [], "bare_cpu_ms": []}
    nobody_is_held_back()
    with Served() as provider:
        os.environ["BENCH_PROVIDER"] = provider.url
        for number in range(ROUNDS):
            run = f"{number}-{database_now():%H%M%S}"
            queued(run, count)
            provider.heard()
            with Meter(postgres, os.getpid(), without=provider.pid) as spent:
                began = time.perf_counter()
                looked_at = sender.send_due(Loopback.key, rounds=count)
                seconds = time.perf_counter() - began
            assert looked_at == count, looked_at
            texts = list(provider.heard())
            bodies = [
                {"to": f"address-{n}", "key": f"bench:{run}:{n}", "body": texts[n % len(texts)]}
                for n in range(count)
            ]
            with Meter(os.getpid(), without=provider.pid) as alone:
                bare_seconds = asyncio.run(bare(provider.url, bodies))
            found["sent"].append(count / seconds)
            found["sent_cpu_ms"].append(spent.seconds / count * 1000)
            found["bare"].append(len(bodies) / bare_seconds)
            found["bare_cpu_ms"].append(alone.seconds / len(bodies) * 1000)
    cpu = median(found["bare_cpu_ms"]) / median(found["sent_cpu_ms"])
    unit = f"messages/s, one worker; by CPU with PostgreSQL {cpu:.3f}"
    report(
        "fan-out",
        median(found["sent"]),
        median(found["bare"]),
        budget=0.5,
        at_most=False,
        unit=unit,
        cpu_ratio=cpu,
        **found,
    )


if __name__ == "__main__":
    main()
