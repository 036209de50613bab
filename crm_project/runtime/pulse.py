"""The pulse of a part: it says again and again that its work goes on, and `up` ends one that falls
silent (supervisor.py).

A process that lives may be deaf: stopped, locked up, or cut off from its broker without a word. So
a pulse is progress, not life: the worker's is a task that begins or a worker loop's next step,
beat's is a tick. It is the time of the part's pid file, which a full disk does not forbid.
"""

import contextlib
import os

FILE = "HUTONG_PULSE"


def beat() -> None:
    """`up`, if it started us, knows that we are at work."""
    if file := os.environ.get(FILE):
        with contextlib.suppress(OSError):
            os.utime(file)
