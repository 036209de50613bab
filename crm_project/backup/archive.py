"""The file: a zip with the rows of each table as COPY writes them, the keys where they were asked
for, and a manifest."""

import dataclasses
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

FORMAT = 1
MANIFEST, KEYS = "manifest.json", "keys.json"


class UnusableArchive(Exception):
    """This file cannot be written, or is not a whole backup."""


@dataclass
class Manifest:
    """What the file holds, and what must be there before it can be put back."""

    taken_at: str
    version: str
    server: str
    migrations: list[list[str]]
    fingerprints: dict
    tables: dict[str, list[str]]  # the columns of each
    partitions: list[dict]
    sequences: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    format: int = FORMAT


class Writer:
    def __init__(self, file: zipfile.ZipFile):
        self.file = file

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        with self.file.open(name, "w", force_zip64=True) as member:
            yield member

    def write(self, name: str, content: dict) -> None:
        self.file.writestr(name, json.dumps(content, indent=1))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """The file stands there whole, on the disk, readable by its owner only, or not at all."""
    if path.exists():
        raise UnusableArchive(f"{path} is there already; a backup overwrites nothing.")
    fresh = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            # The lightest compression: rows shrink to a fifth at the speed of a disk.
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as whole:
                yield Writer(whole)
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)  # unlike a rename it refuses what somebody has put there meanwhile
    except OSError as error:
        raise UnusableArchive(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        fresh.unlink(missing_ok=True)


class Reader:
    def __init__(self, file: zipfile.ZipFile):
        self.file = file
        said = self.read(MANIFEST)
        if said.get("format") != FORMAT:
            raise UnusableArchive("This backup was made by a newer version of Hutong.")
        self.manifest = Manifest(**said)

    def read(self, name: str) -> dict:
        return json.loads(self.file.read(name))

    def keys(self) -> dict[str, str]:
        return self.read(KEYS) if KEYS in self.file.namelist() else {}

    def member(self, name: str) -> IO[bytes]:
        return self.file.open(name)

    def check(self) -> None:
        """Every byte is as it was written."""
        if broken := self.file.testzip():
            raise UnusableArchive(f"The backup is damaged: {broken} does not match its checksum.")


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    try:
        with zipfile.ZipFile(path) as file:
            reader = Reader(file)
            reader.check()
            yield reader
    except FileNotFoundError:
        raise UnusableArchive(f"There is no file {path}.") from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        TypeError,
        json.JSONDecodeError,
        EOFError,
    ) as error:
        raise UnusableArchive(f"{path} is not a whole backup of Hutong ({error}).") from error


def as_dict(manifest: Manifest) -> dict:
    return dataclasses.asdict(manifest)


def human(size: int) -> str:
    """Bytes as people read them."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"
