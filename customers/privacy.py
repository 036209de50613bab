"""Personal data at rest: sealed with AES-GCM, found again by a keyed hash, masked on the way out.

A sealed value is `key id (1 byte) + nonce (12) + ciphertext`, bound to its table and column.
Which keys of free-form data are personal stands here and nowhere else.
"""

import base64
import hmac
import os
import re
import unicodedata
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

PHONE_KEYS = frozenset({"phone", "mobile", "mobile_phone", "phone_number", "tel", "telephone", "$identity_mobile", "purephonenumber"})
EMAIL_KEYS = frozenset({"email", "e_mail", "mail", "email_address", "$identity_email"})
SEALED_KEYS = frozenset({"id_card", "id_number", "identity_card", "passport", "bank_card", "address", "street", "real_name"})
PERSONAL_KEYS = PHONE_KEYS | EMAIL_KEYS | SEALED_KEYS

LOOKALIKES = str.maketrans("OIL", "011")
COVER = "•••"
DIGITS = re.compile(r"(?<![0-9])(\+?[0-9]{2})[0-9 -]{4,}([0-9]{2})(?![0-9])")
ADDRESS = re.compile(r"[^\s@\"'<>]+@([^\s@\"'<>]+)")


class NotDecipherable(ValueError):
    """The sealed value was made for another place, or its key is gone."""


def seal(text: str, *, place: str) -> bytes:
    """`text` encrypted under the first key, readable only at `place` ("table.column")."""
    key_id, key = next(iter(settings.ENCRYPTION_KEYS.items()))
    nonce = os.urandom(12)
    return bytes([int(key_id)]) + nonce + AESGCM(key).encrypt(nonce, text.encode(), place.encode())


def unseal(sealed: bytes, *, place: str) -> str:
    sealed = bytes(sealed)
    try:
        key = settings.ENCRYPTION_KEYS[str(sealed[0])]
        return AESGCM(key).decrypt(sealed[1:13], sealed[13:], place.encode()).decode()
    except (KeyError, IndexError, InvalidTag) as error:
        raise NotDecipherable(place) from error


def digest(kind: str, value: str) -> str:
    """The keyed hash by which a personal value is found: 128 bits of HMAC-SHA256, URL-safe."""
    mac = hmac.digest(settings.HASH_KEY, f"{kind}\x00{value}".encode(), "sha256")[:16]
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def normal_code(typed: str) -> str:
    """A code as it was issued, however it was typed: case, full width, dashes, spaces, O for 0, I or L for 1 (Crockford)."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(c for c in plain if not (c.isspace() or unicodedata.category(c) == "Pd")).translate(LOOKALIKES)


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


def scrubbed(text: str) -> str:
    """Free text in which long numbers keep only their ends and addresses their host: what may stand in logs and the audit."""
    return DIGITS.sub(rf"\1{COVER}\2", ADDRESS.sub(rf"{COVER}@\1", text))


def without_personal(data: dict) -> tuple[dict, dict]:
    """`data` without the keys known to be personal, at any depth, and those keys by their path."""
    if not _has_personal(data):
        return data, {}
    lifted: dict[str, object] = {}
    return _lift(data, "", lifted), lifted


def _has_personal(value) -> bool:
    """Looking is several times cheaper than taking apart, and mostly there is nothing."""
    if type(value) is dict:
        if not PERSONAL_KEYS.isdisjoint(map(str.lower, value)):
            return True
        value = value.values()
    for inner in value:
        kind = type(inner)
        if (kind is dict or kind is list) and _has_personal(inner):
            return True
    return False


def _lift(value, path: str, lifted: dict):
    if isinstance(value, dict):
        kept = {}
        for key, inner in value.items():
            where = f"{path}.{key}" if path else key
            if key.lower() in PERSONAL_KEYS and inner not in (None, "") and not isinstance(inner, dict):
                lifted[where] = inner
            else:
                kept[key] = _lift(inner, where, lifted)
        return kept
    if isinstance(value, list):
        return [_lift(inner, f"{path}[{n}]", lifted) for n, inner in enumerate(value)]
    return value


class SealedField(models.BinaryField):
    """Text that is encrypted in the table and clear in Python; bound to its own column."""

    def place(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def from_db_value(self, value, expression, connection):
        return None if value is None else unseal(value, place=self.place())

    def get_db_prep_value(self, value, connection, prepared=False):
        sealed = seal(value, place=self.place()) if isinstance(value, str) else value
        return super().get_db_prep_value(sealed, connection, prepared)

    def value_to_string(self, obj):
        return ""
