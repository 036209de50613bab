"""TC3-HMAC-SHA256, Tencent Cloud's signature of a call (签名方法 v3)."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

ALGORITHM = "TC3-HMAC-SHA256"


def canonical(method: str, path: str, query: str, signed: Mapping[str, str], body: bytes) -> str:
    """The request as it is signed; names and values of headers in small letters."""
    names = sorted(signed)
    lines = "".join(f"{name}:{signed[name].strip().lower()}\n" for name in names)
    body_hash = hashlib.sha256(body).hexdigest()
    return "\n".join([method, path, query, lines, ";".join(names), body_hash])


def signature(secret: str, at: int, service: str, request: str) -> str:
    day = utc_day(at)
    hashed = hashlib.sha256(request.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{at}\n{day}/{service}/tc3_request\n{hashed}"
    key = f"TC3{secret}".encode()
    for step in (day, service, "tc3_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def authorization(
    key: str, secret: str, at: int, service: str, signed: Mapping[str, str], body: bytes
) -> str:
    """The header of that name, of a POST to / with these headers, at this second of Unix time."""
    given = signature(secret, at, service, canonical("POST", "/", "", signed, body))
    scope = f"{key}/{utc_day(at)}/{service}/tc3_request"
    names = ";".join(sorted(signed))
    return f"{ALGORITHM} Credential={scope}, SignedHeaders={names}, Signature={given}"


def utc_day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
