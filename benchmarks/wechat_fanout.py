"""Queued subscribe messages to a sink that answers as WeChat does: claim, grants, policy, values,
send, record; against a bare aiohttp client that posts the same bodies."""

import asyncio
import os
import time
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from benchmarks.cpu import Meter
from benchmarks.fanout import bare
from benchmarks.inside import median, report, scaled
from benchmarks.shop import nobody_is_held_back
from benchmarks.wechat_sink import Served
from campaigns.delivery import sender
from crm_project.queue.due import database_now
from customers.models import Connection, Namespace
from integrations.models import Grant, SubscribeTemplate
from integrations.wechat.subscribe.channel import KEY, SEND

ROUNDS = 3
APP = "wx00000000000bench"
KEYWORDS = [
    {"key": "thing1", "kind": "thing", "label": "内容", "example": "", "choices": []},
    {"key": "number2", "kind": "number", "label": "数量", "example": "", "choices": []},
]
# Whoever has no openid of the app yet has one, and each has a grant for each round.
PEOPLE = """
INSERT INTO customers_identity (customer_id, origin_customer_id, kind, scope, value, tail,
  is_strong, first_seen_at)
SELECT id, id, 'wx_openid', %(app)s, 'bench-' || id, '', true, now()
  FROM customers_customer WHERE merged_into_id IS NULL AND erased_at IS NULL
 ORDER BY hashint4(id) LIMIT %(count)s ON CONFLICT DO NOTHING
"""
ALLOWED = """
INSERT INTO integrations_grant (connection_id, identity_id, customer_id, origin_customer_id,
  template_id, accepted_at, said_by, push_key, is_lasting, is_withdrawal, state, changed_at)
SELECT %(app_id)s, i.id, i.customer_id, i.origin_customer_id, %(template)s, now(), 'push',
       %(run)s || ':' || i.id, false, false, 'free', now()
  FROM customers_identity i WHERE i.kind = 'wx_openid' AND i.scope = %(app)s
"""
QUEUE = """
INSERT INTO campaigns_message (customer_id, origin_customer_id, channel, connection_id, purpose,
  state, reason, effect_key, step, content, facts, content_digest, provider_id, created_at, due_at,
  attempts, error)
SELECT i.customer_id, i.customer_id, %(channel)s, %(app_id)s, 'service', 'queued', '',
       'wechat:' || %(run)s || ':' || i.id, '', %(content)s::jsonb, '{}', '', '', now(), now(), 0,
       ''
  FROM customers_identity i WHERE i.kind = 'wx_openid' AND i.scope = %(app)s
"""
TEXT = '{"template": "bench", "value1": "{{ customer.name }} %s", "value2": "3", "page": "p/i"}'


def connected(url: str) -> SubscribeTemplate:
    row, _is_new = Connection.objects.update_or_create(
        vendor="wechat",
        account=APP,
        defaults={"namespace": Namespace.default(), "name": "bench", "base_url": url},
    )
    row.settings = {"app_id": APP, "secret": "s" * 32, "push_token": "t", "aes_key": "A" * 43}
    row.save()
    settings.OUTBOUND_HOSTS = [*settings.OUTBOUND_HOSTS, urlsplit(url).netloc]
    return SubscribeTemplate.objects.update_or_create(
        connection=row,
        key="bench",
        defaults={
            "title": "bench",
            "kind": "one_time",
            "keywords": KEYWORDS,
            "about": "account",
        },
    )[0]


def queued(template: SubscribeTemplate, run: str, count: int) -> int:
    words = {"app": APP, "app_id": template.connection_id, "template": template.pk, "run": run}
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"app": APP, "count": count})
        cursor.execute(ALLOWED, words)
        cursor.execute(QUEUE, {**words, "channel": KEY, "content": TEXT % run})
        found = cursor.rowcount
        cursor.execute("ANALYZE campaigns_message, integrations_grant, customers_identity")
    return found


def bodies(template: SubscribeTemplate, run: str, count: int) -> list[dict]:
    words = {"thing1": {"value": f"name {run}"[:20]}, "number2": {"value": "3"}}
    return [
        {
            "touser": f"bench-{n}",
            "template_id": template.key,
            "miniprogram_state": "formal",
            "lang": "zh_CN",
            "data": words,
            "page": f"p/i?hutong_message={n}",
        }
        for n in range(count)
    ]


def main() -> None:
    wanted, postgres = scaled(20_000), int(os.environ["BENCH_POSTGRES_PID"])
    found = {"sent": [], "bare": [], "sent_cpu_ms": [], "bare_cpu_ms": []}
    nobody_is_held_back()
    with Served() as sink:
        template = connected(sink.url)
        for number in range(ROUNDS):
            run = f"{number}-{database_now():%H%M%S}"
            count = queued(template, run, wanted)
            with Meter(postgres, os.getpid(), without=sink.pid) as spent:
                began = time.perf_counter()
                looked_at = sender.send_due(KEY, connection_id=template.connection_id, rounds=count)
                seconds = time.perf_counter() - began
            assert looked_at == count, (looked_at, count)
            left = Grant.objects.filter(template=template, state="free").count()
            assert left == 0, left
            same = bodies(template, run, count)
            with Meter(os.getpid(), without=sink.pid) as alone:
                bare_seconds = asyncio.run(bare(f"{sink.url}{SEND}", same))
            found["sent"].append(count / seconds)
            found["sent_cpu_ms"].append(spent.seconds / count * 1000)
            found["bare"].append(count / bare_seconds)
            found["bare_cpu_ms"].append(alone.seconds / count * 1000)
    report(
        "wechat fan-out",
        median(found["sent"]),
        median(found["bare"]),
        budget=0.25,
        at_most=False,
        unit="subscribe messages/s, one worker",
        **found,
    )


if __name__ == "__main__":
    main()
