"""A provider that is slow, or cuts every connection, slows no other channel's messages (`make proof
PART=faults ARGS="-k isolation"`)."""

import time
from contextlib import contextmanager
from statistics import median, quantiles

import pytest

from tests.faults import oracle
from tests.faults.journeys import telling
from tests.faults.provider import Provider
from tests.faults.sender import crowd

pytestmark = pytest.mark.proof
CHANNELS = ("keyed", "unkeyed")
STRETCH, ROUNDS = (
    12,
    3,
)  # seconds of good and bad turn by turn, so that the machine's other work meets both alike
REQUESTS = 5  # per second, of 10 events each, a tenth of them watched
FACTOR, GRAIN = 1.5, 0.05  # of the median; seconds below which a difference says nothing
QUEUED = (
    "SELECT effect_key, extract(epoch FROM created_at)::float AS at FROM campaigns_message WHERE"
    " channel = 'keyed'"
)


def test_isolation_of_a_channel_from_anothers_provider():
    with (
        Provider() as bad,
        Provider() as good,
        good.customer(UNKEYED_PROVIDER_URL=bad.url) as product,
    ):
        for channel in CHANNELS:
            product.publish(channel, telling(channel))
        good.behave(slow=0.05)
        source = product.made_source("Isolation")
        stretches = {True: [], False: []}
        for number in range(ROUNDS):
            bad.behave(slow=0.05)
            with load(product, source, number):
                stretches[True].append(stretch())
                bad.behave(slow=3, fail=0.2, cut=0.2)
                stretches[False].append(stretch())
            bad.behave(slow=0.05)
            oracle.everything_is_drained(product, seconds=120)

        arrivals, queued = good.arrivals, product.rows(QUEUED)
        took = {
            is_well: [
                arrivals[row["effect_key"]] - row["at"]
                for row in queued
                if any(a <= row["at"] <= b for a, b in times)
            ]
            for is_well, times in stretches.items()
        }
        for is_well, seconds in took.items():
            print(
                f"\nthe other provider is {'well' if is_well else 'ill'}: {len(seconds)} messages,"
                f" {said(seconds)}"
            )
            assert len(seconds) > ROUNDS * STRETCH / 2
        for provider, channel in [(good, "keyed"), (bad, "unkeyed")]:
            assert set(provider.effects.values()) == {1}, channel
        assert bad.said()["cut"] > 0
        assert median(took[False]) <= FACTOR * max(median(took[True]), GRAIN)


@contextmanager
def load(product, source, number: int):
    """Events come in while the block runs, and have come for a moment before."""
    count = 10_000
    working = crowd(
        product,
        source,
        range(number * count, (number + 1) * count),
        seconds=count / 10.5 / REQUESTS,
        senders=4,
    )
    time.sleep(3)
    yield
    for sender in working:
        sender.enough.set()
    for sender in working:
        sender.join(60)


def stretch() -> tuple[float, float]:
    """When it began and ended."""
    began = time.time()
    time.sleep(STRETCH)
    return began, time.time()


def said(seconds: list[float]) -> str:
    return (
        f"median {median(seconds):.3f} s, p95 {quantiles(seconds, n=20)[-1]:.3f} s from the queue"
        " to their own provider"
    )
