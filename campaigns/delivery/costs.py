"""What a message costs: its parts at the price of the moment at which it left, in 1/100 fen,
corrected once the vendor has counted the parts."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection as database
from django.db.models import Sum
from django.utils.translation import gettext_lazy

from campaigns.models import Message, Price
from crm_project.bounds import whole_in

# What is paid for beside channels: a phone number that a platform tells at a log-in.
PHONE, PHONE_LABEL = "phone_number", gettext_lazy("phone number told at a log-in")
MOST_PARTS = 100  # of one message
CORRECT = """
UPDATE campaigns_message m SET cost = m.cost / m.parts * u.parts, parts = u.parts
  FROM unnest(%s::bigint[], %s::smallint[]) AS u (id, parts)
 WHERE m.id = u.id AND m.parts <> u.parts AND m.sent_at IS NOT NULL
"""


class Prices:
    """Of one channel, as they are at one moment."""

    def __init__(self, channel: str, now: datetime):
        rows = Price.objects.filter(channel=channel, since__lte=now).order_by("since", "pk")
        found = rows.values_list("connection", "kind", "price")
        self.by_kind = {(through, kind): price for through, kind, price in found}  # the newest

    def of(self, connection_id: int | None, kind: str) -> int | None:
        """That of the connection before that of all, that of the kind before that of any. None
        where nobody has set one."""
        for key in ((connection_id, kind), (connection_id, ""), (None, kind), (None, "")):
            if key in self.by_kind:
                return self.by_kind[key]
        return None


def charge(message: Message, *, parts: int, price: int | None) -> None:
    message.parts = parts
    message.cost = None if price is None else price * parts


def recount(message: Message, parts: int | None) -> None:
    """The vendor has counted its parts."""
    if parts and message.parts and parts != message.parts:
        price = None if message.cost is None else message.cost // message.parts
        charge(message, parts=parts, price=price)


def counted(detail) -> int | None:
    """The number of parts that a receipt names, where it does."""
    parts = whole_in(detail.get("parts"))
    return parts if parts is not None and 0 < parts <= MOST_PARTS else None


def correct(parts: Collection[tuple[int, int]]) -> None:
    """(message, parts) as vendors have counted them since."""
    if parts:
        rows = sorted(set(parts))
        with database.cursor() as cursor:
            cursor.execute(CORRECT, [[pk for pk, _n in rows], [n for _pk, n in rows]])


def of_campaign(campaign_id: int) -> str:
    """What its messages cost so far; "" where no price was set."""
    sent = Message.objects.filter(campaign_id=campaign_id)
    return yuan(sent.aggregate(total=Sum("cost"))["total"])


def yuan(cost: int | None) -> str:
    """ "¥0.045"; "" where it is not known."""
    return "" if cost is None else f"¥{cost / 10_000:.4f}".rstrip("0").rstrip(".")
