"""Starts children, reads what they say, starts again what dies, and stops all in order; one thread,
one loop."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from crm_project.runtime.preloaded import Preloaded, reap_orphans
from crm_project.runtime.processes import Child

BEAT = 1.0  # seconds between two looks when nothing happens; whoever dies or speaks wakes us
COLOURS = (36, 32, 33, 35, 34, 96, 92, 93)


class Stopped(Exception):
    """Somebody asked `up` to end while it waited for something."""


class Supervisor:
    def __init__(self):
        self.children: list[Child] = []
        self.stopping = False
        self.preloaded: Preloaded | None = None
        self.selector = selectors.DefaultSelector()
        self.names: dict[str, int] = {}
        self._wake_read, wake_write = os.pipe()
        for end in (self._wake_read, wake_write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        self.selector.register(self._wake_read, selectors.EVENT_READ)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to wake the loop

    def _ask_to_stop(self, *_):
        if self.stopping:
            for child in self.children:  # asked twice: no more patience
                child.patience = 0
        self.stopping = True

    # --- children

    def add(self, child: Child) -> Child:
        """The child runs from now on."""
        child.preloaded = self.preloaded
        self.children.append(child)
        if child.wanted():
            self._start(child)
        return child

    def _start(self, child):
        child.start()
        self.selector.register(child.lines.stream, selectors.EVENT_READ, child)

    def watch(self, command: list[str]) -> None:
        """A process that is told by the end of a pipe when we are gone."""
        self.watchdog = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def run_once(self, child: Child) -> None:
        """The child has ended well; RuntimeError when it has not."""
        child.once = True
        self.add(child)
        while child.running:
            self.look()
            if self.stopping:
                raise Stopped
        if child.exit_code:
            raise RuntimeError(f"{child.name} failed with exit code {child.exit_code}")

    def wait_for(self, what: str, ready: Callable[[], bool], seconds: float) -> None:
        """`ready()` was true within this time; children are looked after meanwhile."""
        until = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > until:
                raise RuntimeError(f"{what} is not ready after {seconds:.0f} seconds")
            pause = time.monotonic() + 0.1
            while time.monotonic() < pause:
                self.look(0.1)
            if self.stopping:
                raise Stopped

    # --- the loop

    def look(self, seconds: float = BEAT) -> None:
        """Everything said is printed, everything dead is dealt with."""
        for key, _events in self.selector.select(seconds):
            if key.data is None:
                os.read(self._wake_read, 4096)
            else:
                self._read(key.data)
        for child in self.children:
            self._look_after(child)
        if self.preloaded:
            known = {child.process.pid for child in self.children if child.process}
            reap_orphans(known | self.preloaded.pids)

    def _look_after(self, child):
        if child.running:
            self._reap(child)
            if child.running and not self.stopping:
                self._check(child)
        elif (
            not self.stopping
            and not child.once
            and child.wanted()
            and time.monotonic() >= child.not_before
        ):
            self._start(child)

    def _check(self, child):
        if not child.wanted():
            child.signal(child.stop_signal)
        elif child.is_silent():
            self.say("up", f"{child.name} has done nothing for {child.silence:.0f} s; it is ended")
            child.signal_group(signal.SIGKILL)
            child.heard = (
                time.monotonic()
            )  # on a busy machine it may still be there at the next look: it has as long to be gone
        elif count := child.continued():
            self.say("up", f"{child.name}: {count} stopped process(es) told to go on")

    def _reap(self, child):
        if not child.reaped():
            return
        if child.lines.open:
            self.selector.unregister(child.lines.stream)
        for line in child.lines.last_words():
            self.say(child.name, line)
        if not child.once and not self.stopping and child.wanted():
            child.wait_before_restart()
            pause = f" in {child.delay:.1f} s" if child.delay else ""
            self.say(
                "up", f"{child.name} ended with code {child.exit_code}; it starts again{pause}"
            )

    def forever(self, also: Callable[[], None] = lambda: None) -> None:
        while not self.stopping:
            self.look()
            also()

    def stop(self, groups: list[list[str]]) -> None:
        """No child is left; groups of names end one after another, the members of a group
        together."""
        self.stopping = True
        named = {name for group in groups for name in group}
        groups = [[child.name for child in self.children if child.name not in named], *groups]
        for group in groups:
            self._stop_group(
                [child for child in self.children if child.name in group and child.running]
            )

    def _stop_group(self, group):
        asked = time.monotonic()
        for child in group:
            child.signal(child.stop_signal)
        while any(child.running for child in group):
            self.look(0.05)
            for child in group:
                if child.running and time.monotonic() - asked > child.patience:
                    child.signal_group(signal.SIGKILL)

    # --- what they say

    def _read(self, child):
        for line in child.lines.read():
            self.say(child.name, line)
        if not child.lines.open:
            self.selector.unregister(child.lines.stream)

    def say(self, name: str, line: str) -> None:
        """One line with its speaker in front; nobody listening is no reason to end."""
        number = self.names.setdefault(name, len(self.names))
        prefix = f"{name:<8} | " if name else ""
        if name and sys.stdout.isatty():
            prefix = f"\x1b[{COLOURS[number % len(COLOURS)]}m{prefix}\x1b[0m"
        try:
            sys.stdout.write(prefix + line.rstrip("\r") + "\n")
            sys.stdout.flush()
        except OSError:
            sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 (for the rest of our life)
