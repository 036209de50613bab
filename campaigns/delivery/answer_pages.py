"""The page on which a customer answers to a booking: its address, signed, so that nobody can make
one up.

A code is booking (6 bytes), customer (4), the hour in which it ends (4), signature (16), in
URL-safe base64. It says nothing by itself, and leads to nothing but a page that asks.
"""

import base64
import hmac
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from events.models import Booking

PAYLOAD, SIGNED, LENGTH = 14, 16, 40  # bytes, bytes, characters
HOUR = 3600
HOLDS = timedelta(days=7)  # beyond the booking, for whoever missed it
BEYOND_ALL = 2**32 - 1


class Code(NamedTuple):
    booking: int
    customer: int
    ends_at: datetime


def address(booking: Booking, now: datetime) -> str:
    """Where this booking is answered."""
    ends_at = max(booking.starts_at, now) + HOLDS
    return f"{settings.PUBLIC_URL}/b/{code(booking.pk, booking.origin_customer_id, ends_at)}"


def code(booking: int, customer: int, ends_at: datetime) -> str:
    hour = min(int(ends_at.timestamp()) // HOUR, BEYOND_ALL)
    payload = booking.to_bytes(6, "big") + customer.to_bytes(4, "big") + hour.to_bytes(4, "big")
    return base64.urlsafe_b64encode(payload + signature(payload)).decode()


def read(given: str) -> Code | None:
    """What the code names; None where we did not make it."""
    try:
        raw = base64.b64decode(given, altchars=b"-_", validate=True)
    except ValueError:
        return None
    payload, signed = raw[:-SIGNED], raw[-SIGNED:]
    if (
        len(given) != LENGTH
        or len(payload) != PAYLOAD
        or not hmac.compare_digest(signed, signature(payload))
    ):
        return None
    numbers = (int.from_bytes(payload[i:j], "big") for i, j in ((0, 6), (6, 10), (10, 14)))
    booking, customer, hour = numbers
    try:
        return Code(booking, customer, datetime.fromtimestamp(hour * HOUR, UTC))
    except (OverflowError, ValueError):  # of a booking beyond all calendars
        return Code(booking, customer, datetime.max.replace(tzinfo=UTC))


def signature(payload: bytes) -> bytes:
    return hmac.digest(settings.HASH_KEY, b"answer\x00" + payload, "sha256")[:SIGNED]
