"""Which processes somebody has stopped (SIGSTOP), as the kernel says (Linux; elsewhere nobody is
known to be).

A process that a debugger holds is in another state, and is left to it.
"""

import contextlib
from pathlib import Path

STOPPED = "T"


def stopped(pid: int) -> set[int]:
    """Of this process and its children, those that stand still until they are told to go on."""
    return {one for one in (pid, *children(pid)) if state(one) == STOPPED}


def children(pid: int) -> list[int]:
    """Whatever thread has forked them."""
    found = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread is gone meanwhile
            found += map(int, file.read_text().split())
    return found


def state(pid: int) -> str | None:
    """The letter of /proc/<pid>/stat; it follows the name, which may hold anything, in
    parentheses."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return None
