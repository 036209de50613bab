"""The database dies under the Sensors collector: every request is answered 200 or not at all, and
every event is there once."""

import base64
import json
import time
import uuid

import httpx
import psycopg
import pytest

from tests.product import eventually

pytestmark = pytest.mark.proof

EVENTS = 120
KILL_EVERY = 30
STORED = """
SELECT count(*) AS rows, count(DISTINCT e.properties->>'n') AS different FROM events_event e
JOIN customers_source s ON s.id = e.source_id WHERE s.name = %s
"""


def test_nothing_is_lost_or_doubled_while_the_database_is_killed(product):
    name = f"outage-{uuid.uuid4().hex[:6]}"
    source = json.loads(product.manage("source", name, "--format", "sensors", "--trust", "client"))
    statuses = []
    with httpx.Client(timeout=30) as http:
        for n in range(EVENTS):
            if n % KILL_EVERY == KILL_EVERY // 2:
                # While it is down the collector spools, and answers so quickly that it may not be
                # up again yet.
                eventually(lambda: product.part("postgres"), seconds=30, every=0.1).kill()
            statuses.append(delivered(http, product.url, source["key"], n))
            time.sleep(0.05)

    assert set(statuses) <= {200, None}
    sent = {"rows": EVENTS, "different": EVENTS}
    assert eventually(lambda: stored(product, name) == sent, seconds=60), (
        stored(product, name),
        statuses.count(None),
    )
    spool = product.data / "spool"
    print(
        f"{statuses.count(None)} not answered and sent again,"
        f" {sorted(path.name for path in spool.glob('*'))} left in the spool"
    )
    assert not [path for path in spool.glob("*") if path.name != "lock"]


def stored(product, name: str) -> dict:
    try:
        return product.rows(STORED, name)[0]
    except psycopg.Error:  # it may still be starting
        return {}


def delivered(http: httpx.Client, url: str, key: str, n: int) -> int | None:
    """As the mini-program does: any answer will do, a broken connection is tried again with the
    same object."""
    event = {
        "type": "track",
        "event": "Harness",
        "distinct_id": "d",
        "time": int(time.time() * 1000),
        "_track_id": n,
        "properties": {"n": n},
    }
    body = b"data_list=" + base64.b64encode(json.dumps([event]).encode()).replace(b"+", b"%2B")
    first = None
    for attempt in range(40):
        try:
            status = http.post(
                f"{url}/sa?token={key}", content=body, headers={"Content-Type": "text/plain"}
            ).status_code
            return status if attempt == 0 or status != 200 else first
        except httpx.HTTPError:
            time.sleep(0.5)
    raise AssertionError("never answered")
