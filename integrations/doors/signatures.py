"""Standard Webhooks 1.0.0 (https://www.standardwebhooks.com), symmetric: what we check on the way
in and sign on the way out.

Our own 40 lines, because the published package raises its way out of malformed headers (a 500 in a
naive receiver) and accepts `1614265330.75` as a time. Here everything malformed is simply not a
signature.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from functools import lru_cache

TOLERANCE_SECONDS = 300
FEWEST_KEY_BYTES = 24
NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")

# The standard leaves open what an id is; ours must fit a header, and has no full stop, which
# separates the signed parts.
_id = re.compile(r"[!-\-/-~]{1,256}").fullmatch
_timestamp = re.compile(r"[0-9]{10}").fullmatch


def is_id(text: str) -> bool:
    """Whether it can be sent as `webhook-id`."""
    return _id(text) is not None


@lru_cache(maxsize=1024)
def key_bytes(secret: str) -> bytes | None:
    """The key inside `whsec_<base64>`; None when it is none, or too short to keep anybody out."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) >= FEWEST_KEY_BYTES else None


def mac(key: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    signed = b"%b.%b.%b" % (message_id.encode(), timestamp.encode(), body)
    return b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header `webhook-signature`."""
    key = key_bytes(secret)
    if key is None:
        raise ValueError("a signing secret is whsec_ and at least 24 bytes in base64")
    return mac(key, message_id, str(timestamp), body).decode()


def lacking(headers, now: float) -> list[str]:
    """What these headers lack to be a signature at all, in words; the same whoever sends them."""
    missing = [name for name in NAMES if not headers.get(name)]
    if missing:
        return [f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"]
    found = []
    if not _id(headers["webhook-id"]):
        found.append("webhook-id is 1 to 256 visible ASCII characters without a full stop")
    if not _timestamp(headers["webhook-timestamp"]):
        found.append("webhook-timestamp is ten digits, the seconds of Unix time")
    elif abs(now - int(headers["webhook-timestamp"])) > TOLERANCE_SECONDS:
        found.append("webhook-timestamp is more than five minutes from our clock")
    if not any(one.startswith("v1,") for one in headers["webhook-signature"].split(" ")):
        found.append(
            'webhook-signature is v1, and the base64 of HMAC-SHA256 over "id.timestamp.body"'
        )
    return found


def is_signed(headers, body: bytes, *, secrets: Iterable[str | None], now: float) -> bool:
    """Did somebody who holds one of `secrets` sign exactly these bytes within the last, or next,
    five minutes?"""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if (
        not (_id(message_id) and _timestamp(timestamp))
        or abs(now - int(timestamp)) > TOLERANCE_SECONDS
    ):
        return False
    offered = [
        one.encode("utf-8", "replace") for one in headers.get("webhook-signature", "").split(" ")
    ]
    expected = [
        mac(key, message_id, timestamp, body)
        for secret in secrets
        if secret and (key := key_bytes(secret))
    ]
    # Every pair is compared, so that the time taken says nothing about which one was near.
    return sum(hmac.compare_digest(ours, theirs) for ours in expected for theirs in offered) > 0
