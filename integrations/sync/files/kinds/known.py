"""What is here already of the people that a batch names, read in sets."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from customers.identity import resolution
from customers.identity import rows as identity_rows
from customers.models import CustomerAttribute, Source
from customers.privacy.personal import attribute_digest, kind_of, text_of
from integrations.sync.files.kinds.base import Made, Setting


class Who(NamedTuple):
    """Whom an item names, as of now: nobody yet, one customer, or several who are in conflict."""

    customers: frozenset[int]
    origin: int | None
    is_whole: bool  # all its identities are known

    @property
    def one(self) -> int | None:
        return next(iter(self.customers)) if len(self.customers) == 1 else None


def people(source: Source, made: Sequence[Made]) -> list[Who]:
    """Of each item, who it is about; in one query."""
    keys = [
        [resolution.key_of(source, n.kind, n.value, n.scope) for n in one.incoming.identities]
        for one in made
    ]
    held = identity_rows.holders({key for some in keys for key in some})
    found = []
    for some in keys:
        known = [held[key] for key in some if key in held]
        found.append(
            Who(
                frozenset(one.customer_id for one in known),
                known[0].origin_id if known else None,
                len(known) == len(some),
            )
        )
    return found


def believe(one: Made, setting: Setting) -> None:
    """Of whom we know is meant, though strangers of this file are only noted (预打标签)."""
    if setting.options.get("people") == "claims":
        for named in one.incoming.identities:
            named.proven = True


class Current(NamedTuple):
    """The present value of one attribute: as it can be compared, and since when."""

    value: object
    digest: str
    at: datetime


def attributes(customers: Iterable[int], keys: Iterable[str]) -> dict[tuple[int, str], Current]:
    rows = CustomerAttribute.objects.filter(
        customer__in=list(customers), key__in=list(keys)
    ).values_list("customer_id", "key", "value", "digest", "occurred_at")
    return {(one, key): Current(value, digest, at) for one, key, value, digest, at in rows}


def is_same(current: Current | None, key: str, value) -> bool:
    """Whether the attribute says this already."""
    if current is None:
        return value is None
    if value is not None and kind_of(key, value) is not None:
        return current.digest == attribute_digest(key, text_of(value))
    return current.value == value and not current.digest
