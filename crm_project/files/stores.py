"""Where parts lie, chosen by FILES_URL: nothing or `database:` for rows, `file:///mnt/hutong` for a
folder that all machines share, `s3://bucket/prefix?endpoint=https://…` for whatever speaks S3.

A store keeps named bytes that are never written twice. It knows nothing of files, keys or people.
"""

import os
import shutil
import uuid
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

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
    if parts.scheme == "s3" and parts.netloc:
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        return Bucket(parts.netloc, unquote(parts.path).strip("/"), options)
    raise ImproperlyConfigured(
        "FILES_URL is database:, file:///a/shared/folder or s3://bucket/prefix?endpoint=https://…"
    )


def current() -> Store | None:
    return at(settings.FILES_URL)
