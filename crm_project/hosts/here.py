"""Who we are among the hosts: a host is a data folder (HUTONG_DATA), known by a number made once
and kept in it.

Two of them on one machine are two hosts, and a machine that comes back with its disk is the same
one: what waits on the disk is what matters.
"""

import os
import socket
import uuid
from pathlib import Path

from crm_project.runtime import home


def key() -> uuid.UUID:
    """The number of this host. Whoever asks first makes it; it is there whole or not at all."""
    path = home.folder() / "host"
    if (found := _read(path)) is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.new")
        fresh.write_text(str(uuid.uuid4()))
        try:
            os.link(fresh, path)  # refused where another process was faster
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        found = _read(path)
    return found


def _read(path: Path) -> uuid.UUID | None:
    try:
        return uuid.UUID(path.read_text().strip())
    except FileNotFoundError:
        return None


def name() -> str:
    """What people call this host: HUTONG_HOST, else what the machine calls itself."""
    return (os.environ.get("HUTONG_HOST") or socket.gethostname())[:200]
