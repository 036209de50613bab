"""A vendor of short messages that is slow, or cuts connections, slows no other channel's messages
(`make proof PART=faults ARGS="-k sms_isolation"`): their p99 moves by a quarter and 50 ms at most,
by the medians of rounds turn by turn. Alone on the machine: others' work moves it too."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles

import httpx
import pytest

from demo.vendors.apart import Apart
from demo.vendors.sms.stock import SIGN
from demo.vendors.tencent_sms.platform import APP, SECRET_ID, SECRET_KEY
from tests.faults import oracle
from tests.faults.journeys import telling
from tests.faults.provider import Provider
from tests.faults.sender import crowd, signed
from tests.faults.test_isolation import QUEUED

pytestmark = pytest.mark.proof
ROUNDS = 3
STRETCH = int(os.environ.get("FAULT_STRETCH", "20"))  # seconds
MEMBERS = 100
REQUESTS = 10  # per second, of 10 events each, a tenth of them watched
MOST, MOST_SECONDS = 1.25, 0.05
ILL = (
    {"kind": "slow", "seconds": 30, "share": 0.5},
    {"kind": "fail", "status": 503, "share": 0.2},
    {"kind": "cut", "share": 0.2},
    {"kind": "garbage", "share": 0.1},
)
TEXT = "{{ event.number | default: '-' }}，您预约的品茶在15:00开始。"
CONNECT = """
from crm_project.queue.due import database_now
from customers.models import Connection, Namespace
from integrations.sms import syncing
row = Connection(vendor="tencent_sms", namespace=Namespace.default(), name="SMS", account="sms",
                 base_url={url!r})
row.settings = {settings!r}
row.save()
syncing.sync(row, database_now())
"""


class Tencent(Apart):
    module = "demo.vendors.tencent_sms"


def test_sms_isolation_of_a_channel_from_an_ill_vendor():
    with (
        Tencent() as vendor,
        Provider() as good,
        good.customer(HUTONG_OUTBOUND_HOSTS=vendor.url.removeprefix("http://")) as product,
    ):
        for limit in ("same_content_in_30_s", "hour", "day", "same_content_day"):
            vendor.tell("limits", **{limit: 10**9})
        source = opened(product, vendor)
        good.behave(slow=0.05)
        stretches: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
        for number in range(ROUNDS):
            with load(product, source, number):
                for is_well in (True, False) if number % 2 == 0 else (False, True):
                    vendor.misbehave(*(() if is_well else ILL))
                    time.sleep(2)
                    stretches[is_well].append(stretch())
            vendor.misbehave()
            oracle.everything_is_drained(product, seconds=180)

        arrivals, queued = good.arrivals, product.rows(QUEUED)
        found = {
            is_well: [of_stretch(queued, arrivals, one) for one in times]
            for is_well, times in stretches.items()
        }
        for is_well, rows in found.items():
            print(f"\nthe vendor is {'well' if is_well else 'ill'}: {'; '.join(map(said, rows))}")
        assert vendor.ask("tally")["twice"] == []
        assert vendor.ask("tally")["accepted"] > 0
        assert set(good.effects.values()) == {1}
        well, ill = (median(p99(row) for row in found[is_well]) for is_well in (True, False))
        assert ill <= well * MOST
        assert ill - well <= MOST_SECONDS


def opened(product, vendor) -> dict:
    """The account is connected, and each watched event is told by SMS and by another channel."""
    settings = {"access_id": SECRET_ID, "secret_key": SECRET_KEY, "app_id": APP, "sign": SIGN}
    settings |= {"abroad": False, "own_number": "", "push_key": "a-key-that-nobody-guesses"}
    product.ask("row.pk", CONNECT.format(url=vendor.url, settings=settings))
    product.ask(
        "Cap.objects.all().delete()[0] + QuietHours.objects.all().delete()[0]",
        "from campaigns.models import Cap, QuietHours",
    )
    product.publish("keyed", telling("keyed"))
    by_sms = telling("sms")
    by_sms["steps"]["sms"]["content"]["text"] = TEXT
    product.publish("sms", by_sms)
    source = product.made_source("Isolation")
    people = [
        {"identities": {"member_id": f"m{n}", "phone": f"139{n:08}", "phone_verified": True}}
        for n in range(MEMBERS)
    ]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    items = [{"id": f"p{n}", "occurred_at": now, **one} for n, one in enumerate(people)]
    body = httpx.Request("POST", "http://x", json={"batch": items}).content
    answer = httpx.post(
        f"{product.url}/api/v1/customers", content=body, headers=signed(source, body), timeout=30
    )
    assert answer.status_code in {200, 202}, answer.text
    return source


@contextmanager
def load(product, source, number: int) -> Iterator[None]:
    """Events come in while the block runs, and have come for a moment before."""
    count = 40_000
    numbers = range(number * count, (number + 1) * count)
    seconds = count / 10.5 / REQUESTS
    working = crowd(product, source, numbers, seconds=seconds, senders=4, members=MEMBERS)
    time.sleep(3)
    yield
    for sender in working:
        sender.enough.set()
    for sender in working:
        sender.join(60)


def stretch() -> tuple[float, float]:
    began = time.time()
    time.sleep(STRETCH)
    return began, time.time()


def of_stretch(queued: list[dict], arrivals: dict, times: tuple[float, float]) -> list[float]:
    """Seconds from the queue to their provider, of each message that was queued then."""
    began, ended = times
    return [
        arrivals[row["effect_key"]] - row["at"] for row in queued if began <= row["at"] <= ended
    ]


def p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[-1]


def said(seconds: list[float]) -> str:
    return f"{len(seconds)}, median {median(seconds):.3f} s, p99 {p99(seconds):.3f} s"
