"""Message push of WeChat: accepts of subscribe messages, signed and sealed, one a request, against
the native door with single events, in turns; people are known, as they are who accept."""

import json
import os
import time
from random import Random
from urllib.parse import urlencode, urlsplit

from benchmarks.cpu import Meter
from benchmarks.environment import web
from benchmarks.inside import median, percentile, report, scaled
from benchmarks.posts import all_stored, poured, request
from benchmarks.shop import Writer, a_source
from customers.models import Connection
from integrations.models import SubscribeTemplate
from integrations.wechat import crypto

ROUNDS = 3
APP, TEMPLATE = "wx0123456789abcdef", "a-template-of-the-bench"
TOKEN, KEY = "t" * 32, "A" * 43


def main() -> None:
    source, count = a_source(), scaled(4_000)
    connected(source.namespace)
    writer, people = Writer(Random(os.urandom(8)), count), [f"o{n:027}" for n in range(count)]
    found = {"pushes": [], "events": [], "pushes_cpu_ms": [], "events_cpu_ms": [], "p99_ms": []}
    with web() as (url, pid):
        for turn, name in enumerate(["pushes", "events"] * (ROUNDS + 1)):
            requests = (
                [accept(url, openid, turn) for openid in people]
                if name == "pushes"
                else [
                    request(f"{url}/api/v1/events", source.key, source.secret, writer.event())
                    for _n in range(count)
                ]
            )
            with Meter(pid, int(os.environ["BENCH_POSTGRES_PID"])) as spent:
                seconds, took, statuses = poured(url, requests)
            assert all_stored(statuses, 200 if name == "pushes" else 202), statuses
            found[name].append(count / seconds)
            found[f"{name}_cpu_ms"].append(spent.seconds / count * 1000)
            if name == "pushes":
                found["p99_ms"].append(percentile(took, 0.99) * 1000)
    warm = {name: values[1:] for name, values in found.items()}
    report(
        "message push",
        median(warm["pushes"]),
        median(warm["events"]),
        budget=0.80,
        at_most=False,
        unit="requests/s",
        **warm,
    )


def connected(namespace) -> None:
    row = Connection(vendor="wechat", namespace=namespace, name="bench push", account=APP)
    row.settings = {"app_id": APP, "secret": "s" * 32, "push_token": TOKEN, "aes_key": KEY}
    row.save()
    SubscribeTemplate.objects.create(connection=row, key=TEMPLATE, title="x", kind="one_time")


def accept(url: str, openid: str, turn: int) -> bytes:
    """Somebody has allowed one message; each turn's is another one."""
    now = int(time.time())
    said = {
        "ToUserName": "gh_0123456789ab",
        "FromUserName": openid,
        "CreateTime": str(now - 600 * turn),  # no two of them are one
        "MsgType": "event",
        "Event": "subscribe_msg_popup_event",
        "List": {
            "TemplateId": TEMPLATE,
            "SubscribeStatusString": "accept",
            "PopupScene": "0",
        },
    }
    sealed = crypto.Sealer(KEY, APP).seal(json.dumps(said).encode())
    words = {"timestamp": str(now), "nonce": "123456789"}
    query = urlencode(
        {
            **words,
            "encrypt_type": "aes",
            "msg_signature": crypto.signature(TOKEN, *words.values(), sealed),
        }
    )
    raw = json.dumps({"ToUserName": "gh_0123456789ab", "Encrypt": sealed}).encode()
    head = (
        f"POST /wechat/{APP}/push?{query} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


if __name__ == "__main__":
    main()
