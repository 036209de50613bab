"""Putting tags on and taking them off, a set at a time; each change is in the history (semantics 9,
decision 4).

What is said here once: a tag put on again has the new term; of a group of which one is carried at a
time the last one put on stays; a tag whose term is over counts no more from that moment, and is
taken away soon after.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from crm_project.db.sets import literal
from customers.identity import following
from customers.models import CustomerTag, Merge, Tag

AT_ONCE = 10_000
NOTE = (
    "INSERT INTO customers_tagchange (customer_id, origin_customer_id, tag_id, is_on, at, by, why,"
    " expires_at) "
)
PUT = """
WITH whom AS (SELECT DISTINCT w.tag, c.id AS customer FROM ({wanted}) AS w(tag, customer)
  JOIN customers_customer o ON o.id = w.customer
               JOIN customers_customer c ON c.id = coalesce(o.merged_into_id, o.id)
                 WHERE c.erased_at IS NULL),
 renewed AS (
   UPDATE customers_customertag worn SET expires_at = %(until)s, by = %(by)s
     FROM (SELECT o.id FROM customers_customertag o JOIN whom ON (o.tag_id,
       o.customer_id) = (whom.tag, whom.customer)
            WHERE (o.expires_at IS NULL OR o.expires_at > %(now)s) AND o.expires_at IS DISTINCT
              FROM %(until)s::timestamptz
            ORDER BY o.customer_id, o.id FOR UPDATE OF o) chosen
    WHERE worn.id = chosen.id RETURNING worn.customer_id, worn.origin_customer_id, worn.tag_id),
 put AS (
   INSERT INTO customers_customertag AS worn (customer_id, origin_customer_id, tag_id, since,
     expires_at, by)
   SELECT customer, customer, tag, %(now)s, %(until)s, %(by)s FROM whom
    WHERE NOT EXISTS (SELECT FROM customers_customertag o WHERE (o.tag_id,
      o.customer_id) = (whom.tag, whom.customer)
                         AND (o.expires_at IS NULL OR o.expires_at > %(now)s))
    ORDER BY customer, tag
   ON CONFLICT (origin_customer_id, tag_id) DO UPDATE
      SET since = excluded.since, expires_at = excluded.expires_at, by = excluded.by,
        merge_id = NULL, expired_before = NULL
    WHERE worn.expires_at <= %(now)s
   RETURNING worn.customer_id, worn.origin_customer_id, worn.tag_id)
{note} SELECT customer_id, origin_customer_id, tag_id, true, %(now)s, %(by)s, %(why)s, %(until)s
  FROM (SELECT * FROM renewed UNION ALL SELECT * FROM put) AS changed
"""
TAKE = """
WITH chosen AS (SELECT o.id FROM customers_customertag o WHERE {which} ORDER BY o.customer_id,
  o.id FOR UPDATE),
 off AS (DELETE FROM customers_customertag o USING chosen WHERE o.id = chosen.id
         RETURNING o.customer_id, o.origin_customer_id, o.tag_id, o.expires_at)
{note} SELECT customer_id, origin_customer_id, tag_id, false, {at}, %(by)s, %(why)s, NULL FROM off
"""
# Of the tags of one group that came together by a merge the one put on last stays. Which merge
# brought the two together is asked of the few that are set aside: the first whose sides hold the
# origins of both.
SET_ASIDE = """
WITH together AS MATERIALIZED (
  SELECT * FROM unnest(%(merges)s::bigint[], %(roots)s::int[], %(origins)s::int[]) AS t(merge,
    root, origin)),
 carried AS (
   SELECT o.id, o.tag_id, o.customer_id, o.origin_customer_id,
     first_value(o.tag_id) OVER latest AS stays,
          first_value(o.origin_customer_id) OVER latest AS beside
     FROM customers_customertag o JOIN customers_tag t ON t.id = o.tag_id JOIN customers_taggroup g
       ON g.id = t.group_id AND g.is_exclusive
    WHERE o.customer_id IN (SELECT root FROM together) AND (o.expires_at IS NULL
      OR o.expires_at > %(now)s)
   WINDOW latest AS (PARTITION BY o.customer_id, t.group_id ORDER BY o.since DESC, o.id DESC)),
 beaten AS (
   SELECT id, coalesce((SELECT min(one.merge) FROM together one JOIN together other USING (merge)
                         WHERE one.origin = carried.origin_customer_id
                           AND other.origin = carried.beside),
                       (SELECT max(merge) FROM together WHERE root = carried.customer_id)) AS merge
     FROM carried WHERE tag_id <> stays),
 aside AS (
   UPDATE customers_customertag o SET expired_before = o.expires_at, expires_at = %(now)s,
     merge_id = beaten.merge
     FROM beaten WHERE beaten.id = o.id RETURNING o.customer_id, o.origin_customer_id, o.tag_id,
       o.merge_id)
{note} SELECT customer_id, origin_customer_id, tag_id, false, %(now)s, 'merge:' || merge_id, '',
  NULL FROM aside
"""
# What merges that stand no more have set aside; of what is carried one at a time the last put on,
# where none is carried.
BRING_BACK = """
WITH alone AS (
   SELECT DISTINCT ON (o.customer_id, CASE WHEN g.is_exclusive THEN g.id ELSE -o.id END) o.id
     FROM customers_customertag o JOIN customers_tag t ON t.id = o.tag_id LEFT
       JOIN customers_taggroup g ON g.id = t.group_id
    WHERE o.merge_id IS NOT NULL AND o.customer_id = ANY(%(customers)s::int[])
      AND (o.origin_customer_id = ANY(%(origins)s::int[]) OR o.merge_id IN (SELECT id
        FROM customers_merge WHERE undone_at IS NOT NULL))
      AND NOT (coalesce(g.is_exclusive, false) AND EXISTS (
            SELECT FROM customers_customertag c JOIN customers_tag ct ON ct.id = c.tag_id
             WHERE c.customer_id = o.customer_id AND ct.group_id = t.group_id AND ct.id <> t.id
               AND (c.expires_at IS NULL OR c.expires_at > %(now)s)))
    ORDER BY o.customer_id, CASE WHEN g.is_exclusive THEN g.id ELSE -o.id END, o.since DESC,
      o.id DESC),
 back AS (
   UPDATE customers_customertag o SET expires_at = expired_before, expired_before = NULL,
     merge_id = NULL
     FROM alone WHERE alone.id = o.id RETURNING o.customer_id, o.origin_customer_id, o.tag_id,
       o.expires_at)
{note} SELECT customer_id, origin_customer_id, tag_id, true, %(now)s, %(by)s, '', expires_at
  FROM back
"""


MANY = "customers.tag_many"  # the right to tag many at once


class CannotTag(Exception):
    """In words for whoever wanted it."""


def term(tag: Tag, now: datetime) -> datetime | None:
    """Until when the tag lasts that is put on now and of which nothing else is said."""
    return now + timedelta(days=tag.lasts_days) if tag.lasts_days else None


def put_on(
    tag: Tag,
    customers: Iterable[int],
    *,
    by: str,
    why: str = "",
    until: datetime | None = None,
    now: datetime,
) -> int:
    """These customers, or who took them in, carry the tag, until then. How many did not, or for
    another term. Raises CannotTag."""
    refuse_by_rule(tag)
    if until is not None and until <= now:
        raise CannotTag(_("This moment is over already."))
    with transaction.atomic():
        ids = sorted(set(following.whose(customers).values()))
        if tag.group and tag.group.is_exclusive:
            lock(ids)
            others = (
                Tag.objects.filter(group=tag.group).exclude(pk=tag.pk).values_list("pk", flat=True)
            )
            which = (
                "o.tag_id = ANY(%(others)s::int[]) AND o.customer_id = ANY(%(ids)s::int[]) AND"
                " o.merge_id IS NULL"
            )
            take(
                which,
                {"others": literal(others), "ids": literal(ids)},
                by=by,
                why=tag.name,
                now=now,
            )
        wanted = "SELECT %(tag)s, unnest(%(ids)s::int[])"
        return put(
            wanted, {"tag": tag.pk, "ids": literal(ids)}, by=by, why=why, until=until, now=now
        )


def take_off(tag: Tag, customers: Iterable[int], *, by: str, why: str = "", now: datetime) -> int:
    """These customers do not carry the tag any more. How many did. Raises CannotTag."""
    refuse_by_rule(tag)
    which = (
        "o.tag_id = %(tag)s AND o.customer_id = ANY(%(ids)s::int[]) AND (o.expires_at IS NULL OR"
        " o.expires_at > %(now)s)"
    )
    with transaction.atomic():
        ids = sorted(set(following.whose(customers).values()))
        return take(which, {"tag": tag.pk, "ids": literal(ids)}, by=by, why=why, now=now)


def refuse_by_rule(tag: Tag) -> None:
    if tag.segment_id:
        raise CannotTag(
            _("“%(tag)s” is given by a rule: who is in the segment “%(segment)s” carries it.")
            % {
                "tag": tag,
                "segment": tag.segment,
            }
        )


def lock(customers: list[int]) -> None:
    """Nobody else puts tags of a group of which one is carried at a time on them meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM customers_customer WHERE id = ANY(%s::int[]) ORDER BY id FOR NO KEY"
            " UPDATE",
            [literal(customers)],
        )


def put(
    wanted: str, params: dict, *, by: str, why: str, until: datetime | None, now: datetime
) -> int:
    """`wanted`: the pairs (tag, customer), each once."""
    return written(
        PUT.format(wanted=wanted, note=NOTE),
        {**params, "by": by, "why": why[:200], "until": until, "now": now},
    )


def take(which: str, params: dict, *, by: str, why: str, now: datetime, at: str = "%(now)s") -> int:
    """`which`: of the rows `o`."""
    return written(
        TAKE.format(which=which, note=NOTE, at=at),
        {**params, "by": by, "why": why[:200], "now": now},
    )


def written(sql: str, params: dict) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def expire(now: datetime) -> int:
    """Tags whose term is over are taken away, and the history says when it was. The number of
    rows."""
    total = 0
    # A merge's are kept: they come back when it is undone.
    some = (
        "o.id IN (SELECT id FROM customers_customertag WHERE expires_at <= %(now)s AND merge_id IS"
        " NULL ORDER BY expires_at LIMIT %(most)s)"
    )
    while taken := take(some, {"most": AT_ONCE}, by="expiry", why="", now=now, at="expires_at"):
        total += taken
    return total


def set_aside(sides: dict[str, str], now: datetime) -> None:
    """Whoever merges brought together (merging.sides) carries one tag of each group of which one is
    carried at a time."""
    written(SET_ASIDE.format(note=NOTE), {**sides, "now": now})


def bring_back(merges: Iterable[Merge], now: datetime) -> None:
    """What these merges, which are undone, had set aside is carried as before."""
    for merge in merges:
        both = [merge.customer_id, merge.origin_customer_id]
        params = {
            "customers": both,
            "origins": merge.moved["origins"],
            "now": now,
            "by": f"merge:{merge.pk}",
        }
        written(BRING_BACK.format(note=NOTE), params)


def carried(customer, now: datetime) -> list[CustomerTag]:
    """The tags of one customer, each once, in the order of their groups."""
    rows = (
        CustomerTag.objects.filter(customer=customer)
        .valid(now)
        .select_related("tag__group", "tag__segment")
    )
    by_tag = {row.tag_id: row for row in rows.order_by("tag__group__name", "tag__name", "-since")}
    return list(by_tag.values())
