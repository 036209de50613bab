"""Who is killed when: a plan of kill -9 over a load, and what each hit."""

import contextlib
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import psutil

SLOW = 1.5  # seconds, half more or less
MASTERS = ("up", "web", "worker", "beat")


@dataclass
class Killer:
    """Kills by a plan; counts what it hit, and how many messages were on their way when it did."""

    product: object
    provider: object
    dice: Random
    hits: Counter = field(default_factory=Counter)
    in_flight: int = 0

    def plan(self, *, kills: int, of_each_master: int, while_sending: int) -> list[str]:
        """`kills` targets in random order; `up` takes everything with it, the others themselves and
        their children."""
        targets = [*MASTERS * of_each_master, *["sending"] * while_sending]
        targets += ["child"] * (kills - len(targets))
        self.dice.shuffle(targets)
        return targets

    def kill(self, target: str) -> None:
        if target == "up":
            self.note_in_flight()
            self.product.process.kill()
            self.product.process.wait(120)
            self.hits["up"] += 1
            self.product.start()
        elif target in MASTERS:
            self.kill_process(target, lambda: self.product.part(target))
        elif target == "sending":
            self.kill_while_sending()
        else:
            self.kill_process("child", self.child)

    def kill_process(self, name: str, find, *, seconds: float = 120) -> bool:
        """Found within a while, and dead: what was just killed may not be back yet."""
        until = time.monotonic() + seconds
        while not (victim := find()) and time.monotonic() < until:
            time.sleep(0.02)
        if victim:
            self.note_in_flight()
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
                self.hits[name] += 1
        return bool(victim)

    def kill_while_sending(self) -> None:
        """Whoever holds messages that the provider has heard of and not answered. He takes his time
        meanwhile, so that it still is so when we hit."""
        with self.provider.slowed(SLOW):
            found = self.kill_process(
                "sending", lambda: sending_child(self.product, self.provider), seconds=60
            )
        if not found:
            self.kill_process("child", self.child)

    def child(self) -> psutil.Process | None:
        """A forked child of the web or of the worker."""
        children = [
            child for part in ("web", "worker") for child in children_of(self.product, part)
        ]
        return self.dice.choice(children) if children else None

    def note_in_flight(self) -> None:
        """Messages that were fenced when something was killed: what an unkeyed channel may never
        know."""
        with contextlib.suppress(Exception):  # the database may be the one that is down
            self.in_flight += self.product.count(
                "SELECT count(*) FROM campaigns_message WHERE state = 'sending'"
            )


def children_of(product, part: str) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        master = product.part(part)
        return master.children() if master else []
    return []


def sending_child(product, provider) -> psutil.Process | None:
    """A process of the worker that talks to the provider at this moment."""
    return sending_one(children_of(product, "worker"), provider)


def sending_one(processes: list[psutil.Process], provider) -> psutil.Process | None:
    for child in processes:
        with contextlib.suppress(psutil.Error):
            if any(
                c.raddr and c.raddr.port == provider.port and c.status == "ESTABLISHED"
                for c in child.net_connections()
            ):
                return child
    return None


def crash_postgres(product) -> None:
    """Like `pg_ctl -m immediate`: PostgreSQL ends without a checkpoint; `up` starts it again."""
    server(product, "postgres").send_signal(signal.SIGQUIT)


def kill_and_empty_valkey(product) -> None:
    """The broker is dead, and what it had on disk is gone."""
    server(product, "valkey").kill()
    for file in (product.data / "valkey").glob("appendonlydir/*"):
        file.unlink()


def server(product, name: str) -> psutil.Process:
    until = time.monotonic() + 120
    while not (found := product.part(name)) and time.monotonic() < until:
        time.sleep(0.1)
    return found


def backends(product) -> list[psutil.Process]:
    """PostgreSQL, all of it."""
    postgres = server(product, "postgres")
    return [postgres, *postgres.children(recursive=True)]


@contextlib.contextmanager
def stopped(processes: list[psutil.Process]):
    """They stand still, and go on afterwards."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
