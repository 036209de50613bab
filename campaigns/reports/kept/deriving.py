"""Figures of a subject's month are worked out anew from all of its rows, when something of it
changed.

How often follows what it costs: one that took a second rests for twenty. Figures of months whose
messages are not kept any more stay as they were.
"""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from campaigns.models import ArmFigure, Campaign, ReportState, SendingFigure
from campaigns.reports.kept import marks, statements
from campaigns.reports.kept.windows import WORKSPACE, number_of, report_of, window_of
from campaigns.reports.results import settings_mark, touch_values, zone
from customers.models import Workspace
from events.insights.figures import frozen
from events.models import Product

BUDGET_SECONDS = 5.0
REST = timedelta(seconds=5)  # at least, between two times of one subject
REST_OF_ALL = timedelta(minutes=30)  # of all marketing together: it looks at every customer
TIMES_LONGER = 20
COLUMNS = {"campaign": "campaign_id", "journey": "journey_id"}


def keep(now: datetime) -> int:
    """What changed is gathered, and what is due is worked out, for a few seconds. How many."""
    while marks.gather(now) == marks.AT_ONCE:
        pass
    ReportState.objects.filter(stale_at=None).exclude(settings=settings_mark()).update(
        stale_at=now, due_at=now
    )
    until, done = time.monotonic() + BUDGET_SECONDS, 0
    while time.monotonic() < until and derive_next(now):
        done += 1
    return done


def derive_next(now: datetime) -> bool:
    """The figures that were due first are right. False where none were."""
    due = ReportState.objects.filter(stale_at__isnull=False, due_at__lte=now).order_by("due_at")
    state = due.first()
    if state is None:
        return False
    derive(state, now)
    return True


@transaction.atomic
def derive(state: ReportState, now: datetime) -> None:
    """The state's figures are what its rows say."""
    began = time.monotonic()
    since, until = bounds(state)
    if since >= frozen("messages"):
        work_out(state, since, until)
    took = time.monotonic() - began
    rest = REST_OF_ALL if state.subject == WORKSPACE else REST
    ReportState.objects.filter(pk=state.pk).update(
        stale_at=None,
        derived_at=now,
        due_at=now + max(rest, timedelta(seconds=took * TIMES_LONGER)),
        took_ms=round(took * 1000),
        settings=settings_mark(),
    )


def work_out(state: ReportState, since: datetime, until: datetime) -> None:
    values = values_of(state, since, until)
    by_product = Product.objects.filter(margin_percent__isnull=False).exists()
    gain = statements.GAIN_BY_PRODUCT if by_product else statements.GAIN
    is_base = report_of(state.subject) == state.subject
    ArmFigure.objects.filter(subject=state.subject, month=state.month).delete()
    with connection.cursor() as cursor:
        if state.subject == WORKSPACE:
            cursor.execute(statements.ALL_MARKETING.format(gain=gain), values)
            return
        cursor.execute(statements.ARMS.format(gain=gain), values)
        if values["product"] or values["category"]:
            cursor.execute(statements.ITEM, values)
        cursor.execute(statements.COUPONS, values)
        column = COLUMNS.get(state.subject.partition(":")[0])
        if is_base and column:
            SendingFigure.objects.filter(of=state.subject, month=state.month).delete()
            cursor.execute(statements.SENDING.format(gain=gain, column=column), values)


def values_of(state: ReportState, since: datetime, until: datetime) -> dict:
    workspace, report = Workspace.get(), report_of(state.subject)
    is_journey = report == state.subject and report.startswith("journey:")
    return {
        **item_of(report),
        "of": report,
        "subject": state.subject,
        "month": state.month,
        "since": since,
        "until": until,
        "window": window_of(state.subject),
        "number": number_of(state.subject),
        "journey": number_of(state.subject) if is_journey else None,
        "margin": workspace.margin_percent,
        "salt": workspace.holdout_salt,
        "percent": workspace.holdout_percent,
        "zone": str(zone()),
        **touch_values(),
    }


def item_of(report: str) -> dict:
    """What the campaign is to sell."""
    of = Campaign.objects.filter(pk=number_of(report)) if report.startswith("campaign:") else ()
    one = next(iter(of and of.select_related("goal_product")), None)
    product = one and one.goal_product
    return {
        "product": product and product.product_id,
        "namespace": product and product.namespace_id,
        "category": one.goal_category if one and not product else "",
    }


def bounds(state: ReportState) -> tuple[datetime, datetime]:
    """Months are UTC's, where they only divide the work; of all marketing, the workspace's."""
    of = zone() if state.subject == WORKSPACE else UTC
    return begin_of(state.month, of), begin_of(next_month(state.month), of)


def begin_of(month: date, of) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=of if isinstance(of, ZoneInfo) else UTC)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
