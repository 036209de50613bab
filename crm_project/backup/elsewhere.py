"""Backups in a store that outlives this machine (HUTONG_BACKUPS_URL), and the list of the erased,
which a restore reads."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from crm_project.files import stores

BACKUPS, ERASED = "backups", "erased"
AT_ONCE = 16  # lines that are read from the store


def store() -> stores.Store | None:
    """None where backups stay on this disk. Raises ImproperlyConfigured."""
    if not settings.BACKUPS_URL:
        return None
    found = stores.at(settings.BACKUPS_URL)
    if found is None:
        raise ImproperlyConfigured(
            "HUTONG_BACKUPS_URL is file:///a/folder or s3://bucket/prefix?endpoint=https://…: a"
            " backup in the database that it is of would be none."
        )
    return found


def keep(path: Path) -> bool:
    """The backup lies in the store under its own name; False where there is no store. Raises
    StoreFailed: then it is only here."""
    there = store()
    if there is None:
        return False
    there.upload(f"{BACKUPS}/{path.name}", path)
    return True


def kept() -> list[str]:
    """The names of the backups in the store, the oldest first. Raises StoreFailed."""
    there = store()
    return there.names(BACKUPS) if there else []


def fetch(name: str, folder: Path) -> Path | None:
    """The backup of this name is in the folder; None where the store has none. Raises
    StoreFailed."""
    there = store()
    if there is None or name not in kept():
        return None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, fresh = folder / name, folder / f".{name}.part"
    fresh.unlink(missing_ok=True)
    try:
        there.download(f"{BACKUPS}/{name}", fresh)
        fresh.rename(path)
    finally:
        fresh.unlink(missing_ok=True)
    return path


def keep_erased(name: str, line: str) -> None:
    """One line of the list of the erased lies in the store, whichever host writes it, once or
    again. Raises StoreFailed."""
    if there := store():
        there.put(f"{ERASED}/{name}.jsonl", line.encode())


def erased() -> str:
    """The list, as all hosts have told it. Raises StoreFailed."""
    there = store()
    if there is None:
        return ""
    names = [f"{ERASED}/{name}" for name in there.names(ERASED)]
    with ThreadPoolExecutor(AT_ONCE) as readers:
        return "\n".join(line.decode(errors="replace") for line in readers.map(there.get, names))
