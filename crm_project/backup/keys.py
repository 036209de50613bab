"""The keys that the sealed columns of a backup need. They are not in the database, and a backup
without them is unreadable in part.

A backup carries their fingerprints, so that a restore under other keys is refused before anything
is touched.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from crm_project.runtime import home

NEEDED = ("HUTONG_ENCRYPTION_KEYS", "HUTONG_HASH_KEY")
CARRIED = (*NEEDED, "SECRET_KEY")
LABEL = b"hutong backup"


def ours() -> dict[str, str]:
    """The keys this installation works with, from the environment or the data folder."""
    last = home.defaults()
    return {name: value for name in CARRIED if (value := os.environ.get(name) or last.get(name))}


def in_environment() -> list[str]:
    """Those that the data folder cannot change."""
    return [name for name in NEEDED if os.environ.get(name)]


def fingerprints(keys: dict[str, str]) -> dict[str, str]:
    """A mark per key that tells it from others and nothing about it."""
    pairs = [part.strip().partition(":") for part in keys["HUTONG_ENCRYPTION_KEYS"].split(",")]
    marks = {f"encryption {number}": mark(key) for number, _colon, key in pairs}
    return marks | {"hash": mark(keys["HUTONG_HASH_KEY"])}


def mark(key: str) -> str:
    return hmac.new(base64.b64decode(key), LABEL, hashlib.sha256).hexdigest()[:16]


def missing(wanted: dict[str, str], keys: dict[str, str]) -> list[str]:
    """The keys of the backup that are not among these."""
    have = fingerprints(keys) if all(keys.get(name) for name in NEEDED) else {}
    return [name for name, value in wanted.items() if have.get(name) != value]


@contextmanager
def in_use(keys: dict[str, str]) -> Iterator[None]:
    """Sealed values are opened with these keys, where there are any, instead of with those that
    this process began with."""
    former = settings.ENCRYPTION_KEYS, settings.HASH_KEY
    if keys:
        pairs = [part.strip().partition(":") for part in keys["HUTONG_ENCRYPTION_KEYS"].split(",")]
        settings.ENCRYPTION_KEYS = {number: base64.b64decode(key) for number, _colon, key in pairs}
        settings.HASH_KEY = base64.b64decode(keys["HUTONG_HASH_KEY"])
    try:
        yield
    finally:
        settings.ENCRYPTION_KEYS, settings.HASH_KEY = former


def adopt(keys: dict[str, str], *, stamp: str) -> str:
    """The data folder works with these keys from now on; the file with the former ones, which is
    kept."""
    path = home.folder() / "secrets.json"
    kept = path.with_name(f"secrets.{stamp}.json")
    former = home.read(path)
    home.write_private(kept, former)
    home.write_private(path, former | {name: keys[name] for name in CARRIED if name in keys})
    return str(kept)
