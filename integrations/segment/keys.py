"""Where these clients put their write key."""

import base64
import binascii

from integrations.doors import callers
from integrations.doors.reading.free_json import loaded


def key_beside_body(request) -> str:
    """The key that stands outside of the body, or ""."""
    return (
        callers.bearer(request)
        or basic_user(request)
        or request.headers.get("X-Write-Key", "")
        or request.GET.get("writeKey", "")
    )


def basic_user(request) -> str:
    """The user of `Authorization: Basic`, which is the write key."""
    scheme, _space, encoded = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""


def inside(body: bytes) -> str:
    envelope = loaded(body)
    key = envelope.get("writeKey") if isinstance(envelope, dict) else None
    return key if isinstance(key, str) else ""
