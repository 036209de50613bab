"""Personal data at rest: sealed (crm_project/sealing.py), found again by a keyed hash, masked on
the way out. What is personal is told in personal.py.
"""

import base64
import hmac
import logging
import re
import unicodedata
import uuid

from django.conf import settings
from django.db import models

from crm_project.sealing import (
    ROW_FORM,
    Ciphertext,
    NotDecipherable,
    SealedField,
    bound,
    cipher,
    seal,
    unseal,
)

# Migrations and the rooms name these here.
__all__ = [
    "ROW_FORM",
    "Ciphertext",
    "NotDecipherable",
    "SealedField",
    "bound",
    "cipher",
    "seal",
    "unseal",
]

log = logging.getLogger(__name__)

LOOKALIKES = str.maketrans("OIL", "011")
COVER = "•••"
DIGITS = re.compile(r"(?<![0-9])(\+?[0-9]{2})[0-9 -]{4,}([0-9]{2})(?![0-9])")
# From where a word begins, so that a long one without an @ is read once and not from each letter.
ADDRESS = re.compile(r"(?<![^\s@\"'<>])[^\s@\"'<>]+@([^\s@\"'<>]+)")


def not_readable(row: models.Model) -> str:
    """Stands for a sealed value that cannot be opened; the log says which."""
    log.error("a sealed value cannot be read", extra={"table": row._meta.db_table, "row": row.pk})
    return "••••"


def digest(kind: str, value: str) -> str:
    """The keyed hash by which a personal value is found: 128 bits of HMAC-SHA256, URL-safe."""
    mac = hmac.digest(settings.HASH_KEY, f"{kind}\x00{value}".encode(), "sha256")[:16]
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def normal_code(typed: str) -> str:
    """A code as it was issued, however it was typed: case, full width, dashes, spaces, O for 0, I
    or L for 1 (Crockford)."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(
        c for c in plain if not (c.isspace() or unicodedata.category(c) == "Pd")
    ).translate(LOOKALIKES)


def code_digest(typed: str) -> str:
    """By this a coupon's code is found; the clear code is sealed."""
    return digest("coupon", normal_code(typed))


def fingerprint(content: bytes) -> bytes:
    """16 bytes that tell two contents under one id apart without revealing either."""
    return hmac.digest(settings.HASH_KEY, content, "sha256")[:16]


def masked(kind: str, value: str) -> str:
    """What anyone on the staff may see: 138****5678, w***@example.com."""
    if kind == "phone":
        local = value.removeprefix("+86")
        return f"{local[:3]}****{local[-4:]}" if len(local) >= 8 else "****"
    if kind == "email":
        name, _, host = value.partition("@")
        return f"{name[:1]}***@{host}"
    return value[:4] + "…" if len(value) > 8 else value


def new_public_id() -> uuid.UUID:
    """By which outsiders know somebody from now on; who had the old one has nothing."""
    return uuid.uuid4()


def scrubbed(text: str, *names: str) -> str:
    """Free text in which long numbers keep only their ends, addresses their host, and nobody of
    these names is named: what may stand in the audit."""
    for name in names:
        text = text.replace(name, COVER) if len(name) > 1 else text
    return DIGITS.sub(rf"\1{COVER}\2", ADDRESS.sub(rf"{COVER}@\1", text))
