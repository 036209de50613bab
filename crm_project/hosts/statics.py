"""Static files of this host: collected once for each state of the sources."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def stamp() -> Path:
    return settings.STATIC_ROOT / ".sources"


def are_current() -> bool:
    try:
        return stamp().read_text() == sources()
    except FileNotFoundError:
        return False


def collect() -> None:
    """The static folder is that of these sources; hashing and compressing again takes a second that
    a start should not."""
    if not are_current():
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp().write_text(sources())


def sources() -> str:
    """Changes when any static file does."""
    files = sorted(
        Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([])
    )
    states = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(repr(states).encode()).hexdigest()
