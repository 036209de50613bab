"""The calendar: what all marketing together did, month by month, by the workspace's holdout."""

from datetime import datetime

from django.db.models import Sum

from campaigns.models import ArmFigure, SendingFigure
from campaigns.reports import shown
from campaigns.reports.arithmetic.intervals import difference_of_means
from campaigns.reports.arithmetic.verdicts import FEWEST_CONVERSIONS
from campaigns.reports.kept.deriving import next_month
from campaigns.reports.kept.windows import WORKSPACE
from campaigns.reports.reading import COUNTED, OF_ALL, People
from campaigns.reports.sentences import yuan
from crm_project.db.clock import today
from customers.segments import rights

SHOWN = 12


def months(now: datetime) -> list[dict]:
    """The newest first. A month is told of once it is over and each group has bought enough."""
    found: dict = {}
    for row in ArmFigure.objects.filter(of=WORKSPACE).order_by("-month")[: 2 * SHOWN]:
        arm = People(*(getattr(row, name) for name in COUNTED), row.last_at)
        found.setdefault(row.month, {})[row.arm == OF_ALL] = arm
    by_month = SendingFigure.objects.filter(state="sent").values("month")
    sent = {
        row["month"]: row
        for row in by_month.annotate(total=Sum("n"), net=Sum("net_fen"), paid=Sum("cost"))
    }
    return [one(month, arms, sent.get(month, {})) for month, arms in list(found.items())[:SHOWN]]


def one(month, arms: dict[bool, People], sent: dict) -> dict:
    treated, held = arms.get(False, People()), arms.get(True, People())
    difference = difference_of_means(treated.by_net, held.by_net)
    tells = shown.tells(treated) and shown.tells(held)
    enough = min(treated.converted, held.converted) >= FEWEST_CONVERSIONS
    is_over = today() >= next_month(month)
    total = difference.times(treated.people) if difference and tells else None
    return {
        "month": month,
        "sent": rights.numbered(sent.get("total") or 0),
        "attributed": yuan(sent.get("net") or 0),
        "cost": yuan((sent.get("paid") or 0) / 100),
        "treated": rights.numbered(treated.people),
        "held_out": rights.numbered(held.people),
        "incremental": shown.spread(total),
        "is_sure": bool(total and enough and is_over and (total.low > 0 or total.high < 0)),
        "is_over": is_over,
    }
