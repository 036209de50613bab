"""Rolling restarts under load: no connection is refused or broken, nothing but 2xx, nothing lost or
doubled (`make proof PART=faults`).

SIGHUP gives the web new code without a gap. SIGTERM ends it and `up` starts it again: callers wait
in the queue of the socket meanwhile. A client whose connection is closed *between* two of its
requests connects again, as HTTP has it; an answer that announces the close costs nobody anything.

The web alone is renewed ten times more, without a database, so that each answer is a 503 that takes
its time: enough for who only counts broken connections, and possible on a machine with little time
for us.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from itertools import count

import psutil
import pytest

from crm_project.runtime import home
from crm_project.runtime.ports import free_port
from tests.faults import oracle
from tests.faults.sender import event, signed
from tests.product import Product, eventually

pytestmark = pytest.mark.proof
ROUNDS, RENEWALS = 4, 10
# What `prepare` does without a database.
PREPARED = (
    "from crm_project.runtime import home; home.prepare(); import django; django.setup();"
    " from crm_project.hosts import statics; statics.collect()"
)
LONGEST_START = (
    150  # of a part: its code takes two seconds of CPU to load, which are many on a busy machine
)
LONGEST_FAREWELL = 20  # of workers whose successors are there: they have only quick answers to give
FRESH, KEPT = (
    6,
    6,
)  # clients that connect anew for each request, and clients that keep their connection
numbers = count()


class Client(threading.Thread):
    """Posts one event after the other until it is told to stop, and notes every answer and every
    broken connection."""

    def __init__(self, port: int, source: dict, *, keeps: bool):
        super().__init__(daemon=True)
        self.port, self.source, self.keeps = port, source, keeps
        self.seen: Counter = Counter()
        self.acknowledged: set[str] = set()
        self.stop = threading.Event()
        self.worst = 0.0

    def run(self) -> None:
        http, used = self.connection(), 0
        while not self.stop.wait(0.02):
            item = event(next(numbers))
            while not self.stop.is_set():
                outcome = self.post(http, used, item)
                self.seen[outcome] += 1
                if self.keeps and isinstance(outcome, int):
                    used += 1
                else:
                    http.close()
                    http, used = self.connection(), 0
                if outcome != "closed between requests":
                    break

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def post(self, http, used: int, item: dict) -> int | str:
        body = json.dumps(item).encode()
        began = time.monotonic()
        try:
            http.request("POST", "/api/v1/events", body, signed(self.source, body))
            answer = http.getresponse()
            answer.read()
        except OSError as broken:
            return "closed between requests" if used else f"{type(broken).__name__}: {broken}"
        self.worst = max(self.worst, time.monotonic() - began)
        if answer.status in {200, 202}:
            self.acknowledged.add(item["id"])
        return 202 if answer.status == 200 and used else answer.status

    @property
    def surprises(self) -> dict:
        return {
            outcome: times
            for outcome, times in self.seen.items()
            if outcome not in {200, 202, "closed between requests"}
        }


def test_rolling_restarts_break_no_connection_and_lose_nothing():
    with Product(demo=False) as product:
        product.start()
        source = product.made_source("Restarts")
        clients = [
            Client(product.port, source, keeps=keeps) for keeps in [False] * FRESH + [True] * KEPT
        ]
        for client in clients:
            client.start()

        for _round in range(ROUNDS):
            web = product.part("web")
            renew(web)
            assert product.part("web") == web
            restart(product, "web", "worker", "beat")
        for client in clients:
            client.stop.set()
        for client in clients:
            client.join(40)

        print(
            sum((client.seen for client in clients), Counter()),
            f"worst {max(client.worst for client in clients):.1f} s",
        )
        assert [client.surprises for client in clients] == [{}] * len(clients)
        assert all(client.acknowledged for client in clients)
        oracle.holds(product, acknowledged=set.union(*(client.acknowledged for client in clients)))


def test_ten_renewals_of_the_web_alone_break_no_connection(tmp_path):
    with web_alone(tmp_path) as (web, port):
        source = {"key": "nobody", "secret": "whsec_" + "A" * 32}
        clients = [Client(port, source, keeps=keeps) for keeps in [False] * FRESH + [True] * KEPT]
        for client in clients:
            client.start()
        for _renewal in range(RENEWALS):
            renew(web)
        for client in clients:
            client.stop.set()
        for client in clients:
            client.join(40)

        answers = sum((client.seen for client in clients), Counter())
        print(answers, f"worst {max(client.worst for client in clients):.1f} s")
        assert answers.keys() <= {503, "closed between requests"}
        assert answers[503] > 100


@contextmanager
def web_alone(folder):
    """The server on a socket of ours; database and broker are nowhere."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        port = listener.getsockname()[1]
        nowhere = {
            "DATABASE_URL": f"postgres://x:x@127.0.0.1:{free_port()}/x",
            "BROKER_URL": f"redis://127.0.0.1:{free_port()}/0",
        }
        ours = {
            "HUTONG_DATA": str(folder),
            "HUTONG_DB_POOL": "4",
            "HUTONG_INSECURE_HTTP": "1",
            "PORT": str(port),
        }
        env = {**os.environ, **nowhere, **ours, "DJANGO_SETTINGS_MODULE": "crm_project.settings"}
        subprocess.run([sys.executable, "-c", PREPARED], cwd=home.BASE_DIR, env=env, check=True)
        command = [sys.executable, "-m", "crm_project.runtime.web", str(listener.fileno())]
        process = subprocess.Popen(
            command,
            cwd=home.BASE_DIR,
            env=env,
            pass_fds=[listener.fileno()],
            stdout=subprocess.DEVNULL,
        )
        try:
            web = psutil.Process(process.pid)
            assert eventually(lambda: len(web.children()) == 2, seconds=LONGEST_START, every=0.1)
            yield web, port
        finally:
            for one in [web, *web.children()]:
                one.kill()
            process.wait()


def renew(web: psutil.Process) -> None:
    """The web has new workers and the old ones are gone, in the same process."""
    old, began = web.children(), time.monotonic()
    web.send_signal(signal.SIGHUP)
    assert eventually(
        lambda: len(set(web.children()) - set(old)) == 2, seconds=LONGEST_START, every=0.05
    )
    renewed = time.monotonic()
    assert eventually(
        lambda: not any(worker.is_running() for worker in old), seconds=LONGEST_FAREWELL, every=0.05
    )
    print(
        f"new workers after {renewed - began:.1f} s, the old ones gone"
        f" {time.monotonic() - renewed:.1f} s later"
    )
    assert len(web.children()) == 2


def restart(product, *names: str) -> None:
    """Each of these parts has ended in order and runs again."""
    old = [product.part(name) for name in names]
    time.sleep(5)  # what ends within five seconds of its start counts as broken
    for part in old:
        part.terminate()
    assert eventually(
        lambda: all(product.part(name) not in {None, *old} for name in names),
        seconds=LONGEST_START,
        every=0.1,
    )
    assert eventually(
        lambda: len(product.part("web").children()) == 2, seconds=LONGEST_START, every=0.1
    )
