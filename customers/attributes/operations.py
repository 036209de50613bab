"""Attribute values stated relative to what is there: "ten more", "also coffee", "unless it is
known".

The history holds absolute values and the last writer by time wins, so a step is made absolute when
it is stored: under a lock on its customer, over the value that stands now, dated no earlier than
that value. Steps of one kind commute (sums and unions), so they may arrive in any order. A plain
value that arrives after a step but is older than it loses against the sum, as any older value does;
of two SetOnce the first to arrive stays. Keeping the steps themselves in the history would mend
both, at the price of replaying them at every read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db import connection

from customers.models import CustomerAttribute

MOST_LIST_BYTES = 2000
MOST = 2**63  # that a number may come to


class Present(NamedTuple):
    """The value a customer has for a key, and since when. A personal value is sealed and not for
    steps."""

    value: object
    occurred_at: datetime
    is_sealed: bool = False


class Unchanged:
    """The step leaves the value as it is."""


@dataclass(frozen=True, slots=True)
class Add:
    by: int | float

    def onto(self, value):
        """Raises OverflowError where the sum is beyond what is kept."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        total = (value if is_number else 0) + self.by
        if not -MOST < total < MOST:
            raise OverflowError("the sum fits no column")
        return total


@dataclass(frozen=True, slots=True)
class Appended:
    texts: list[str]

    def onto(self, value):
        """A list without repeats; where it grows too long for the index the oldest go."""
        old = value if isinstance(value, list) else []
        texts = list(dict.fromkeys([*old, *self.texts]))
        while texts and len(msgspec.json.encode(texts)) > MOST_LIST_BYTES:
            del texts[0]
        return texts


@dataclass(frozen=True, slots=True)
class SetOnce:
    value: object

    def onto(self, value):
        return self.value if value is None else Unchanged


@dataclass(frozen=True, slots=True)
class ClearedAll:
    """Every attribute known by now is deleted; stands under the key ""."""


STEPS = (Add, Appended, SetOnce, ClearedAll)


def made_absolute(
    stated: Sequence[tuple[dict, datetime, tuple]],
) -> Sequence[tuple[dict, datetime, tuple]]:
    """`stated` with plain values only, in the order of time."""
    if not any(
        isinstance(value, STEPS)
        for attributes, _at, _whose in stated
        for value in attributes.values()
    ):
        return stated
    stated = sorted(stated, key=lambda one: one[1])
    standing = standing_values({whose.customer_id for _attributes, _at, whose in stated})
    return [
        one
        for attributes, at, whose in stated
        for one in taken(attributes, at, whose, standing.setdefault(whose.customer_id, {}))
    ]


def standing_values(customers: set[int]) -> dict[int, dict[str, Present]]:
    """All current values of these customers, who are locked: two steps at once must see each
    other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM customers_customer WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [sorted(customers)],
        )
    found: dict[int, dict[str, Present]] = {}
    rows = CustomerAttribute.objects.filter(customer__in=customers)
    for customer, key, value, digest, at in rows.values_list(
        "customer_id", "key", "value", "digest", "occurred_at"
    ):
        found.setdefault(customer, {})[key] = Present(value, at, bool(digest))
    return found


def taken(
    attributes: dict, at: datetime, whose: tuple, standing: dict[str, Present]
) -> list[tuple[dict, datetime, tuple]]:
    """The statements this one amounts to, each at its time; `standing` is then what they lead
    to."""
    if any(isinstance(value, ClearedAll) for value in attributes.values()):
        attributes = {key: None for key, now in standing.items() if now.occurred_at <= at}
    rows = []
    for key, value in attributes.items():
        now = standing.get(key)
        dated = at
        if isinstance(value, STEPS):
            value, dated = step(value, at, now)
        if value is Unchanged:
            continue
        if now is None or now.occurred_at <= dated:
            standing[key] = Present(value, dated)
        rows.append(({key: value}, dated, whose))
    return rows


def step(value, at: datetime, now: Present | None) -> tuple[object, datetime]:
    if now is None:
        return value.onto(None), at
    if now.is_sealed:
        return Unchanged, at
    return value.onto(now.value), max(at, now.occurred_at)
