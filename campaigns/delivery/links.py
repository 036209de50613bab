"""Short links of messages: what stands in a letter instead of an address, signed, so that nobody
can make one up.

A code is message (6 bytes), link (4), signature (8), in URL-safe base64. What it leads to stands in
a row, so a code redirects nowhere but to an address that a message of ours named.
"""

import base64
import hmac
from collections.abc import Collection
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from campaigns.models import Link

CLICK, OPEN, UNSUBSCRIBE = "click", "open", "unsubscribe"
PAYLOAD, SIGNED, LENGTH = 10, 8, 24  # bytes, bytes, characters
TRAP = 0  # a link that no person sees: who follows it reads every letter before its receiver does


class Code(NamedTuple):
    message: int
    link: int


def code(kind: str, message: int, link: int = TRAP) -> str:
    """24 characters that name a link of a message, for one of the kinds above."""
    payload = message.to_bytes(6, "big") + link.to_bytes(4, "big")
    return base64.urlsafe_b64encode(payload + signature(kind, payload)).decode()


def read(kind: str, given: str) -> Code | None:
    """What the code names; None where we did not make it."""
    try:
        raw = base64.b64decode(given, altchars=b"-_", validate=True)
    except ValueError:
        return None
    payload, signed = raw[:-SIGNED], raw[-SIGNED:]
    is_ours = (
        len(given) == LENGTH
        and len(payload) == PAYLOAD
        and hmac.compare_digest(signed, signature(kind, payload))
    )
    if not is_ours:
        return None
    return Code(int.from_bytes(payload[:6], "big"), int.from_bytes(payload[6:], "big"))


def signature(kind: str, payload: bytes) -> bytes:
    return hmac.digest(settings.HASH_KEY, f"link\x00{kind}\x00".encode() + payload, "sha256")[
        :SIGNED
    ]


def numbers(urls: Collection[str]) -> dict[str, int]:
    """Each address has a row; its number by address."""
    wanted = sorted(set(urls))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_link (url) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
            [wanted],
        )
    return dict(Link.objects.filter(url__in=wanted).values_list("url", "pk"))
