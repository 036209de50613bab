"""What the product does to itself, and what its machine does to it: it dies at a fail point or
stands still, a message kills whoever handles it, two beats tick and are killed, the disk is full,
the broker is half-open (`make proof PART=faults`).
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random

import httpx
import psutil
import pytest

from crm_project import failpoints
from crm_project.queue.due import STUCK_AFTER
from crm_project.queue.worker_loops import LIMIT as LONGEST_DRAIN
from crm_project.runtime import home
from crm_project.runtime.ports import free_port
from crm_project.runtime.up import LONGEST_SILENCE
from crm_project.runtime.valkey import Valkey
from tests import servers
from tests.faults import oracle
from tests.faults.channels import POISON
from tests.faults.holding import held
from tests.faults.journeys import telling
from tests.faults.killing import sending_child
from tests.faults.provider import Provider
from tests.faults.proxy import Proxy
from tests.faults.sender import acknowledged, crowd, event, signed
from tests.product import Product, eventually

pytestmark = pytest.mark.proof
CHANNELS = ("keyed", "unkeyed")
RECOVERY = 10
MEMBERS = 100
IN_FLIGHT = 20  # what one death may leave in doubt: two processes, a fence of ten each

# A segment for the evaluator to write, and journeys at moments that come soon.
SLOTS = """
from datetime import timedelta
from campaigns.journeys import definition
from campaigns.models import Journey
from crm_project.queue.due import database_now
from customers.models import Segment
from customers.segments import membership
from tests.faults.journeys import telling
from tests.faults.sender import WATCHED, NOISE
did = {{"condition": "did_event", "comparison": ">=", "times": 1, "window": "last", "window_n": 30, "window_unit": "days"}}
segment = Segment.objects.create(name="seen", kind="rules")
either = [{{**did, "event": WATCHED}}, {{**did, "event": NOISE}}]
membership.save_definition(segment, {{"op": "any", "of": either}}, by=None, now=database_now())
for n in range({slots}):
    at = (database_now() + timedelta(seconds={first} + 2 * n)).isoformat()
    draft = telling("keyed", trigger={{"trigger": "schedule", "segment": segment.pk, "once_at": at}})
    definition.publish(Journey.objects.create(name=f"slot {{n}}", draft=draft), by=None, now=database_now())
"""  # noqa: E501


@contextmanager
def at_work(**environment: str):
    """A provider, a product that tells it of each watched event, and a source."""
    with Provider() as provider, provider.customer(**environment) as product:
        product.publish("Watched", telling(*CHANNELS))
        yield provider, product, product.made_source("Faults")


def slots(product, *, slots: int, first: int) -> None:
    product.ask("None", SLOTS.format(slots=slots, first=first))


EACH = [[point] for point in sorted(failpoints.POINTS)]


@pytest.mark.parametrize(
    "points",
    [*EACH, sorted(failpoints.POINTS)],
    ids=lambda points: points[0] if len(points) == 1 else "all_of_them",
)
def test_two_deaths_at_fail_points_of_the_running_product(points, tmp_path):
    marks = {point: tmp_path / point for point in points}
    left = dict.fromkeys(points, 2)
    with at_work(
        HUTONG_FAIL_POINT=",".join(f"{point}:2:{mark}" for point, mark in marks.items())
    ) as (provider, product, source):
        slots(product, slots=min(8 * len(points), 40), first=2)
        working = crowd(
            product, source, range(1_000 * len(points)), seconds=10 * len(points), senders=4
        )
        until = time.monotonic() + 60 + 60 * len(points)
        while any(left.values()):
            assert time.monotonic() < until, f"not reached: {left}"
            for point, mark in marks.items():
                if left[point] and mark.exists():
                    left[point] -= 1
                    if left[point]:  # the second one may come
                        mark.unlink()
            time.sleep(0.02)
        for sender in working:
            sender.join(60 + 30 * len(points))
        doubt = 2 * len(points) * IN_FLIGHT
        oracle.holds(
            product,
            acknowledged=acknowledged(working),
            provider=provider,
            channels=CHANNELS,
            unknown_at_most=doubt,
            seconds=60,
        )


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_a_part_that_is_stopped_goes_on(name):
    """All of it: nobody else is there to take its work, so `up` tells it to go on."""
    with at_work() as (provider, product, source):
        working = crowd(product, source, range(1_000), seconds=10, senders=4)
        time.sleep(3)
        part = product.part(name)
        family = [part, *part.children()]
        for process in family:
            process.suspend()
        began = time.monotonic()
        assert eventually(
            lambda: not any(is_stopped(process) for process in family), seconds=RECOVERY, every=0.05
        )
        went_on = time.monotonic()
        print(f"\n{name} went on after {went_on - began:.1f} s")
        for sender in working:
            sender.join(60)
        delivered = time.monotonic()
        oracle.everything_is_drained(product, seconds=60)
        recovered = time.monotonic() - max(went_on, delivered)
        print(f"drained {recovered:.1f} s after that and the last event")
        assert product.part(name) == part
        oracle.holds(
            product,
            acknowledged=acknowledged(working),
            provider=provider,
            channels=CHANNELS,
            unknown_at_most=IN_FLIGHT,
        )
        assert recovered < RECOVERY


def is_stopped(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_STOPPED
    return False


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_a_part_that_stands_still_is_ended_and_starts_again(name):
    """Only itself, and not stopped: what a worker has forked goes on for a while, then nobody has
    told it anything."""
    with at_work() as (provider, product, source):
        working = crowd(product, source, range(1_000), seconds=10, senders=4)
        old = product.part(name)
        with held(old.pid):
            began = time.monotonic()
            assert eventually(
                lambda: product.part(name) not in {None, old},
                seconds=LONGEST_SILENCE + 15,
                every=0.2,
            )
            print(f"\n{name} ended and started again after {time.monotonic() - began:.1f} s")
        for sender in working:
            sender.join(60)
        oracle.holds(
            product,
            acknowledged=acknowledged(working),
            provider=provider,
            channels=CHANNELS,
            unknown_at_most=IN_FLIGHT,
            seconds=30,
        )


def test_drains_that_die_while_beat_is_away_are_replaced():
    """By the worker itself: for as long as beat stands still, nobody else could."""
    with at_work() as (_provider, product, source), held(product.part("beat").pid):
        time.sleep(6)  # what it had asked for has come or is too old
        for child in product.part("worker").children():
            child.kill()
        killed = time.monotonic()
        [sender] = crowd(product, source, range(20), seconds=1, senders=1)
        sender.join(30)
        sent = "SELECT count(*) FROM campaigns_message WHERE state = 'sent'"
        assert eventually(lambda: product.count(sent) == 4, seconds=20, every=0.1)
        print(f"\nsent {time.monotonic() - killed:.1f} s after the kill")


def test_a_drain_that_stands_still_is_ended():
    """Its session is ended first, so that others take its place and its work; then its process, so
    that a worker does not run out of them."""
    with at_work() as (provider, product, source):
        provider.behave(slow=1.0)
        working = crowd(product, source, range(1_000), seconds=20, senders=4)
        wedged = eventually(lambda: sending_child(product, provider), seconds=30, every=0.02)
        with held(wedged.pid):
            began = time.monotonic()
            provider.behave(slow=0.05)
            for sender in working:
                sender.join(60)
            joined = time.monotonic()
            oracle.everything_is_drained(product, seconds=RECOVERY)
            print(f"drained {time.monotonic() - joined:.1f} s after the last event")
            assert wedged.is_running()
            assert eventually(lambda: not wedged.is_running(), seconds=LONGEST_DRAIN, every=0.2)
            print(f"ended after {time.monotonic() - began:.1f} s")
        oracle.holds(
            product,
            acknowledged=acknowledged(working),
            provider=provider,
            channels=CHANNELS,
            unknown_at_most=IN_FLIGHT,
        )


def test_a_message_that_kills_whoever_handles_it_dies_alone():
    """After eight deaths it is one that nobody can know of; the others are not held up by it."""
    with Provider() as provider, provider.customer() as product:
        product.publish("Watched", telling("keyed"))
        source = product.made_source("Poison")
        deadly = event(900_000) | {"properties": {"number": POISON}}
        body = json.dumps(deadly).encode()
        assert (
            httpx.post(
                f"{product.url}/api/v1/events", content=body, headers=signed(source, body)
            ).status_code
            == 202
        )
        working = crowd(product, source, range(500), seconds=20, senders=2)
        for sender in working:
            sender.join(60)
        waiting = "SELECT count(*) FROM campaigns_message WHERE state IN ('queued', 'sending')"
        assert eventually(lambda: product.count(waiting) <= 1, seconds=30, every=0.5)

        assert eventually(lambda: product.count(waiting) == 0, seconds=STUCK_AFTER * 15)
        states = oracle.holds(
            product,
            acknowledged=acknowledged(working),
            provider=provider,
            channels=["keyed"],
            unknown_at_most=1,
            seconds=5,
        )
        assert states == {"sent": 50, "unknown": 1}
        assert (
            product.count("SELECT attempts FROM campaigns_message WHERE state = 'unknown'")
            == STUCK_AFTER
        )


def test_two_beats_and_twenty_kills_fire_each_slot_once():
    count, dice = 15, Random()
    with at_work() as (provider, product, source), ExitStack() as beats:
        for sender in (
            first := crowd(product, source, range(1_000), seconds=5, senders=2, members=MEMBERS)
        ):
            sender.join(60)
        slots(product, slots=count, first=6)
        last = time.monotonic() + 6 + 2 * (count - 1)
        second = beats.enter_context(another(product, "beat", "--pidfile="))
        for _kill in range(20):
            time.sleep(1.5)
            if dice.random() < 0.5 or not product.part("beat"):
                second.kill()
                second = beats.enter_context(another(product, "beat", "--pidfile="))
            else:
                product.part("beat").kill()
        ended = max(last, time.monotonic())

        members = product.count("SELECT count(*) FROM customers_membership")
        assert 0 < members <= MEMBERS
        by_slot = (
            "SELECT journey_id, count(*) AS runs FROM campaigns_run WHERE event_id IS NULL GROUP"
            " BY 1"
        )
        assert eventually(
            lambda: [row["runs"] for row in product.rows(by_slot)] == [members] * count,
            seconds=60,
            every=0.2,
        )
        assert product.count("SELECT count(*) FROM campaigns_firing") == count
        oracle.everything_is_drained(product, seconds=60)
        print(f"\ndrained {time.monotonic() - ended:.1f} s after the last kill")
        assert time.monotonic() - ended < RECOVERY
        oracle.holds(
            product, acknowledged=acknowledged(first), provider=provider, channels=CHANNELS
        )


@contextmanager
def another(product, *words: str):
    """One more process of Celery, as on a second machine."""
    env = {
        **product.env,
        **{name: product.address(name) for name in ("DATABASE_URL", "BROKER_URL")},
    }
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "crm_project.celery", *words]
    process = subprocess.Popen(
        command,
        cwd=home.BASE_DIR,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_a_disk_that_is_full():
    """Database, broker and spool lie on it: callers hear 503, and go on when there is space
    again."""
    product = Product(demo=False, DJANGO_SETTINGS_MODULE="tests.faults.settings")
    product.data.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=700m", "tmpfs", str(product.data)], check=True
    )
    try:
        with Provider() as provider, product:
            product.env["PROVIDER_URL"] = provider.url
            product.start()
            assert eventually(
                lambda: product.rows(
                    "UPDATE customers_workspace SET holdout_percent = 0 RETURNING id"
                ),
                seconds=60,
            )
            product.publish("Watched", telling(*CHANNELS))
            working = crowd(
                product, product.made_source("Disk"), range(20_000), seconds=200, senders=4
            )
            time.sleep(3)
            with full(product.data / "ballast"):
                time.sleep(15)
                assert sum(sender.answers[503] for sender in working) > 0
            ended = time.monotonic()
            for sender in working:
                sender.enough.set()
            for sender in working:
                sender.join(60)
            oracle.everything_is_drained(product, seconds=60)
            print(
                f"\nanswers {[dict(s.answers) for s in working]}, drained"
                f" {time.monotonic() - ended:.1f} s after there was space again"
            )
            recovered = time.monotonic() - ended
            oracle.holds(
                product,
                acknowledged=acknowledged(working),
                provider=provider,
                channels=CHANNELS,
                unknown_at_most=2 * IN_FLIGHT,
            )
            assert product.process.poll() is None
            assert recovered < RECOVERY
    finally:
        subprocess.run(["umount", "--lazy", str(product.data)], check=True)


@contextmanager
def full(file: Path):
    """Not a block is left, also when some come free."""
    with file.open("wb", buffering=0) as ballast:
        until = time.monotonic() + 5
        while time.monotonic() < until:
            with suppress(OSError):
                while True:
                    ballast.write(b"x" * 4096)
            time.sleep(0.1)
    try:
        yield
    finally:
        file.unlink()


def test_a_broker_that_is_half_open(tmp_path):
    """Its connections stay, and nothing comes any more."""
    valkey = Valkey(tmp_path, free_port(), "secret")
    process = servers.start(valkey)
    try:
        with (
            Proxy(valkey.port) as proxy,
            at_work(BROKER_URL=valkey.url.replace(str(valkey.port), str(proxy.port))) as (
                provider,
                product,
                source,
            ),
        ):
            working = crowd(product, source, range(20_000), seconds=160, senders=4)
            time.sleep(3)
            proxy.silence()
            time.sleep(15)
            proxy.speak()
            ended = time.monotonic()
            for sender in working:
                sender.enough.set()
            for sender in working:
                sender.join(60)
            oracle.everything_is_drained(product, seconds=60)
            recovered = time.monotonic() - ended
            slowest = max(sender.slowest for sender in working)
            print(
                f"\nanswers {[dict(s.answers) for s in working]}, slowest {slowest:.1f} s, drained"
                f" after {recovered:.1f} s"
            )
            oracle.holds(
                product, acknowledged=acknowledged(working), provider=provider, channels=CHANNELS
            )
            assert sum(sender.answers[503] for sender in working) == 0
            assert slowest < 5
            assert recovered < RECOVERY
    finally:
        servers.stop(process)
