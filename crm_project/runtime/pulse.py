"""The pulse of a part: it says again and again that its work goes on. `up` ends one that falls
silent (supervisor.py), and the host's keeper tells the other hosts (hosts/signs.py).

A process that lives may be deaf: stopped, locked up, or cut off from its broker without a word. So
a pulse is progress, not life: the worker's is a task that begins or a worker loop's next step,
beat's is a tick, the web's is a worker process whose threads run. It is the time of a file, which a
full disk does not forbid.
"""

import contextlib
import os
from pathlib import Path

from crm_project.runtime import home


def file_of(part: str) -> Path:
    return home.run_folder() / f"{part}.pulse"


def begin(part: str) -> None:
    """The part has not given a sign since its start."""
    with contextlib.suppress(OSError):
        file_of(part).touch()
        os.utime(file_of(part), (0, 0))


def beat(part: str) -> None:
    """Whoever looks after this part knows that it is at work."""
    with contextlib.suppress(OSError):
        try:
            os.utime(file_of(part))
        except FileNotFoundError:
            file_of(part).parent.mkdir(parents=True, exist_ok=True)
            file_of(part).touch()
