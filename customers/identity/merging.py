"""Two customers turn out to be one, and can be told apart again (decision 4); many pairs at once.

Rows follow by origin (following.py). Merges and undoings are due rows too: a request that resolved
somebody just before may commit just after, so the rows are moved again until no such transaction
can be left (crm_project/db/transactions.py).
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from django.db import connection, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from crm_project.db import transactions
from crm_project.db.sets import among, literal
from crm_project.queue import lanes
from crm_project.queue.due import database_now
from customers.attributes import values
from customers.identity import following
from customers.identity.rows import lock_customers
from customers.models import (
    AttributeChange,
    AuditEntry,
    Consent,
    Customer,
    CustomerTag,
    Erasure,
    Merge,
)
from customers.tags import tagging

SWEEP_SECONDS = 3
LATER = timedelta(seconds=SWEEP_SECONDS)

JOIN = """
UPDATE customers_customer c SET merged_into_id = joined.root
  FROM unnest(%(origins)s::int[], %(roots)s::int[]) AS joined(id, root) WHERE c.id = joined.id
"""
BAR = """
UPDATE customers_customer c SET is_barred = true
  FROM unnest(%(losers)s::int[], %(roots)s::int[]) AS joined(loser, root) JOIN customers_customer l
    ON l.id = joined.loser AND l.is_barred
 WHERE c.id = joined.root AND NOT c.is_barred
"""
# Where both sides of a merge had stated something and it differs, no means no: only stated rows are
# compared (decision 22). The merge's own row is as late as what it answers; whoever says yes after
# that has changed their mind.
STRICTER = """
WITH sides AS MATERIALIZED (
  SELECT s.merge, m.customer_id AS survivor, s.root, m.at, s.is_theirs, s.origin
    FROM unnest(%(merges)s::bigint[], %(roots)s::int[], %(theirs)s::boolean[],
      %(origins)s::int[]) AS s(merge, root, is_theirs, origin)
    JOIN customers_merge m ON m.id = s.merge),
latest AS (
  SELECT DISTINCT ON (s.merge, s.is_theirs, c.channel, c.purpose)
         s.merge, s.survivor, s.root, s.at, s.is_theirs, c.channel, c.purpose, c.is_granted,
           c.occurred_at
    FROM sides s JOIN customers_consent c ON c.customer_id = s.root
      AND c.origin_customer_id = s.origin
   WHERE c.merge_id IS DISTINCT FROM s.merge AND (c.occurred_at <= s.at OR %(is_first)s)
   ORDER BY s.merge, s.is_theirs, c.channel, c.purpose, c.occurred_at DESC, c.id DESC)
INSERT INTO customers_consent (customer_id, origin_customer_id, channel, purpose, is_granted,
  occurred_at, version, proof, merge_id)
SELECT mine.root, mine.survivor, mine.channel, mine.purpose, false, greatest(mine.at,
  mine.occurred_at, theirs.occurred_at), '', 'merge', mine.merge
  FROM latest mine JOIN latest theirs USING (merge, channel, purpose)
 WHERE NOT mine.is_theirs AND theirs.is_theirs AND mine.is_granted <> theirs.is_granted
   AND NOT EXISTS (SELECT FROM customers_consent said WHERE (said.customer_id, said.merge_id,
     said.channel, said.purpose)
                      = (mine.root, mine.merge, mine.channel, mine.purpose))
 ORDER BY 1, 3, 4
"""
# Each merge with its entry in the audit.
WRITE = """
WITH given AS MATERIALIZED (
  SELECT * FROM ROWS FROM (json_to_recordset(%(rows)s::json) AS (survivor int, loser int,
    identity text, moved jsonb))
         WITH ORDINALITY AS g(survivor, loser, identity, moved, n)),
written AS (
  INSERT INTO customers_merge (customer_id, origin_customer_id, identity, moved, by, at, due_at,
    attempts, error)
  SELECT survivor, loser, identity, moved, %(by)s, %(now)s, %(now)s, 0, '' FROM given ORDER BY n
    RETURNING id, origin_customer_id),
noted AS (
  INSERT INTO customers_auditentry (act, subject, details)
  SELECT 'customer.merge', 'customer:' || survivor, jsonb_build_object('loser', loser, 'by',
    %(by)s::text, 'identity', identity)
    FROM given ORDER BY n)
SELECT origin_customer_id, id FROM written
"""
AGAIN = """
UPDATE customers_merge m SET due_at = least(m.due_at, %(now)s), xid = NULL, token = NULL
  FROM customers_customer c WHERE m.origin_customer_id = ANY(%(customers)s::int[])
    AND m.undone_at IS NULL
   AND c.id = m.origin_customer_id AND c.merged_into_id IS NOT NULL AND c.erased_at IS NULL
"""


class CannotUndo(Exception):
    """The merge is undone already, one of the two was erased, or a later merge stands on it."""


class Pair(NamedTuple):
    """`loser` is found to be `survivor`, by this identity."""

    survivor: int
    loser: int
    identity: str = ""


def in_order(one: Customer, other: Customer) -> tuple[Customer, Customer]:
    """(survivor, loser): a known customer before one that is only claimed, then the elder."""
    survivor, loser = sorted(
        (one, other), key=lambda customer: (customer.is_provisional, customer.pk)
    )
    return survivor, loser


def merge(survivor: int, loser: int, *, by: str, identity: str, now: datetime) -> Merge:
    """Everything of `loser` is `survivor`'s; the loser's row stays and says so. Both are locked by
    the caller."""
    return merge_many([Pair(survivor, loser, identity)], by=by, now=now)[0]


def merge_many(pairs: Sequence[Pair], *, by: str, now: datetime) -> list[Merge]:
    """The same for many, in the order of the pairs: a survivor may be the loser of a later one. All
    are locked by the caller."""
    with transaction.atomic():
        merges = planned(pairs, by, now)
        roots = join(merges)
        moved = following.follow([pair.loser for pair in pairs])
        write(merges, moved, by, now)
        come_together(merges, roots, moved, now, is_first=True)
    return merges


def planned(pairs: Sequence[Pair], by: str, now: datetime) -> list[Merge]:
    """One row per pair, with the origins that each side brings to it."""
    sides = following.origins_of({pair.survivor for pair in pairs} | {pair.loser for pair in pairs})
    merges = []
    for survivor, loser, identity in pairs:
        theirs = sides.pop(loser)
        moved = {"origins": theirs, "beside": list(sides[survivor])}
        sides[survivor] += theirs
        merges.append(
            Merge(
                customer_id=survivor,
                origin_customer_id=loser,
                identity=identity,
                by=by,
                at=now,
                due_at=now,
                moved=moved,
            )
        )
    return merges


def join(merges: Sequence[Merge]) -> dict[int, int]:
    """The customers' own rows say who they are now: the root of each origin that was not its own
    root before."""
    roots: dict[int, int] = {}
    for one in reversed(merges):
        into: int = one.customer_id
        root = roots.get(into, into)
        for origin in one.moved["origins"]:
            roots.setdefault(origin, root)
    losers = [one.origin_customer_id for one in merges]
    with connection.cursor() as cursor:
        cursor.execute(JOIN, {"origins": literal(roots), "roots": literal(roots.values())})
        cursor.execute(
            BAR, {"losers": literal(losers), "roots": literal(roots[loser] for loser in losers)}
        )
    return roots


def write(merges: Sequence[Merge], moved: following.Moved, by: str, now: datetime) -> None:
    """The merges are stored, and know what they moved."""
    for one in merges:
        one.moved["rows"] = following.by_origins(moved, one.moved["origins"])
    rows = [
        {
            "survivor": one.customer_id,
            "loser": one.origin_customer_id,
            "identity": one.identity,
            "moved": one.moved,
        }
        for one in merges
    ]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, {"rows": msgspec.json.encode(rows).decode(), "by": by, "now": now})
        numbers = dict(cursor.fetchall())
    for one in merges:
        one.pk = numbers[one.origin_customer_id]
        one._state.adding = False


def undo(merge: Merge, *, by: str, user=None, now: datetime) -> dict[str, int]:
    """What arrived by the loser's origins is the loser's again. Returns the rows moved back per
    table. Raises CannotUndo."""
    with transaction.atomic(), lanes.history():
        merge = Merge.objects.select_for_update().get(pk=merge.pk)
        survivor, loser, origins = (
            merge.customer_id,
            merge.origin_customer_id,
            merge.moved["origins"],
        )
        lock_customers({survivor, *origins})
        check_undo(merge)
        Customer.objects.filter(pk__in=origins).exclude(pk=loser).update(merged_into=loser)
        Customer.objects.filter(pk=loser).update(merged_into=None)
        Merge.objects.filter(pk=merge.pk).update(undone_at=now, due_at=now, xid=None)
        moved = following.follow([survivor])
        Consent.objects.filter(merge=merge).delete()
        come_apart([merge], now)
        AuditEntry.objects.create(
            by=user,
            act="customer.unmerge",
            subject=f"customer:{survivor}",
            details={"loser": loser, "by": by},
        )
    return following.by_origins(moved, origins)


def check_undo(merge: Merge) -> None:
    pair = Customer.objects.filter(pk__in=[merge.customer_id, merge.origin_customer_id])
    if merge.undone_at or pair.exclude(erased_at=None).exists():
        raise CannotUndo(_("This merge is undone already, or one of the two was erased."))
    if pair.filter(pk=merge.customer_id).exclude(merged_into=None).exists():
        raise CannotUndo(_("The one who took them in was merged on: undo that later merge first."))


# -- whoever decided before we did
# ------------------------------------------------------------------------------


def sweep(merges: list[Merge], now: datetime) -> None:
    """Stragglers follow, merged or undone. A merge is finished when nobody can commit any more who
    decided before it was known."""
    ended = transactions.oldest_open()  # before looking: what these wrote is seen below
    lock_customers({pk for one in merges for pk in (one.customer_id, *one.moved["origins"])})
    standing = [one for one in merges if one.undone_at is None]
    undone = [one for one in merges if one.undone_at is not None]
    moved = following.follow(
        {one.origin_customer_id for one in standing} | {one.customer_id for one in undone}
    )
    roots = following.whose(one.origin_customer_id for one in standing)
    merged = [
        one
        for one in standing
        if roots.get(one.origin_customer_id, one.origin_customer_id) != one.origin_customer_id
    ]
    come_together(merged, roots, moved, now, is_first=False)
    if moved:
        come_apart(undone, now)
    put_off(merges, ended, now)


def put_off(merges: list[Merge], ended: int, now: datetime) -> None:
    """Those that are finished are due no more; the others are looked at later, each with the number
    that it waits for."""
    finished = [one.pk for one in merges if one.xid is not None and ended >= one.xid]
    unnoted = [one.pk for one in merges if one.xid is None]
    held = {"token": None, "attempts": 0, "error": ""}
    Merge.objects.filter(among("pk", finished)).update(due_at=None, **held)
    Merge.objects.filter(among("pk", {one.pk for one in merges}.difference(finished))).update(
        due_at=now + LATER, **held
    )
    if unnoted:
        Merge.objects.filter(among("pk", unnoted)).update(xid=transactions.next_number())


def look_again(customers: Collection[int]) -> None:
    """Something was written about these customers; the merges of those who were merged away by then
    are swept once more."""
    if customers:
        with connection.cursor() as cursor:
            cursor.execute(AGAIN, {"customers": literal(customers), "now": database_now()})


# -- what follows from moved rows
# -------------------------------------------------------------------------------


def come_together(
    merges: Sequence[Merge],
    roots: dict[int, int],
    moved: following.Moved,
    now: datetime,
    *,
    is_first: bool,
) -> None:
    """What two said differently is settled, and what is derived from moved rows is right again. May
    be asked again.

    At first, only who brought something can differ; later also the other side may have had a
    straggler.
    """
    if said := [one for one in merges if not is_first or brought(one, moved, Consent)]:
        with connection.cursor() as cursor:
            cursor.execute(STRICTER, {**sides(said, roots), "is_first": is_first})
    if worn := [one for one in merges if not is_first or brought(one, moved, CustomerTag)]:
        tagging.set_aside(sides(worn, roots), now)
    changed = [one for one in merges if brought(one, moved, AttributeChange)]
    values.recompute(
        {pk for one in changed for pk in (one.origin_customer_id, roots[one.origin_customer_id])}
    )
    if merges and (moved or is_first):
        following.moved_to({roots[one.origin_customer_id] for one in merges})


def brought(merge: Merge, moved: following.Moved, model: type[Model]) -> bool:
    rows = moved.get(model._meta.label, ())
    return any(origin in rows for origin in merge.moved["origins"])


def come_apart(merges: Sequence[Merge], now: datetime) -> None:
    """What the merges had settled is as each had it."""
    if not merges:
        return
    tagging.bring_back(merges, now)
    values.recompute({pk for one in merges for pk in (one.customer_id, one.origin_customer_id)})
    following.moved_to({pk for one in merges for pk in (one.customer_id, one.origin_customer_id)})


def sides(merges: Sequence[Merge], roots: dict[int, int]) -> dict[str, str]:
    """Which origins each of these merges brought together, as columns of a statement: one row per
    merge, side and origin."""
    rows = [
        (one.pk, roots[one.origin_customer_id], is_theirs, origin)
        for one in merges
        for is_theirs, origins in (
            (False, one.moved.get("beside", [one.customer_id])),
            (True, one.moved["origins"]),
        )
        for origin in origins
    ]
    return {
        name: literal(row[n] for row in rows)
        for n, name in enumerate(("merges", "roots", "theirs", "origins"))
    }


def stated_consents(*customers: int) -> list[dict[tuple, bool]]:
    """What each of them has stated, (channel, purpose) -> granted; for whoever looks at a merge
    before it is made."""
    found = []
    for customer in customers:
        rows = (
            Consent.objects.filter(customer_id=customer)
            .order_by("channel", "purpose", "-occurred_at", "-pk")
            .distinct("channel", "purpose")
        )
        found.append({(c.channel, c.purpose): c.is_granted for c in rows})
    return found


def forget_transactions(**_restore) -> None:
    """The numbers of transactions were those of the former server: they are noted anew."""
    Merge.objects.filter(due_at__isnull=False).update(xid=None)
    Erasure.objects.filter(due_at__isnull=False).update(xid=None)
