"""Messages of a queue while its reader, the worker and the broker are killed again and again: none
is lost, none is doubled, none stands in the way of the others; what they set in motion happens
once. Files come in meanwhile, and nobody is written to because of them.

The size is 100,000 messages; SYNC_MESSAGES says another (`make proof PART=sync`).
"""

import contextlib
import json
import os
import threading
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import psutil
import psycopg
import pytest

from tests.faults import oracle
from tests.faults.journeys import telling
from tests.faults.killing import crash_postgres
from tests.faults.provider import Provider
from tests.faults.sender import WATCHED, event, name_of
from tests.product import eventually
from tests.sync.own_brokers import GONE, own

MESSAGES = int(os.environ.get("SYNC_MESSAGES", "100000"))
KILLS = max(9, MESSAGES // 2_500)
IMPORTED = max(MESSAGES // 5, 1_000)  # rows of each file
AT_ONCE = 250  # messages that their system sends together
WATCHED_OF = 50  # of so many events one is told to somebody
PATIENCE = 900
POISON = [b"{", b'{"number": null}', b"\xff\xfe", b'{"identities": {"member_id": 7}}']
ON_ORDER = {"trigger": "event", "event": "Order Completed"}
ON_START = {"trigger": "booking", "direction": "before", "n": 1, "unit": "hours"}
OLD_MEMBERS = """
from customers.models import Segment
leaf = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "old"}
segment = Segment.objects.create(name="Old members", definition=leaf)
"""
MAKE = """
from customers.models import Connection, Namespace, Source
from integrations.models import QueueSource
shop = Namespace.default()
source = Source.objects.create(namespace=shop, name="Queue", format="queue", trust="server")
account = Connection(vendor={vendor!r}, name="Broker", account="Broker", namespace=shop)
account.settings = {{"host": "127.0.0.1", **{settings!r}}}
account.save()
queue = QueueSource.objects.create(name="Queue", queue={queue!r}, source=source, connection=account)
"""
BRING = """
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from crm_project.files import uploads
from crm_project.queue.due import database_now
from customers.models import Namespace
from integrations.sync.files import beginning
boss, now = User.objects.get(username="admin"), database_now()
lines = [{head!r}, *({row!r}.format(k, now) for k in range({n}))]
file = SimpleUploadedFile("old.csv", "\\n".join(lines).encode())
file = uploads.received(file, by=boss, now=now)
one = beginning.look_at(file, kind={kind!r}, namespace=Namespace.default(), by=boss, now=now)
job = beginning.go(one, by=boss, now=now)
"""
# Of people who are old members from now on, who have ordered today, and who come in a month.
FILES = [
    ("customers", "姓名,手机号,会员号,level", "人{0},135{0:08},I{0:07},old"),
    ("orders", "订单号,下单时间,手机号,订单状态,实付金额", "F{0},{1:%F %T},135{0:08},已完成,9.90"),
    ("bookings", "预约号,手机号,预约时间,项目", "F{0},135{0:08},2027-01-08 14:00,洗牙"),
]
JOBS = "SELECT count(*) FROM crm_project_job WHERE state IN ('queued', 'running')"
COUNTED = "SELECT params->>'kind' AS kind, state, memo->'counted' AS counted FROM crm_project_job"
IDS = "SELECT external_id AS id FROM events_event WHERE external_id LIKE 'event-%%'"
REFUSED = "SELECT count(DISTINCT code) FROM integrations_quarantine"
STATE = "SELECT taken, stored, known, refused, waiting, last_error FROM integrations_queuestate"
INSIDE = "SELECT count(*) FROM customers_membership"
OF_ORDERS = """
SELECT o.*, (SELECT count(*) FROM events_event WHERE external_id LIKE %s) AS events
  FROM (SELECT count(*) AS orders, count(DISTINCT number) AS numbers, sum(paid_fen)::bigint AS fen
          FROM events_order WHERE number LIKE %s) o
"""
TOLD = """
SELECT coalesce(e.external_id, 'a reminder') AS id, m.state FROM campaigns_message m
  JOIN campaigns_run r ON r.id = m.run_id
  LEFT JOIN events_event e ON e.id = r.event_id AND e.occurred_at = r.event_occurred_at
"""


class Shop(threading.Thread):
    """Its server: it sends everything, shuffled, until it is confirmed, a tenth twice; never far
    ahead of what was taken, so that things die while it sends."""

    def __init__(self, broker, bodies: list[tuple[str, bytes]], dice: Random):
        super().__init__(daemon=True)
        self.broker, self.bodies = broker, [*bodies, *dice.sample(bodies, len(bodies) // 10)]
        dice.shuffle(self.bodies)
        self.sent = self.retries = self.taken = 0
        self.ahead = max(len(self.bodies) // 10, 2 * AT_ONCE)
        self.restarting = threading.Lock()

    def run(self):
        for at in range(0, len(self.bodies), AT_ONCE):
            while self.sent > self.taken + self.ahead:
                time.sleep(0.05)
            self.deliver(self.bodies[at : at + AT_ONCE])

    def deliver(self, some):
        while True:
            try:
                with self.restarting:
                    self.broker.publish(some)
            except GONE:
                self.retries += 1
                time.sleep(0.2)
            else:
                self.sent += len(some)
                return


def an_order(number: int) -> bytes:
    said = {
        "number": f"A{number}",
        "status": "paid",
        "occurred_at": "2026-11-24T10:00:00+08:00",
        "identities": {"member_id": f"m{number % 500}"},
        "total_fen": 1000 + number,
        "paid_fen": 1000 + number,
    }
    return json.dumps(said).encode()


def an_event(number: int) -> bytes:
    said = event(number, members=500)
    said["name"] = WATCHED if number % WATCHED_OF == 0 else "Noise"
    return json.dumps(said).encode()


def a_booking() -> bytes:
    """In an hour and a little, so that its reminder goes out while things die."""
    at = datetime.now(UTC)
    said = {
        "number": "B1",
        "status": "booked",
        "occurred_at": at.isoformat(),
        "identities": {"member_id": "m1"},
        "starts_at": (at + timedelta(hours=1, minutes=2)).isoformat(),
    }
    return json.dumps(said).encode()


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["rabbitmq", "redis", "valkey"])
def test_no_message_is_lost_or_doubled_whatever_is_killed(kind):
    dice = Random(time.time_ns())
    events = MESSAGES // 5
    orders = MESSAGES - events
    queue = f"hutong-{uuid.uuid4().hex[:8]}"
    with (
        own(kind, queue) as broker,
        Provider() as provider,
        provider.customer(HUTONG_OUTBOUND_HOSTS="127.0.0.1") as product,
    ):
        publish_journeys(product)
        product.ask(
            "queue.pk", MAKE.format(vendor=broker.vendor, settings=broker.settings(), queue=queue)
        )
        shop = Shop(
            broker,
            [
                *(("orders", an_order(n)) for n in range(orders)),
                *(("events", an_event(n)) for n in range(events)),
                *(("orders", one) for one in POISON),
                ("bookings", a_booking()),
            ],
            dice,
        )
        for of, head, row in FILES:
            product.ask("job.pk", BRING.format(kind=of, head=head, row=row, n=IMPORTED))
        began = time.monotonic()
        shop.start()
        killed = kill_by_turns(product, broker, shop, dice)
        wait_until_taken(product, shop, len(shop.bodies), seconds=PATIENCE)
        shop.join(PATIENCE)
        is_drained = eventually(lambda: is_empty(broker), seconds=PATIENCE)
        took = time.monotonic() - began
        print(
            f"\n{kind}: {shop.sent} messages of which {MESSAGES} differ, batches sent again"
            f" {shop.retries}, killed {dict(killed)}, {took:.0f} s, {shop.sent / took:.0f}"
            f" messages/s; {state_of(product)}"
        )
        assert is_drained, (state_of(product), product.tail())
        assert eventually(lambda: product.count(JOBS) == 0, seconds=PATIENCE)
        assert eventually(lambda: "a reminder" in told(product), seconds=300)
        oracle.everything_is_drained(product, seconds=PATIENCE)
        everything_is_here_once(product, orders, events)
        nothing_but_the_watched_was_told(product, provider, events)
        assert product.count(REFUSED) > 1
        oracle.no_request_was_answered_wrongly(product)
    assert sum(killed.values()) >= KILLS * 3 // 4, killed


def publish_journeys(product) -> None:
    """By an event, by an order, by entering a segment, before a booking."""
    segment = product.ask("segment.pk", OLD_MEMBERS)
    entering = {"trigger": "segment", "segment": segment, "change": "entered"}
    for name, trigger in (("Orders", ON_ORDER), ("Old members", entering), ("Soon", ON_START)):
        product.publish(name, telling("keyed", trigger=trigger))
    product.publish("Watched", telling("keyed"))


def kill_by_turns(product, broker, shop, dice) -> Counter:
    killed: Counter = Counter()
    plan = (["consume", "worker", "broker"] * KILLS)[:KILLS]
    dice.shuffle(plan)
    for number, target in enumerate(plan):
        wait_until_taken(product, shop, len(shop.bodies) * number / KILLS)
        killed[target] += kill(product, broker, shop, target)
        if number == KILLS // 2:
            crash_postgres(product)
    return killed


def kill(product, broker, shop, target: str) -> int:
    if target == "broker":
        broker.kill()
        with shop.restarting:
            broker.start()
        return 1
    until = time.monotonic() + 60
    while not (victim := product.part(target)) and time.monotonic() < until:
        time.sleep(0.05)
    if victim is None:
        return 0
    with contextlib.suppress(psutil.NoSuchProcess):
        victim.kill()
        return 1
    return 0


def wait_until_taken(product, shop, count: float, *, seconds: float = 120) -> None:
    """Kills are spread over the load, however fast it is."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(psycopg.OperationalError):  # it is coming back
            shop.taken = state_of(product).get("taken", 0)
            if shop.taken >= count:
                return
        time.sleep(0.1)


def state_of(product) -> dict:
    return next(iter(product.rows(STATE)), {})


def is_empty(broker) -> bool:
    try:
        return broker.left() == 0
    except GONE:
        broker.line = None
        return False


def everything_is_here_once(product, orders: int, events: int) -> None:
    (found,) = product.rows(OF_ORDERS, "orders:A%", "A%")
    assert found == {
        "orders": orders,
        "numbers": orders,
        "fen": sum(1000 + n for n in range(orders)),
        "events": orders,
    }
    ids = Counter(row["id"] for row in product.rows(IDS))
    assert ids == Counter(name_of(n) for n in range(events))
    jobs = product.rows(COUNTED)
    # Whose order or booking came first are here when the file of members names them.
    assert {row["kind"]: sum(row["counted"].values()) for row in jobs} == {
        kind: IMPORTED for kind, _head, _row in FILES
    }
    assert all(row["counted"].keys() <= {"new", "changed"} for row in jobs)
    assert {row["state"] for row in jobs} == {"done"}


def told(product) -> Counter:
    return Counter(row["id"] for row in product.rows(TOLD))


def nothing_but_the_watched_was_told(product, provider, events: int) -> None:
    """Each watched event once, one reminder, and nobody of the files: they are in the segment,
    their orders are of today."""
    watched = [name_of(n) for n in range(events) if n % WATCHED_OF == 0]
    assert told(product) == Counter([*watched, "a reminder"])
    assert {row["state"] for row in product.rows(TOLD)} == {"sent"}
    assert sorted(provider.effects.values()) == [1] * (len(watched) + 1)
    assert product.count(INSIDE) == IMPORTED
