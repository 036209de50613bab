"""Whoever was forgotten stays so after a restore: their marks are kept beside the backups, and a
restore forgets them first (erased_again.py).

A mark says nothing of a person: the hash of a customer's random public id, and the keyed hashes of
their identities.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction

from crm_project.backup import elsewhere
from crm_project.files.stores import StoreFailed
from customers.identity import resolution
from customers.models import Customer, Erasure

log = structlog.get_logger("hutong.erasing")

NAME = "erased.jsonl"


@dataclass(frozen=True)
class Mark:
    """One erasure, without the person."""

    at: datetime
    people: frozenset[str]
    identities: frozenset[str]


def usual_place() -> Path:
    return settings.HUTONG_DATA / "backups" / NAME


def note(one: Erasure) -> bool:
    """The erasure's marks are in the file, on the disk. False where it could not be written: then
    it is tried again."""
    if one.marks is None:
        return True
    line = json.dumps(
        {"erasure": f"{one.pk}:{one.at.isoformat()}", "at": one.at.isoformat(), **one.marks}
    )
    path = usual_place()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if line not in file.read().splitlines():
                file.seek(0, os.SEEK_END)
                file.write(f"{line}\n")
                file.flush()
                os.fsync(file.fileno())
        elsewhere.keep_erased(f"{one.pk}-{one.at:%Y%m%dT%H%M%S.%f}", line)
    except (OSError, StoreFailed, ImproperlyConfigured) as error:
        log.warning("the marks of the erased cannot be written", error=type(error).__name__)
        return False
    return True


def read(text: str) -> list[Mark]:
    """What such a list says; a line cut off by a full disk says nothing."""
    found = []
    for line in text.splitlines():
        with suppress(ValueError, KeyError, TypeError):
            one = json.loads(line)
            found.append(
                Mark(
                    datetime.fromisoformat(one["at"]),
                    frozenset(one["people"]),
                    frozenset(one["identities"]),
                )
            )
    return found


def of_database() -> list[Mark]:
    """Those that the database knows which stands there before a restore; none where it is empty or
    of another release."""
    try:
        with transaction.atomic():
            rows = list(Erasure.objects.exclude(marks=None).values_list("at", "marks"))
    except DatabaseError:
        return []
    return [
        Mark(at, frozenset(marks["people"]), frozenset(marks["identities"])) for at, marks in rows
    ]


def gathered(*places: Path | None) -> tuple[list[Mark], list[Path]]:
    """All marks that stand in these files, in the usual place, where backups are kept elsewhere and
    in the database, and the lists there were. Raises OSError, StoreFailed."""
    marks, files = set(of_database()), []
    for path in dict.fromkeys([*filter(None, places), usual_place()]):
        if path.is_file():
            marks |= set(read(path.read_text()))
            files.append(path)
    if there := read(elsewhere.erased()):
        marks |= set(there)
        files.append(Path(settings.BACKUPS_URL.partition("?")[0]))
    return sorted(marks, key=lambda mark: mark.at), files


def marks_of(customers: list[int], keys: Iterable[tuple]) -> dict:
    """By what these customers are known again in a backup, before their public ids are gone."""
    ids = Customer.objects.filter(pk__in=customers).values_list("public_id", flat=True)
    people = sorted(hashlib.sha256(str(public_id).encode()).hexdigest() for public_id in ids)
    return {
        "people": people,
        "identities": sorted({resolution.mark_of(resolution.Key(*key)) for key in keys}),
    }
