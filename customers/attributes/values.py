"""What a customer is like: the last writer by `occurred_at` wins per attribute, and the history is
kept.

A deleted attribute keeps its row as a tombstone, so that an older value arriving late does not
bring it back.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from django.db import connection

from customers.attributes.operations import made_absolute
from customers.models import AttributeChange, Customer, CustomerAttribute, Source
from customers.privacy.personal import attribute_digest, kind_of, masked, text_of
from customers.privacy.sealing import NotDecipherable, not_readable, seal

NAME_KEYS = ("name", "nickname")
PLACE = "customers_customerattribute.sealed"


def save(source: Source, stated: Sequence[tuple[dict, datetime, tuple]]) -> None:
    """Each (attributes, occurred_at, whose) is in the history, and in the current values where it
    is the newest."""
    changes = [
        change(source, key, value, occurred_at, whose)
        for attributes, occurred_at, whose in made_absolute(stated)
        for key, value in sorted(attributes.items())
    ]
    if not changes:
        return
    AttributeChange.objects.bulk_create(changes)
    newest: dict[tuple, AttributeChange] = {}
    for one in changes:
        place = (one.customer_id, one.key)
        if place not in newest or newest[place].occurred_at <= one.occurred_at:
            newest[place] = one
    upsert([newest[place] for place in sorted(newest)])
    if any(one.key in NAME_KEYS for one in changes):
        rename(sorted({one.customer_id for one in changes}))


def change(source: Source, key: str, value, occurred_at: datetime, whose) -> AttributeChange:
    """Null deletes; an empty string is no value either. Personal values are sealed and found by
    their hash."""
    is_personal = value is not None and kind_of(key, value) is not None
    text = text_of(value) if is_personal else ""
    return AttributeChange(
        customer_id=whose.customer_id,
        origin_customer_id=whose.origin_id,
        key=key,
        value=None if is_personal or value == "" else value,
        sealed=text if is_personal else None,
        digest=attribute_digest(key, text) if is_personal else "",
        occurred_at=occurred_at,
        source=source,
    )


def upsert(changes: list[AttributeChange]) -> None:
    rows = [
        {
            "c": one.customer_id,
            "k": one.key,
            "v": one.value,
            "s": (
                seal(one.sealed, place=PLACE, row=(one.customer_id, one.key, one.digest)).hex()
                if one.sealed is not None
                else None
            ),
            "d": one.digest,
            "t": one.occurred_at,
        }
        for one in changes
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_customerattribute AS current (customer_id, key, value, sealed,"
            " digest, occurred_at) SELECT c, k, nullif(v, 'null'::jsonb), decode(s, 'hex'), d, t"
            " FROM json_to_recordset(%s::json) AS r(c int, k text, v jsonb, s text, d text, t"
            " timestamptz) ON CONFLICT (customer_id, key) DO UPDATE SET value = excluded.value,"
            " sealed = excluded.sealed, digest = excluded.digest, occurred_at ="
            " excluded.occurred_at WHERE excluded.occurred_at >= current.occurred_at",
            [msgspec.json.encode(rows).decode()],
        )


def recompute(customers: Collection[int]) -> None:
    """The current values follow from the history again (after a merge or its undo)."""
    if not customers:
        return
    CustomerAttribute.objects.filter(customer_id__in=customers).delete()
    latest = (
        AttributeChange.objects.filter(customer_id__in=customers)
        .order_by("customer", "key", "-occurred_at", "-pk")
        .distinct("customer", "key")
    )
    upsert(list(latest))
    rename(customers)


def rename(customers: Collection[int]) -> None:
    """The name on the customer's row is the attribute `name`, else `nickname`; none where both are
    gone."""
    ids = list(customers)
    list(
        Customer.objects.filter(pk__in=ids)
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_customer c SET name = coalesce(n.name, '') FROM unnest(%s) AS"
            " asked(id) LEFT JOIN (  SELECT DISTINCT ON (customer_id) customer_id, left(value #>>"
            " '{}', 200) AS name FROM customers_customerattribute  WHERE customer_id = ANY(%s) AND"
            " key = ANY(%s) AND jsonb_typeof(value) = 'string' ORDER BY customer_id, key = %s DESC)"
            " n ON n.customer_id = asked.id WHERE c.id = asked.id AND c.name <>"
            " coalesce(n.name, '')",
            [ids, ids, list(NAME_KEYS), NAME_KEYS[0]],
        )


def value_of(attribute: CustomerAttribute):
    """The value as anybody on the staff may see it."""
    if attribute.sealed is None:
        return (
            ", ".join(map(str, attribute.value))
            if isinstance(attribute.value, list)
            else attribute.value
        )
    try:
        return masked(attribute.key, attribute.sealed)
    except NotDecipherable:
        return not_readable(attribute)
