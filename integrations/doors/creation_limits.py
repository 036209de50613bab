"""How many new event names and customers one sender may create: a public key is anybody's (decision
29).

Names beyond the bound are gathered under one, with the true one kept as a property; items that
would make customers beyond the bound are refused by themselves, and wait in the quarantine where
their sender does not listen. Counted over all processes through the cache; without it the bounds
per source of names still hold, and events matter more than the rest.
"""

import hashlib
import time
from collections.abc import Collection

from django.conf import settings

from customers.identity import resolution
from customers.models import Source
from events import names
from events.incoming_items import Incoming, Outcome
from integrations.doors import refusals
from integrations.doors.formats import Parsed, Rejected
from integrations.doors.throttle import added

CODE, NAMES_CODE = "too_many_new", "too_many_names"
DETAIL = (
    "This source, or this address, has named very many new people within an hour: send again later."
)
HOUR, DAY = 3600, 86_400
MOST_FULL = 10_000  # senders remembered as having had their share

_full: dict[str, float] = {}


def enforce_limits(source: Source, network: str | None, parsed: Parsed) -> None:
    """Items that would create customers beyond the bound are rejected, names beyond it are gathered
    under one. `network` is whose request it is; None: ours, of what came before."""
    incoming = [item for item in parsed.items if isinstance(item, Incoming)]
    gather_names(source, network, incoming)
    if network is not None and any(is_full(key) for key in counters(source, network)):
        refuse_new(source, parsed)


def count_new_customers(
    source: Source, network: str | None, results: Collection[Outcome | Rejected]
) -> None:
    """The customers that this request has created count towards the bounds of those after it."""
    made = len({one.customer_id for one in results if isinstance(one, Outcome) and one.is_first})
    if made and network is not None:
        for key, most in counters(source, network).items():
            if added(key, made, seconds=HOUR) > most:
                fill(key)


# -- names


def gather_names(source: Source, network: str | None, items: Collection[Incoming]) -> None:
    """Names beyond the bound are replaced by one, and stand as a property of their items; the
    others have their numbers."""
    new = names.unknown({item.name for item in items if item.name})
    if not new:
        return
    beyond = set(sorted(new)[room_for_names(source, network, len(new)) :])
    if beyond:
        refusals.note(source, NAMES_CODE, "", is_warning=True)
    for item in items:
        if item.name in beyond:
            item.properties = {**item.properties, names.TRUE_NAME: item.name}
            item.name = names.OTHER
    names.numbers(new - beyond, made_by=source.pk)


def room_for_names(source: Source, network: str | None, wanted: int) -> int:
    """How many names this source may still add; from one address a public key adds few a day, so
    that nobody uses up the room of all."""
    room = settings.NEW_NAMES[source.trust] - names.made_by(source)
    if not source.is_server and network is not None:
        room = min(
            room,
            settings.NEW_NAMES_PER_ADDRESS
            - added(key_of(source, "names", network, DAY), wanted, seconds=DAY)
            + wanted,
        )
    return max(room, 0)


# -- customers


def counters(source: Source, network: str) -> dict[str, int]:
    """What is counted, and the bound."""
    found = {key_of(source, "people", "", HOUR): settings.NEW_CUSTOMERS_PER_HOUR[source.trust]}
    if not source.is_server:
        found[key_of(source, "people", network, HOUR)] = settings.NEW_CUSTOMERS_PER_ADDRESS
    return found


def key_of(source: Source, what: str, network: str, seconds: int) -> str:
    of = hashlib.sha256(network.encode()).hexdigest()[:24] if network else ""
    return f"new:{source.pk}:{what}:{of}:{int(time.time()) // seconds}"


def fill(key: str) -> None:
    if len(_full) >= MOST_FULL:
        _full.clear()
    _full[key] = time.monotonic() + HOUR


def is_full(key: str) -> bool:
    return _full.get(key, 0.0) > time.monotonic()


def refuse_new(source: Source, parsed: Parsed) -> None:
    """Items that would create a customer are rejected; whoever is known already goes on."""
    asked = [
        n
        for n, item in enumerate(parsed.items)
        if isinstance(item, Incoming) and item.identities and item.customer_id is None
    ]
    strange = resolution.strangers(source, [parsed.items[n].identities for n in asked])
    for n, is_stranger in zip(asked, strange, strict=True):
        if is_stranger:
            parsed.items[n] = Rejected(
                n, parsed.items[n].id, CODE, "$", DETAIL, parsed.raw(n) if parsed.raw else b""
            )
