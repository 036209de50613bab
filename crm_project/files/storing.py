"""Writing a file part by part, and reading it again.

A part is a row that is written in the caller's transaction. Its bytes may lie in a store that knows
no transactions: they are put under a name that is used once, before the row, so that a row never
leads nowhere; what was put and never told goes with the file.
"""

import base64
import hashlib
import os
import uuid
import zlib
from collections.abc import Iterator
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db.models import Max, Sum

from crm_project.files import stores
from crm_project.files.models import File, FilePart
from crm_project.sealing import NotDecipherable

NONCE = 12
QUICK = 1  # zlib's level: text becomes a fifth of itself, at some 100 MB a second


def make(*, by, name: str, content_type: str, expires_at: datetime) -> File:
    """A file of ours, still empty."""
    return File.objects.create(
        by=by, name=name[:200], content_type=content_type, expires_at=expires_at
    )


def append(file: File, content: bytes) -> FilePart:
    """One part more, at the end. Whoever appends holds what keeps others from it (a job's row)."""
    last = file.parts.aggregate(last=Max("number"))["last"] or 0
    return write(file, last + 1, content)


def write(file: File, number: int, content: bytes) -> FilePart:
    """The part of this number is these bytes. Raises StoreFailed."""
    digest = hashlib.sha256(content).digest()
    part = FilePart(file=file, number=number, size=len(content))
    part.digest = locked(file, f"{number} digest", digest)
    packed = locked(file, str(number), zlib.compress(content, QUICK))
    if (store := stores.current()) is None:
        part.content = packed
    else:
        part.place = f"{file.public_id}/{number}-{uuid.uuid4().hex}"
        store.put(part.place, packed)
    part.save()
    return part


def size(file: File) -> int:
    """Of what is there, in clear bytes."""
    return file.parts.aggregate(size=Sum("size"))["size"] or 0


def pieces(file: File, *, after: int = 0) -> Iterator[bytes]:
    """The bytes, a part at a time; from the part behind `after` on."""
    parts = file.parts.filter(number__gt=after).order_by("number")
    for pk in list(parts.values_list("pk", flat=True)):
        yield content_of(file, FilePart.objects.get(pk=pk))


def content_of(file: File, part: FilePart) -> bytes:
    """The clear bytes of a part. Raises StoreFailed, NotDecipherable."""
    packed = part.content
    if packed is None:
        store = stores.current()
        if store is None:
            raise stores.StoreFailed("FILES_URL names another store than the one this lies in.")
        packed = store.get(part.place)
    return zlib.decompress(opened(file, str(part.number), packed))


def digest_of(file: File, part: FilePart) -> str:
    """SHA-256 of the part's clear bytes, in hex."""
    return opened(file, f"{part.number} digest", part.digest).hex()


def locked(file: File, what: str, content: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + cipher(file).encrypt(nonce, content, what.encode())


def opened(file: File, what: str, packed: bytes) -> bytes:
    packed = bytes(packed)
    try:
        return cipher(file).decrypt(packed[:NONCE], packed[NONCE:], what.encode())
    except (InvalidTag, ValueError) as error:
        raise NotDecipherable(f"file {file.pk}") from error


def cipher(file: File) -> AESGCM:
    return AESGCM(base64.b64decode(file.key))


def forget(file: File) -> None:
    """Nothing is left of it: first what lies elsewhere, so that whoever dies here tries again."""
    if (store := stores.current()) is not None:
        store.forget(str(file.public_id))
    file.delete()
