"""Events come in while the product is killed over and over: nothing is lost, nothing is doubled,
nothing is left lying about.

The size is 2,000 events and 10 kills in every test run, 10,000 and 40 in `make proof PART=faults`,
and what FAULT_EVENTS and FAULT_KILLS say (100,000 and 200).
"""

import os
import time
from collections import Counter
from random import Random

import pytest

from tests.faults import oracle
from tests.faults.journeys import telling
from tests.faults.killing import Killer, crash_postgres, kill_and_empty_valkey
from tests.faults.provider import Provider
from tests.faults.sender import acknowledged, crowd

EVENTS = int(os.environ.get("FAULT_EVENTS", "10000"))
KILLS = int(os.environ.get("FAULT_KILLS", "40"))
SEED = int(os.environ.get("FAULT_SEED", "0")) or time.time_ns() % 1_000_000
SECONDS_PER_KILL = 1.2  # a load for each kill; the senders need longer when the product does
DRAIN_SECONDS = 600  # patience: what does not drain, stands still for ever


@pytest.mark.proof
def test_a_few_kills_lose_and_double_nothing():
    killed("keyed", events=2_000, kills=10, of_each_master=1, while_sending=2, members=100)


@pytest.mark.proof
@pytest.mark.parametrize("channel", ["keyed", "unkeyed"])
def test_many_kills_lose_and_double_nothing(channel):
    killed(
        channel,
        events=EVENTS,
        kills=KILLS,
        of_each_master=KILLS // 40,
        while_sending=KILLS // 5,
        members=EVENTS // 50,
        crashes=True,
    )


def killed(
    channel: str, *, events: int, kills: int, members: int, crashes: bool = False, **share: int
) -> None:
    """A run, its oracle, and its figures."""
    print(f"\n{channel}: {events} events, {kills} kills, seed {SEED}")
    dice = Random(SEED)
    with Provider() as provider, provider.customer() as product:
        product.publish("Watched", telling(channel, batch=a_batch_for_all(product)))
        provider.behave(slow=0.05, limit=0.01, fail=0.01)
        began = time.monotonic()
        source = product.made_source("Kills")
        seconds = kills * SECONDS_PER_KILL
        senders = crowd(
            product,
            source,
            range(events),
            seconds=seconds,
            senders=min(8, kills // 5),
            members=members,
        )
        killer = Killer(product, provider, dice)
        plan = killer.plan(kills=kills, **share)
        for number, target in enumerate(plan):
            wait_for_share(senders, events * number / kills)
            killer.kill(target)
            if crashes and number in {kills // 3, 2 * kills // 3}:
                killer.note_in_flight()
                crash_postgres(product)
            if crashes and number == kills // 2:
                kill_and_empty_valkey(product)
        for sender in senders:
            sender.join(600)
        loaded = time.monotonic() - began
        states = oracle.holds(
            product,
            acknowledged=acknowledged(senders),
            provider=provider,
            channels=[channel],
            unknown_at_most=killer.in_flight if channel == "unkeyed" else 0,
            seconds=DRAIN_SECONDS,
        )
        report(senders, killer, provider, states, loaded, time.monotonic() - began)
    assert [sender.surprises for sender in senders] == [[]] * len(senders)
    assert len(acknowledged(senders)) == events
    assert sum(killer.hits.values()) >= kills - 1, killer.hits
    assert killer.hits["sending"] >= share["while_sending"] * 3 // 4, killer.hits


def a_batch_for_all(product) -> int:
    """Enough for each message to carry a coupon, and nothing that would keep one from leaving."""
    imports = (
        "from campaigns.models import Cap, CouponBatch\nfrom customers.models import Namespace,"
        " Workspace\nWorkspace.get()\nCap.objects.all().delete()"
    )
    caps = "holdout_percent=0"
    batch = (
        "namespace=Namespace.default(), name='Kills', amount_off_fen=100, stock=1_000_000,"
        " per_customer=30_000"
    )
    return product.ask(
        "batch.pk",
        f"{imports}\nWorkspace.objects.update({caps})\nbatch = CouponBatch.objects.create({batch})",
    )


def wait_for_share(senders, count: float) -> None:
    """The load has come so far; kills are spread over it, however fast it is."""
    until = time.monotonic() + 20
    while sum(len(sender.acknowledged) for sender in senders) < count and time.monotonic() < until:
        time.sleep(0.05)


def report(senders, killer, provider, states: Counter, loaded: float, all_over: float) -> None:
    said = provider.said()
    print(
        f"posts {sum(s.posts for s in senders)}, retries {sum(s.retries for s in senders)},"
        f" repeated events {sum(s.repeated for s in senders)}, slowest request"
        f" {max(s.slowest for s in senders):.1f} s\nhits {dict(killer.hits)}, in flight at them"
        f" {killer.in_flight}\nmessages {dict(states)}, provider: calls {said['calls']}, repeats"
        f" absorbed {said['repeats']}, effects {len(said['effects'])}\nload {loaded:.0f} s, drained"
        f" after {all_over:.0f} s"
    )
