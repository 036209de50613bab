"""Seconds on a CPU, of processes with all their threads and children, from the kernel's own account."""

import contextlib
from pathlib import Path

import psutil


class Meter:
    """`with Meter(pid, …) as spent: …` and then `spent.seconds`. Processes that end meanwhile count up to the last look; `without` never."""

    seconds = 0.0

    def __init__(self, *pids: int, without: int = 0):
        self.pids, self.without = pids, without

    def look(self) -> dict[int, float]:
        found = {}
        for pid in self.pids:
            for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
                if process.pid != self.without:
                    found[process.pid] = of_process(process.pid)
        return found

    def __enter__(self):
        self.before = self.look()
        return self

    def __exit__(self, *_):
        self.seconds = sum(max(spent - self.before.get(pid, 0.0), 0.0) for pid, spent in self.look().items())


def of_process(pid: int) -> float:
    total = 0
    with contextlib.suppress(OSError):  # it or one of its threads has just ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().partition(" ")[0])
    return total / 1e9
