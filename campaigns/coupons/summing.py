"""What coupons of a time came to, by batch, by what gave them, by store: the three add up to the
same."""

from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection

from campaigns.coupons.standing import LINES
from customers.segments.preview import SECONDS, at_most

HAND, SHARED = "hand", "shared"
OWED = [*LINES["open"][1], *LINES["pending"][1]]
OVER = [*LINES["expired"][1], *LINES["revoked"][1], *LINES["void"][1]]
BY = {
    "batch": "c.batch_id::text",
    "origin": f"""CASE WHEN c.effect_key LIKE 'shared:%%' THEN '{SHARED}'
      WHEN c.issued_by LIKE 'user:%%' THEN '{HAND}' ELSE c.issued_by END""",
    "store": "coalesce(o.store_id::text, CASE WHEN c.state = 'redeemed' THEN '' ELSE '-' END)",
}
SUMS = """
SELECT {key}, count(*), count(*) FILTER (WHERE c.state = ANY(%(owed)s)),
       coalesce(sum(c.promised_fen) FILTER (WHERE c.state = ANY(%(owed)s)), 0)::bigint,
       count(*) FILTER (WHERE c.state = 'redeemed'),
       coalesce(sum(c.discount_fen) FILTER (WHERE c.state = 'redeemed'), 0)::bigint,
       coalesce(sum(greatest(c.promised_fen - c.discount_fen, 0))
         FILTER (WHERE c.state = 'redeemed'), 0)::bigint,
       count(*) FILTER (WHERE c.state = ANY(%(over)s))
  FROM campaigns_coupon c {orders}
 WHERE c.issued_at >= %(since)s AND c.state <> 'withdrawn' GROUP BY 1
"""
ORDERS = """
  JOIN campaigns_couponbatch b ON b.id = c.batch_id
  LEFT JOIN events_order o ON c.state = 'redeemed' AND o.namespace_id = b.namespace_id
    AND o.number = c.order_number
"""


@dataclass(slots=True)
class Came:
    """Of some coupons. `owed_fen`: what the open ones promise; `short_fen`: what the redeemed ones
    promised beyond the discount that was given."""

    n: int = 0
    owed: int = 0
    owed_fen: int = 0
    redeemed: int = 0
    discount_fen: int = 0
    short_fen: int = 0
    over: int = 0

    def __add__(self, other: "Came") -> "Came":
        return Came(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def by(what: str, since: datetime) -> dict[str, Came] | None:
    """By key, the most coupons first: a batch's id; "campaign:7", "journey:3", HAND, SHARED or who
    else; a store's id, "" where the order's store is not known, "-" of what was not redeemed. None
    where that takes longer than a page waits."""
    sql = SUMS.format(key=BY[what], orders=ORDERS if what == "store" else "")
    try:
        with at_most(SECONDS), connection.cursor() as cursor:
            cursor.execute(sql, {"since": since, "owed": OWED, "over": OVER})
            found = {key: Came(*sums) for key, *sums in cursor}
    except OperationalError:
        return None
    return dict(sorted(found.items(), key=lambda pair: (-pair[1].n, pair[0])))
