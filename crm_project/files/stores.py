"""Where parts lie, chosen by FILES_URL: nothing or `database:` for rows, `file:///mnt/hutong` for a
folder that all machines share, `s3://bucket/prefix?endpoint=https://…` for whatever speaks S3.

A store keeps named bytes. It knows nothing of files, keys or people. What is too large for the
memory (a backup) goes in and out as a file of this machine's disk.
"""

import errno
import os
import shutil
import uuid
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

CHUNK = 1 << 22  # bytes
OPTIONS = {"endpoint": "endpoint", "region": "region"}  # in the address: as the client calls them


class StoreFailed(Exception):
    """The store did not do what it was asked; in words for an operator. It may be asked again."""


class Store:
    """`name` is `<file>/<part>`; all of a file lies under its first half. Raises StoreFailed."""

    def put(self, name: str, content: bytes) -> None:
        """The bytes are there for good once this returns."""
        raise NotImplementedError

    def get(self, name: str) -> bytes:
        raise NotImplementedError

    def forget(self, file: str) -> None:
        """Nothing of the file is left, also of what was put and never told."""
        raise NotImplementedError

    def upload(self, name: str, path: Path) -> None:
        """The file's bytes are there for good once this returns, whole or not at all."""
        raise NotImplementedError

    def download(self, name: str, path: Path) -> None:
        """The bytes stand in this new file, readable by its owner only."""
        raise NotImplementedError

    def names(self, under: str) -> list[str]:
        """All that lies in `<under>/`, without that, sorted."""
        raise NotImplementedError


class Folder(Store):
    """A folder on a disk that all machines of the installation share."""

    def __init__(self, root: Path):
        self.root = root

    def put(self, name, content):
        target = self.root / name
        beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            beside.replace(target)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            raise StoreFailed(said(error)) from error

    def upload(self, name, path):
        self.must_be_there()
        target = self.root / name
        beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with path.open("rb") as whole, _made(beside) as out:
                shutil.copyfileobj(whole, out, CHUNK)
                out.flush()
                os.fsync(out.fileno())
            beside.replace(target)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            raise StoreFailed(said(error)) from error

    def download(self, name, path):
        try:
            with (self.root / name).open("rb") as whole, _made(path) as out:
                shutil.copyfileobj(whole, out, CHUNK)
        except OSError as error:
            raise StoreFailed(said(error)) from error

    def must_be_there(self) -> None:
        """A folder that was never mounted is no empty one."""
        if not self.root.is_dir():
            raise StoreFailed(said(FileNotFoundError(errno.ENOENT, "")))

    def names(self, under):
        self.must_be_there()
        try:
            found = [one.name for one in (self.root / under).iterdir() if one.is_file()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreFailed(said(error)) from error
        return sorted(name for name in found if not name.startswith("."))

    def get(self, name):
        try:
            return (self.root / name).read_bytes()
        except OSError as error:
            raise StoreFailed(said(error)) from error

    def forget(self, file):
        try:
            shutil.rmtree(self.root / file)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreFailed(said(error)) from error


def _made(path: Path) -> IO[bytes]:
    """A new file of the owner's alone. Raises OSError where there is one."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def said(error: OSError) -> str:
    """Without the path, which is nobody's business on a page."""
    return _("Files cannot be kept at the moment: %(why)s.") % {
        "why": os.strerror(error.errno) if error.errno else type(error).__name__
    }


class Bucket(Store):
    """A bucket that speaks S3. Who we are stands in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or
    comes from the machine's role, as the client finds it."""

    def __init__(self, bucket: str, prefix: str, options: dict[str, str]):
        from obstore.store import S3Store  # only where a bucket is used

        asked = {name: options[said] for said, name in OPTIONS.items() if said in options}
        if options.get("style") == "virtual":
            asked["virtual_hosted_style_request"] = "true"
        insecure = {"allow_http": True} if options.get("endpoint", "").startswith("http:") else {}
        self.store = S3Store(
            bucket,
            prefix=prefix or None,
            config=asked,
            client_options={"timeout": "30s", "connect_timeout": "5s", **insecure},
            # Whoever asks has other things to do, and asks again.
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=20)},
        )

    def asked(self, what, *values):
        from obstore.exceptions import BaseError

        try:
            return what(*values)
        # The client answers with Python's own errors too: what is not found, what is no permission
        except (BaseError, OSError) as error:
            raise StoreFailed(
                _("Files cannot be kept at the moment: %(why)s.") % {"why": type(error).__name__}
            ) from error

    def put(self, name, content):
        self.asked(self.store.put, name, content)

    def get(self, name):
        return bytes(self.asked(lambda: self.store.get(name).bytes()))

    def upload(self, name, path):
        # In parts where it is large, and few at once: each has to be through within the time-out.
        self.asked(lambda: self.store.put(name, path, max_concurrency=2))

    def download(self, name, path):
        def fetch():
            with _made(path) as out:
                for piece in self.store.get(name).stream(min_chunk_size=CHUNK):
                    out.write(piece)

        self.asked(fetch)

    def names(self, under):
        pages = self.asked(lambda: list(self.store.list(under)))
        return sorted(one["path"].rpartition("/")[2] for page in pages for one in page)

    def forget(self, file):
        for page in self.asked(lambda: list(self.store.list(file))):
            self.asked(self.store.delete, [one["path"] for one in page])


@lru_cache(maxsize=8)
def at(url: str) -> Store | None:
    """The store of this address; None where rows are the store. Raises ImproperlyConfigured."""
    parts = urlsplit(url)
    if parts.scheme in ("", "database"):
        return None
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return Folder(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc:
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        return Bucket(parts.netloc, unquote(parts.path).strip("/"), options)
    raise ImproperlyConfigured(
        "FILES_URL is database:, file:///a/shared/folder or s3://bucket/prefix?endpoint=https://…;"
        " HUTONG_BACKUPS_URL and HUTONG_EXPORTS_URL are one of the last two."
    )


def current() -> Store | None:
    return at(settings.FILES_URL)
