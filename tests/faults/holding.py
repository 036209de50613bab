"""Holds processes as a debugger does, until it is killed itself: they neither run nor are stopped,
and what continues a stopped one does nothing.

For tests of what stands still and does not look like it. `python -m tests.faults.holding PID ...`
says "held" once it holds every thread.
"""

import contextlib
import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from crm_project.runtime import home

PTRACE_SEIZE, PTRACE_INTERRUPT, WAIT_FOR_ALL = 0x4206, 0x4207, 0x40000000


def main(pids: list[int]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
                if libc.ptrace(request, int(thread.name), None, None):
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    print("held", flush=True)
    with contextlib.suppress(ChildProcessError):  # nobody is left
        while True:
            os.waitpid(
                -1, WAIT_FOR_ALL
            )  # one that is killed is gone for its parent once we have heard of it


@contextlib.contextmanager
def held(*pids: int) -> Iterator[None]:
    """These do nothing in here, and go on afterwards."""
    command = [sys.executable, "-m", "tests.faults.holding", *map(str, pids)]
    holder = subprocess.Popen(command, cwd=home.BASE_DIR, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        yield
    finally:
        holder.kill()
        holder.wait()


if __name__ == "__main__":
    main([int(pid) for pid in sys.argv[1:]])
