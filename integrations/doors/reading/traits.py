"""What a foreign client says about a person: attributes we can keep, and the phone or e-mail among
them."""

import msgspec

from customers.attributes import ours
from customers.models import Kind
from customers.privacy.personal import kind_of
from customers.privacy.personal_keys import is_own
from events.incoming_items import Incoming, Named, Warned
from integrations.doors.reading.identities import SetAside, usable

CONTACTS = frozenset({Kind.PHONE.value, Kind.EMAIL.value})
MOST_KEY, MOST_TEXT, MOST_LIST_BYTES = 100, 500, 2000
MOST_CHARACTERS = {"name": 200, "language": 16}


def attributes_of(traits: dict) -> dict:
    """The traits that are attributes: flat values of a sensible size. The others stay on the event,
    where nothing is lost."""
    return {
        key: value
        for key, value in traits.items()
        if 0 < len(key) <= MOST_KEY and is_attribute(key, value)
    }


def without_ours(item: Incoming, path: str) -> None:
    """Attributes that are ours to write are left out of what a sender states, with a warning."""
    for key in [key for key in item.attributes if ours.is_ours(key)]:
        del item.attributes[key]
        item.warnings.append(Warned(ours.RESERVED, f"{path}.{key}", ours.WHY))


def is_attribute(key: str, value) -> bool:
    if key in MOST_CHARACTERS and value is not None:
        return isinstance(value, str) and 0 < len(value) <= MOST_CHARACTERS[key]
    if isinstance(value, str):
        return 0 < len(value) <= MOST_TEXT
    if isinstance(value, list):
        return (
            all(isinstance(one, str) for one in value)
            and len(msgspec.json.encode(value)) <= MOST_LIST_BYTES
        )
    return not isinstance(value, dict)


def contacts_of(traits: dict, path: str, aside: list[SetAside]) -> list[Named | None]:
    """Phones and e-mails as identities: trusted or claimed, as the source may. What cannot be one
    is only an attribute."""
    found = []
    for key, value in traits.items():
        kind = kind_of(key)
        if (
            kind
            and kind.key in CONTACTS
            and isinstance(value, str | int | float)
            and not isinstance(value, bool)
            and is_own(key)
        ):
            found.append(usable(kind.key, str(value), f"{path}.{key}", aside))
    return found


def distinct(identities: list[Named | None]) -> list[Named]:
    """Each once, in their order."""
    return list({(one.kind, one.scope, one.value): one for one in identities if one}.values())
