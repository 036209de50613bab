"""How a gateway's call is signed, as its form says."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from integrations.sms_gateway.describing import filled
from integrations.sms_gateway.forming import HEX, MD5, NONE


def of_fields(fields: Mapping[str, str]) -> str:
    """All as name=value, not encoded, sorted by name."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields))


def signature(settings: Mapping, values: Mapping[str, str], fields: str, body: bytes) -> str:
    """`fields` and `body` stand in their places; of a body that holds the signature itself only the
    fields can be signed."""
    how, secret = settings.get("signing", NONE), settings.get("secret", "")
    if how == NONE:
        return ""
    spelled = {**values, "fields": fields, "body": body.decode(), "secret": secret}
    text = filled(settings["signed_text"].replace("\r\n", "\n"), spelled).encode()
    if how == MD5:
        return hashlib.md5(text, usedforsecurity=False).hexdigest()
    mac = hmac.digest(secret.encode(), text, "sha256")
    return mac.hex() if how == HEX else base64.b64encode(mac).decode()
