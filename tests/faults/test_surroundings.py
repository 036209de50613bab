"""What the product stands on fails for ten seconds under load: nothing is lost or doubled, callers
are answered within five seconds, and ten seconds after the fault has ended everything is done
(`make proof PART=faults`).
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import count

import psutil
import psycopg
import pytest

from crm_project.runtime import home
from tests.faults import oracle
from tests.faults.journeys import telling
from tests.faults.killing import (
    backends,
    crash_postgres,
    kill_and_empty_valkey,
    sending_one,
    stopped,
)
from tests.faults.provider import Provider
from tests.faults.sender import acknowledged, crowd
from tests.product import eventually

pytestmark = pytest.mark.proof
SECONDS = 10  # of each fault
REQUESTS = 12  # per second, of 10 events each
RECOVERY = 10  # after its end
# of a worker: a session that asks nothing for 8 s is ended (crm_project/queue/worker_loops.py),
# then others catch up
STANDSTILL = 20
LONGEST_ANSWER = 5
CHANNELS = ("keyed", "unkeyed")
# messages that may have been fenced between our look and the fault: two processes, a fence each
IN_FLIGHT = 20
stretches = count()


class Scene:
    """A product at work for a provider, and what was sent to it so far."""

    def __init__(self, product, provider):
        self.product, self.provider = product, provider
        self.source = product.made_source("Faults")
        self.acknowledged: set[str] = set()
        self.doubtful = 0
        product.publish("Watched", telling(*CHANNELS))
        provider.behave(slow=0.05)

    @contextlib.contextmanager
    def load(self, *, senders: int = 4):
        """Events come in while the block runs; afterwards all is well within RECOVERY."""
        start = next(stretches) * 100_000
        working = crowd(
            self.product,
            self.source,
            range(start, start + 100_000),
            seconds=100_000 / 10.5 / REQUESTS,
            senders=senders,
        )
        time.sleep(3)
        self.doubtful += IN_FLIGHT + self.product.count(
            "SELECT count(*) FROM campaigns_message WHERE state = 'sending'"
        )
        try:
            yield working
        finally:
            ended = time.monotonic()
            for sender in working:
                sender.enough.set()
            for sender in working:
                sender.join(60)
        delivered = time.monotonic() - ended
        self.acknowledged |= acknowledged(working)
        oracle.everything_is_drained(self.product, seconds=60)
        recovered = time.monotonic() - ended
        print(
            f"\nanswers {dict(sum((s.answers for s in working), Counter()))}, slowest"
            f" {max(s.slowest for s in working):.1f} s, senders done after {delivered:.1f} s,"
            f" drained after {recovered:.1f} s"
        )
        assert [sender.surprises for sender in working] == [[]] * len(working)
        oracle.holds(
            self.product,
            acknowledged=self.acknowledged,
            provider=self.provider,
            channels=CHANNELS,
            unknown_at_most=self.doubtful,
        )
        assert max(sender.slowest for sender in working) < LONGEST_ANSWER
        assert recovered < RECOVERY


@pytest.fixture(scope="module")
def scene():
    with Provider() as provider, provider.customer() as product:
        yield Scene(product, provider)


def web_threads(product) -> int:
    return sum(process.num_threads() for process in product.part("web").children())


def test_postgres_that_stands_still(scene):
    """Callers hear 503 in time, and the web's threads do not pile up behind the answers that do not
    come."""
    with scene.load(senders=12) as senders:
        before = web_threads(scene.product)
        with stopped(backends(scene.product)):
            time.sleep(SECONDS)
            assert web_threads(scene.product) <= before + 4
    assert sum(sender.answers[503] for sender in senders) > 0


def test_postgres_that_crashes_twice(scene):
    with scene.load():
        for _crash in range(2):
            crash_postgres(scene.product)
            time.sleep(SECONDS / 2)


def test_a_broker_that_is_killed_and_emptied(scene):
    with scene.load() as senders:
        kill_and_empty_valkey(scene.product)
        time.sleep(SECONDS)
    assert sum(sender.answers[503] for sender in senders) == 0


def test_a_table_that_somebody_else_has_locked(scene):
    with scene.load(senders=12) as senders, connected(scene.product) as somebody:
        somebody.execute("BEGIN")
        somebody.execute("LOCK TABLE events_event IN ACCESS EXCLUSIVE MODE")
        time.sleep(SECONDS)
        somebody.execute("ROLLBACK")
    assert sum(sender.answers[503] for sender in senders) > 0


def test_a_postgres_with_no_connection_to_spare(scene):
    """Somebody takes all that are free, and those that the product lets go."""
    with scene.load(senders=12), contextlib.ExitStack() as taken:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            try:
                taken.enter_context(connected(scene.product))
            except psycopg.OperationalError:
                time.sleep(0.05)


def connected(product):
    return psycopg.connect(product.address("DATABASE_URL"), autocommit=True)


def test_a_worker_that_stands_still_and_goes_on(scene):
    """The other one takes over what it was doing, and what it writes when it wakes changes nothing.
    (One that `up` has started would be told to go on.)"""
    scene.provider.behave(slow=1.0)
    with another_worker(scene.product) as process, scene.load():
        worker = psutil.Process(process.pid)
        assert eventually(
            lambda: sending_one(worker.children(), scene.provider), seconds=40, every=0.02
        )
        with stopped([worker, *worker.children()]):
            scene.provider.behave(slow=0.05)
            time.sleep(STANDSTILL)
            behind = scene.product.count(
                "SELECT count(*) FROM campaigns_message WHERE due_at < now() - interval '10 s'"
            )
        assert behind == 0


@contextlib.contextmanager
def another_worker(product):
    """A second worker, as on a second machine."""
    env = {
        **product.env,
        **{name: product.address(name) for name in ("DATABASE_URL", "BROKER_URL")},
    }
    command = [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "-A",
        "crm_project.celery",
        "worker",
        "-c",
        "4",
        "-n",
        "another@%h",
    ]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with (product.place / "another.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=home.BASE_DIR, env=env, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_provider_that_is_slow_refuses_breaks_and_cuts(scene):
    with scene.load():
        scene.provider.behave(slow=0.5, limit=0.1, fail=0.1, cut=0.05)
        time.sleep(SECONDS)
        scene.doubtful += scene.provider.said()["cut"]
        scene.provider.behave(slow=0.05)
