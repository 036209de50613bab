"""What an event may be called, and by whom: the names that only servers may state, what a source
calls its events, and what a strict source may send."""

from customers.models import Source
from events import schema
from events.commerce import bookings, measurements

ORDER_EVENTS = frozenset(
    {
        "Order Placed",
        "Order Completed",
        "Order Shipped",
        "Order Fulfilled",
        "Order Cancelled",
        "Order Refunded",
    }
)
# What the typed doors write. From a client, whose key is public, these names are behaviour: never
# revenue, never a booking.
STATED_EVENTS = ORDER_EVENTS | {
    *bookings.NAMES.values(),
    bookings.ANSWERED,
    measurements.EVENT,
    "Message Bounced",
    "Message Failed",
    "Message Refused",
    "Message Complained",
    "Message Unsubscribed",
    # What WeChat tells by its push.
    "Message Subscribed",
    "Message Permission Declined",
    "Message Permission Withdrawn",
    "Authorization Revoked",
}

UNKNOWN_EVENT = "This source is strict, and nobody declared an event of this name."


def is_expected(name: str, source: Source) -> bool:
    """A strict source sends only names that staff declared, that it sent before, or that mean the
    same to everybody."""
    return not source.is_strict or name in STATED_EVENTS or schema.is_known(source, name)


def trusted_name(name: str, source: Source) -> str:
    """The event's name as this source may use it."""
    return name if source.is_server or name not in STATED_EVENTS else f"{name} (client)"


def name_here(sent: str, source: Source) -> str | None:
    """What an event of this source is called here; None where it is strict and nobody knows the
    name.

    A name that staff gave it is known. A public key gains nothing by one: what only servers may
    state stays behaviour.
    """
    given = source.event_names.get(sent)
    if given is None and not is_expected(sent, source):
        return None
    return trusted_name(given or sent, source)
