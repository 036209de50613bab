"""The rows behind identities, read and written a batch at a time; what they mean is decided in
resolution.py."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db import connection

from crm_project.db import prepared
from crm_project.db.sets import among
from customers.models import Identity, IdentityClaim, Kind, Source
from customers.privacy.sealing import digest, seal

PERSONAL = frozenset({Kind.PHONE, Kind.EMAIL})

# Keys travel as JSON, the answer names them by their place. Of those that nobody holds: on whom
# events gather that carried nothing but this claim (their origin is NULL). A visitor's id is never
# claimed.
KNOWN = """
WITH asked AS MATERIALIZED (
  SELECT * FROM ROWS FROM (json_to_recordset(%s::json) AS (k text, s text,
    v text)) WITH ORDINALITY AS k(kind, scope, value, n)),
held AS MATERIALIZED (
  SELECT n, customer_id, origin_customer_id FROM asked JOIN customers_identity USING (kind, scope,
    value))
SELECT * FROM held
UNION ALL
SELECT n, customer_id, NULL FROM asked JOIN customers_identityclaim USING (kind, scope, value)
WHERE is_provisional AND kind <> 'anonymous_id' AND n NOT IN (SELECT n FROM held)
"""
GATHERED = """
SELECT n, customer_id
FROM ROWS FROM (json_to_recordset(%s::json) AS (k text, s text,
  v text)) WITH ORDINALITY AS asked(kind, scope, value, n)
JOIN customers_identityclaim USING (kind, scope, value) WHERE is_provisional
"""
# New people with their identities, and new identities of people who are there: -1 is the first of
# the new people.
SETTLE = """
WITH people AS MATERIALIZED (
  SELECT n, nextval('customers_customer_id_seq')::int AS id, seen, is_provisional
  FROM ROWS FROM (json_to_recordset(%(people)s::json) AS (s timestamptz,
    p boolean)) WITH ORDINALITY AS p(seen, is_provisional, n)),
made AS (
  INSERT INTO customers_customer (id, public_id, name, language, is_provisional, first_seen_at,
    created_at)
  SELECT id, gen_random_uuid(), '', '', is_provisional, least(seen, %(now)s), %(now)s FROM people),
theirs AS (
  SELECT CASE WHEN c < 0 THEN (ARRAY(SELECT id FROM people ORDER BY n))[-c] ELSE c END AS c, k, s,
    v, decode(x, 'hex') AS x, t, f
  FROM json_to_recordset(%(identities)s::json) AS i(c int, k text, s text, v text, x text, t text,
    f boolean)),
new AS (
  INSERT INTO customers_identity (customer_id, origin_customer_id, kind, scope, value, sealed,
    tail, is_strong, source_id, first_seen_at)
  SELECT c, c, k, s, v, x, t, f, %(source)s, %(now)s FROM theirs ON CONFLICT DO NOTHING RETURNING 1)
SELECT ARRAY(SELECT id FROM people ORDER BY n), (SELECT count(*) FROM new)
"""
CLAIM = """
INSERT INTO customers_identityclaim (customer_id, origin_customer_id, kind, scope, value, sealed,
  tail, is_provisional, source_id, first_seen_at)
SELECT c, c, k, s, v, decode(x, 'hex'), t, f, %s, %s
FROM json_to_recordset(%s::json) AS i(c int, k text, s text, v text, x text, t text, f boolean)
  ON CONFLICT DO NOTHING
"""


class Key(NamedTuple):
    kind: str
    scope: str
    value: str


class Stated(msgspec.Struct, gc=False):
    """One identity of one set: its key, how strong it is here, and whether it resolves or only
    claims."""

    key: Key
    clear: str
    is_strong: bool
    resolves: bool


class Resolved(NamedTuple):
    customer_id: int
    origin_id: int


class Known:
    """Who holds these keys, and on whom their claims gather: asked when made, read later, so that
    other questions may travel with it."""

    def __init__(self, keys: Iterable[Key], cursor):
        self.keys, self.cursor = list(keys), cursor
        if self.keys:
            cursor.execute(KNOWN, [as_json(self.keys)])

    def read(self) -> tuple[dict[Key, Resolved], dict[Key, int]]:
        """The holders, and the provisional customers; keys that nobody ever named are in
        neither."""
        held, gathered = {}, {}
        for n, customer, origin in self.cursor.fetchall() if self.keys else ():
            if origin is None:
                gathered[self.keys[n - 1]] = customer
            else:
                held[self.keys[n - 1]] = Resolved(customer, origin)
        return held, gathered


def known(keys: Iterable[Key]) -> tuple[dict[Key, Resolved], dict[Key, int]]:
    return Known(keys, prepared.cursor()).read()


def holders(keys: Iterable[Key]) -> dict[Key, Resolved]:
    """Which customer holds each key now; unknown keys are absent."""
    return known(keys)[0]


def as_json(rows) -> str:
    return msgspec.json.encode([{"k": k.kind, "s": k.scope, "v": k.value} for k in rows]).decode()


def provisional_customers(keys: Iterable[Key]) -> dict[Key, int]:
    """The customers on whom events gather that carried nothing but these claims."""
    keys = list(keys)
    if not keys:
        return {}
    return {keys[n - 1]: customer for n, customer in prepared.rows(GATHERED, as_json(keys))}


def lock_customers(ids: Iterable[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM customers_customer WHERE id = ANY(%s::int[]) ORDER BY id FOR NO KEY"
            " UPDATE",
            [f"{{{','.join(map(str, ids))}}}"],
        )


def strong_identities(customers: Collection[int]) -> dict[int, dict[tuple, str]]:
    found: dict[int, dict[tuple, str]] = {}
    if not customers:
        return found
    rows = Identity.objects.filter(among("customer", customers), is_strong=True)
    for customer, kind, scope, value in rows.values_list("customer_id", "kind", "scope", "value"):
        found.setdefault(customer, {})[(kind, scope)] = value
    return found


def known_claims(rows: Iterable[tuple[Key, int]]) -> set[tuple[Key, int]]:
    customers = {customer for _, customer in rows}
    if not customers:
        return set()
    stored = IdentityClaim.objects.filter(among("customer", customers)).values_list(
        "kind", "scope", "value", "customer_id"
    )
    return {(Key(kind, scope, value), customer) for kind, scope, value, customer in stored}


def settle(
    source: Source,
    people: Sequence[tuple[datetime, bool]],
    identities: Sequence[tuple[int, Stated]],
    now: datetime,
) -> tuple[list[int], int]:
    """New people (first seen, is provisional) and identities exist: the people's ids, and how many
    of the identities are new.

    An identity's customer is an id, or -1 for the first of the people. One that somebody has
    already stays as it is.
    """
    if not people and not identities:
        return [], 0
    values = {
        "source": source.pk,
        "now": now,
        "people": (
            msgspec.json.encode(
                [{"s": seen, "p": is_provisional} for seen, is_provisional in people]
            ).decode()
        ),
        "identities": encoded(
            "customers_identity", [(customer, s, s.is_strong) for customer, s in identities]
        ),
    }
    with prepared.cursor() as cursor:
        cursor.execute(SETTLE, values)
        return cursor.fetchone()


def claim(source: Source, claims: Sequence[tuple[int, Stated, bool]], now: datetime) -> None:
    """The claims (customer, what, is provisional) exist; one that is there already stays as it
    is."""
    if claims:
        with prepared.cursor() as cursor:
            cursor.execute(CLAIM, [source.pk, now, encoded("customers_identityclaim", claims)])


def erased(digests: Sequence[str]) -> set[str]:
    """Those under which an identity of somebody who was forgotten is remembered."""
    return {
        digest
        for (digest,) in prepared.rows(
            "SELECT digest FROM customers_erasedidentity WHERE digest = ANY(%s)", list(digests)
        )
    }


def encoded(table: str, rows: Iterable[tuple[int, Stated, bool]]) -> str:
    return msgspec.json.encode([row(table, *one) for one in rows]).decode()


def row(table: str, customer: int, s: Stated, flag: bool) -> dict:
    row = {
        "c": customer,
        "k": s.key.kind,
        "s": s.key.scope,
        "v": s.key.value,
        "x": None,
        "t": "",
        "f": flag,
    }
    if s.key.kind in PERSONAL:
        row["x"] = seal(s.clear, place=f"{table}.sealed", row=s.key).hex()
    if s.key.kind == Kind.PHONE:
        row["t"] = digest("tail", s.clear[-4:])
    return row
