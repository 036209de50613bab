"""Attributes and their values as pickers offer them: the index on (key, value) is walked from one
distinct entry to the next."""

import json

from django.db import connection
from django.utils.translation import gettext as _

from customers.attributes import ours
from customers.attributes.words import attribute
from customers.privacy.personal import is_personal_key
from customers.suggestions import (
    MOST,
    PERSONAL,
    Suggester,
    Suggestion,
    as_text,
    described_type,
    fits,
    how_many,
)

LOOKED_AT = 200  # distinct values of one attribute
COUNTED = 1000  # customers of one value
EXAMPLES = 3
KEYS = """
WITH RECURSIVE keys(key, n) AS (
  (SELECT key, 1 FROM customers_customerattribute WHERE {partial} ORDER BY key LIMIT 1)
  UNION ALL
  SELECT (SELECT key FROM customers_customerattribute WHERE {partial} AND key > keys.key
    ORDER BY key LIMIT 1), n + 1
    FROM keys WHERE key IS NOT NULL AND n < 500
) SELECT key FROM keys WHERE key IS NOT NULL
"""
VALUES = """
WITH RECURSIVE seen(value, n) AS (
  (SELECT value, 1 FROM customers_customerattribute
    WHERE sealed IS NULL AND key = %(key)s AND value IS NOT NULL {begin} ORDER BY value LIMIT 1)
  UNION ALL
  SELECT (SELECT value FROM customers_customerattribute
           WHERE sealed IS NULL AND key = %(key)s AND value > seen.value ORDER BY value LIMIT 1),
             n + 1
    FROM seen WHERE value IS NOT NULL AND n < %(most)s
) SELECT value::text FROM seen WHERE value IS NOT NULL
"""
HOLDERS = """
SELECT wanted.value::text, (SELECT count(*) FROM (SELECT FROM customers_customerattribute a
   WHERE a.sealed IS NULL AND a.key = %(key)s AND a.value = wanted.value
     LIMIT %(most)s) AS few) AS holders
  FROM unnest(%(values)s::text[]::jsonb[]) AS wanted(value) ORDER BY holders DESC
"""


def keys() -> tuple[list[str], list[str]]:
    """The attributes that customers have: clear ones, and those that are only there encrypted."""
    found = []
    with connection.cursor() as cursor:
        for partial in ("sealed IS NULL", "digest <> ''"):
            cursor.execute(KEYS.format(partial=partial))
            found.append([key for (key,) in cursor])
    return found[0], [key for key in found[1] if key not in found[0]]


def values(key: str, *, most: int, begin: str = "") -> list:
    """Distinct values, in the order of the index; from a text on, where one is given."""
    with connection.cursor() as cursor:
        sql = VALUES.format(begin="AND value >= to_jsonb(%(begin)s::text)" if begin else "")
        cursor.execute(sql, {"key": key, "most": most, "begin": begin})
        return [json.loads(value) for (value,) in cursor]


def by_holders(key: str, found: list) -> list[tuple[object, int]]:
    """The values with the number of customers who have them, counted up to COUNTED, the commonest
    first."""
    with connection.cursor() as cursor:
        cursor.execute(
            HOLDERS, {"key": key, "most": COUNTED, "values": [json.dumps(value) for value in found]}
        )
        return [(json.loads(value), holders) for value, holders in cursor]


class AttributeKeys(Suggester):
    """The attributes that customers have, with their type and a few values."""

    key, permission = "attribute", "customers.view_segment"

    @classmethod
    def called(cls, value):
        return attribute(value) if attribute(value) != value else ""

    def suggest(self, term, about):
        clear, sealed = keys()
        for key in clear:
            label = attribute(key) if attribute(key) != key else ""
            if (
                not is_personal_key(key)
                and fits(term, key, label)
                and (found := values(key, most=EXAMPLES))
            ):
                yield Suggestion(key, label, self.described(key, found))
        for key in sealed:
            label = attribute(key) if attribute(key) != key else ""
            if fits(term, key, label):
                yield Suggestion(key, label, _("encrypted: compared as a whole only"))

    def described(self, key: str, found: list) -> str:
        told = (
            found
            if self.is_told(0)
            else [value for value, holders in by_holders(key, found) if self.is_told(holders)]
        )
        texts = [
            text
            for value in found
            if value in told and (text := as_text(value)) and not PERSONAL.search(text)
        ]
        return ": ".join(filter(None, [described_type(found[0]), ", ".join(texts)]))


class OwnAttributeKeys(AttributeKeys):
    """Those of them that are ours to write."""

    key = "own_attribute"

    def suggest(self, term, about):
        return (one for one in super().suggest(term, about) if ours.is_ours(one.value))


class AttributeValues(Suggester):
    """The values that customers have of the attribute in question."""

    key, permission = "attribute_value", "customers.view_segment"

    def suggest(self, term, about):
        key = about.get("attribute", "")
        if not key or is_personal_key(key):
            return
        found = values(key, most=LOOKED_AT)
        if term and len(found) == LOOKED_AT:
            found += values(key, most=MOST, begin=term)
        counted = by_holders(
            key, [value for value in found if any(fits(term, text) for text in texts(value))]
        )
        for value, holders in counted:
            for text in texts(value):
                if fits(term, text) and self.is_told(holders):
                    yield Suggestion(text, detail=how_many(holders, COUNTED))


def texts(value) -> list[str]:
    """The single texts of a value: of a list, those of its entries."""
    return [
        text for one in (value if isinstance(value, list) else [value]) if (text := as_text(one))
    ]
