"""One supervised child: how it starts, what it says, when it starts again, how it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from crm_project.runtime import home, lifeline, pulse, release
from crm_project.runtime.lines import Lines
from crm_project.runtime.preloaded import Forked, Preloaded
from crm_project.runtime.release import Release
from crm_project.runtime.stopped import stopped

# seconds: a child that dies sooner after its start is probably broken and waits before the next try
EARLY = 5
FIRST_DELAY, LONGEST_DELAY = 0.5, 5
LONGEST_STOP, STOP_LOOKS = (
    2,
    1,
)  # seconds that a process may be stopped (a profiler, a limiter of CPU); between two looks for it
LONGEST_START = (
    150  # seconds to its first pulse, on a busy machine, beside what it may be silent anyway
)


@dataclass
class Child:
    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    popen: dict = field(default_factory=dict)
    stop_signal: int = signal.SIGTERM
    orphan_signal: int = signal.SIGKILL  # what the kernel sends it when `up` is killed
    patience: float = 10  # seconds between the stop signal and the end of patience
    silence: float | None = None  # seconds without a pulse (pulse.py) after which it is ended
    goes_on: bool = (
        False  # whether it, and what it has forked, is told to go on when somebody has stopped it
    )
    once: bool = False  # it is expected to end by itself
    wanted: Callable[[], bool] = lambda: True  # whether it should run now
    preloaded: Preloaded | None = None  # what it is forked from, if it is of Python

    sources: Release = field(default_factory=release.ours)
    process: subprocess.Popen | Forked | None = None
    lines: Lines | None = None
    exit_code: int | None = None
    started: float = 0.0
    delay: float = 0.0
    not_before: float = 0.0
    last_pulse: float | None = None
    heard: float = 0.0
    next_look: float = 0.0
    stopped: dict[int, float] = field(default_factory=dict)  # since when

    @property
    def pid_file(self) -> Path:
        return home.run_folder() / f"{self.name}.pid"

    @property
    def running(self) -> bool:
        return self.process is not None

    def start(self) -> None:
        """The child runs in a session of its own (Ctrl-C reaches `up` alone) and does not outlive
        us."""
        self.sources = release.current()
        options = {"cwd": self.sources.tree, **self.popen}
        options["env"] = {**options.get("env", os.environ), **self.env, lifeline.ASKED: "1"}
        self.process = self._forked(options) or self._spawned(options)
        self.lines = Lines(self.process.stdout)
        self.exit_code = None
        self.started = time.monotonic()
        with contextlib.suppress(OSError):  # the disk is full: it runs all the same
            self.pid_file.write_text(str(self.process.pid))
        if self.silence:
            pulse.begin(self.name)
        self.last_pulse, self.heard = self._pulse(), self.started + LONGEST_START

    def _forked(self, options: dict) -> Forked | None:
        """From what is loaded already (preloaded.py); None where that cannot be."""
        if self.preloaded is None or self.command[0] != sys.executable:
            return None
        if self.sources != release.ours():
            return None  # what is loaded is another one
        with contextlib.suppress(OSError, ValueError):
            return self.preloaded.start(
                self.command[1:],
                env=options["env"],
                cwd=options["cwd"],
                orphan_signal=self.orphan_signal,
                pass_fds=options.get("pass_fds", ()),
            )
        return None

    def _spawned(self, options: dict) -> subprocess.Popen:
        orphan_signal = self.orphan_signal
        # One thread only, and the C library is loaded already: the function between fork and exec
        # is safe here.
        return subprocess.Popen(
            self.sources.command(self.command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: lifeline.die_with_parent(orphan_signal),  # noqa: PLW1509
            **options,
        )

    def is_silent(self) -> bool:
        """It has been at work and no longer is. The clock on the wall may jump: only that the pulse
        changes counts."""
        if self.silence is None:
            return False
        if (found := self._pulse()) != self.last_pulse:
            self.last_pulse, self.heard = found, time.monotonic()
        return found is not None and time.monotonic() - self.heard > self.silence

    def continued(self) -> int:
        """The number of its processes that had been stopped and now go on. Nobody else may be there
        to take their work."""
        now = time.monotonic()
        if not self.goes_on or now < self.next_look:
            return 0
        self.next_look = now + STOP_LOOKS
        self.stopped = {pid: self.stopped.get(pid, now) for pid in stopped(self.process.pid)}
        waiting = [pid for pid, since in self.stopped.items() if now - since >= LONGEST_STOP]
        for pid in waiting:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        return len(waiting)

    def _pulse(self) -> float | None:
        with contextlib.suppress(OSError):
            return pulse.file_of(self.name).stat().st_mtime
        return None

    def reaped(self) -> bool:
        """Whether it is gone, and then with all that it had started."""
        self.exit_code = self.process.poll()
        if self.exit_code is None:
            return False
        self.signal_group(signal.SIGKILL)
        self.pid_file.unlink(missing_ok=True)
        self.process = None
        return True

    def wait_before_restart(self) -> None:
        """At once, except for a child that dies early, which waits longer each time."""
        if time.monotonic() - self.started >= EARLY:
            self.delay = 0.0
        else:
            self.delay = min(max(self.delay * 2, FIRST_DELAY), LONGEST_DELAY)
        self.not_before = time.monotonic() + self.delay

    def signal(self, number: int) -> None:
        if self.process:
            self.process.send_signal(number)

    def signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left
            os.killpg(self.process.pid, number)
