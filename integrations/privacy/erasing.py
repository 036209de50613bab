"""Where else something of a forgotten person may lie: refused requests, requests that wait for the
database, the demo's letters.

What came in is looked through as a reader would: unpacked, its escapes undone, its base64 decoded,
as deep as senders nest these.
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator
from urllib.parse import unquote_plus

from django.core.exceptions import ObjectDoesNotExist

from customers.data_rights.erasing import Eraser
from customers.models import OutboundCall
from customers.privacy.sealing import NotDecipherable
from integrations.doors import quarantine, spool, spool_reader
from integrations.email import mailbox
from integrations.models import Quarantine

AT_ONCE = 500
DEEPEST = 5
MOST_INSIDE = 8 << 20  # bytes that a packed request may become
PACKED = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
GZIP = b"\x1f\x8b"


class Outside(Eraser):
    key = "integrations"

    def sweep_unowned_rows(self, wanted, at):
        if wanted:
            forget_quarantined(wanted)
            forget_calls(wanted)
        return True

    def sweep(self, wanted, at):
        if wanted:
            mailbox.forget({text.lower() for text in wanted if "@" in text})
        return clear_spool(wanted)


def forget_quarantined(wanted: set[str]) -> int:
    """Refused requests that name the person are gone. Their number."""
    gone, last = 0, 0
    while rows := list(
        Quarantine.objects.filter(pk__gt=last)
        .defer("raw")
        .order_by("pk")
        .values_list("pk", flat=True)[:AT_ONCE]
    ):
        last = rows[-1]
        naming = [pk for pk in rows if is_named_in(row_of(pk), wanted)]
        gone += Quarantine.objects.filter(pk__in=naming).delete()[0] if naming else 0
    return gone


def row_of(pk: int) -> bytes:
    try:
        return quarantine.raw_bytes(Quarantine.objects.get(pk=pk))
    except (ObjectDoesNotExist, NotDecipherable):
        return b""


def forget_calls(wanted: set[str]) -> int:
    """Calls to other systems that are about nobody in particular and name the person all the same
    are gone, and not made. Their number."""
    gone, last = 0, 0
    while rows := list(
        OutboundCall.objects.filter(pk__gt=last, customer=None).order_by("pk")[:AT_ONCE]
    ):
        last = rows[-1].pk
        naming = [one.pk for one in rows if is_named_in(said_in(one), wanted)]
        gone += OutboundCall.objects.filter(pk__in=naming).delete()[0] if naming else 0
    return gone


def said_in(call: OutboundCall) -> bytes:
    try:
        return f"{call.sealed_content} {call.sealed_answer or ''}".encode()
    except NotDecipherable:
        return b""


def clear_spool(wanted: set[str]) -> bool:
    """What waited and names the person has gone in by its door (then it is erased as rows), or was
    put aside for good and is deleted. False: something went in just now, ask again."""
    if not spool.folder().is_dir():
        return True
    for path in spool.folder().glob("*.failed"):
        if not wanted or is_named_in(opened(path), wanted):
            path.unlink(missing_ok=True)
    waiting = any(is_named_in(opened(path), wanted) for path in spool.waiting())
    if waiting:
        spool_reader.ingest_spooled()
    return not waiting


def opened(path) -> bytes:
    try:
        meta, body, _at = spool.opened(path)
    except (OSError, ValueError):
        return b""
    return json.dumps(meta).encode() + b"\n" + body


def is_named_in(raw: bytes, wanted: set[str]) -> bool:
    """Whether one of these texts stands in the bytes, plainly, escaped or packed."""
    sought = [text.lower() for text in wanted]
    return any(text in plain for plain in readings(raw, DEEPEST) for text in sought)


def readings(raw: bytes, depth: int) -> Iterator[str]:
    """The bytes as text in every way they may be meant, in small letters."""
    if raw.startswith(GZIP):
        raw = unpacked(raw)
    text = raw.decode("utf-8", "replace")
    yield text.lower()
    if depth == 0:
        return
    unescaped = unquote_plus(text)
    if unescaped != text:
        yield from readings(unescaped.encode(), depth - 1)
    if "\\" in text:
        yield (
            re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
            .replace("\\/", "/")
            .replace('\\"', '"')
            .lower()
        )
    for packed in PACKED.findall(text):
        inside = decoded(packed)
        if inside and inside != raw:
            yield from readings(inside, depth - 1)


def unpacked(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(raw, MOST_INSIDE)
    except zlib.error:
        return b""


def decoded(text: str) -> bytes:
    """What the base64 says, where it is text or packed; else nothing."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        inside = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
    if inside.startswith(GZIP):
        return inside
    try:
        inside.decode()
    except UnicodeDecodeError:
        return b""
    return inside
