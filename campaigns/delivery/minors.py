"""Who is under 18, by a birthday that we know or by a mark: no campaign and no journey sends them
marketing (未成年人网络保护条例)."""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from pyroaring import BitMap

from customers.models import Workspace
from customers.segments.conditions.base import asked

OF_AGE = 18
BIRTHDAY, MARK = "birthday", "minor"  # attributes
# A text that begins with a day; of the mark every way in which senders say yes.
MINORS = """
SELECT customer_id FROM customers_customerattribute
 WHERE sealed IS NULL AND (
   key = %(birthday)s AND jsonb_typeof(value) = 'string'
     AND value #>> '{}' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}'
     AND left(value #>> '{}', 10) COLLATE "C" > %(last)s
   OR key = %(mark)s AND lower(value #>> '{}') IN ('true', '1', 'yes', '是')) {among}
"""


def minors(among: BitMap, now: datetime) -> BitMap:
    """Whoever was born less than 18 years ago; on their eighteenth birthday they are of age."""
    today = now.astimezone(ZoneInfo(Workspace.get().time_zone)).date()
    last = f"{today.year - OF_AGE:04}{today:-%m-%d}"
    params = {"birthday": BIRTHDAY, "mark": MARK, "last": last}
    return asked(MINORS, params, among=among)


def of(customers: Collection[int], now: datetime) -> set[int]:
    return set(minors(BitMap(customers), now)) if customers else set()
