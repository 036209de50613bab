"""Seconds on a CPU, of processes with all their threads and children, from the kernel's own
account."""

import contextlib
from pathlib import Path

import psutil


class Meter:
    """`with Meter(pid, …) as spent: …` and then `spent.seconds`; children that end meanwhile count
    once they are waited for, `without` never."""

    seconds = 0.0

    def __init__(self, *pids: int, without: int = 0):
        self.pids, self.without = pids, without

    def look(self) -> float:
        """Of those who live, and of those whom the first of them has waited for: PostgreSQL ends a
        process with each connection."""
        total = 0.0
        for root in map(psutil.Process, self.pids):
            total += sum(
                of_process(process.pid)
                for process in [root, *root.children(recursive=True)]
                if process.pid != self.without
            )
            ended = root.cpu_times()
            total += ended.children_user + ended.children_system
        return total

    def __enter__(self):
        self.before = self.look()
        return self

    def __exit__(self, *_):
        self.seconds = self.look() - self.before


def of_process(pid: int) -> float:
    total = 0
    with contextlib.suppress(OSError):  # it or one of its threads has just ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().partition(" ")[0])
    return total / 1e9
