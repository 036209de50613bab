"""The first page: what is going on today, what it earned, and what to do next when nothing is."""

import json
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from campaigns import reports
from campaigns.models import Campaign, Coupon, Journey, Message
from crm_project.admin import waiting
from crm_project.due import database_now
from customers.models import Customer, IdentityConflict, Source, Workspace
from events.models import Order

CHART_MINUTES = 30
REVENUE_DAYS = 30
# Name by name, because the index of events begins with the name; of all names together the table would have to be read.
EVENTS = """
SELECT date_trunc('minute', e.occurred_at), count(*)
  FROM events_eventname n
 CROSS JOIN LATERAL (SELECT occurred_at FROM events_event WHERE NOT odd AND name_id = n.id AND occurred_at >= %s AND occurred_at <= %s) e
 GROUP BY 1
"""


def fill(request, context: dict) -> dict:
    """The admin's index with our figures (UNFOLD["DASHBOARD_CALLBACK"])."""
    now = database_now()
    workspace = Workspace.get()
    today = midnight(now, workspace)
    by_state = messages(today, now)
    context |= {
        "title": _("Dashboard"),
        "now": now,
        "today": today,
        "customers": customers(today),
        "revenue": revenue(today, now),
        "messages_today": by_state,
        "messages_all": sum(n for _name, _label, n in by_state),
        "coupons": reports.coupon_counts(today, now),
        "orders": orders(today),
        "marketing": marketing(),
        "health": waiting.health(now),
        "todo": todo(workspace),
        **events(today, now),
    }
    context["coupons_issued"] = sum(n for state, n in context["coupons"].items() if state in Coupon.State.values)
    context["is_empty"] = not context["customers"]["all"]
    return context


def midnight(now: datetime, workspace: Workspace) -> datetime:
    """When today began in the workspace's zone."""
    zone = ZoneInfo(workspace.time_zone)
    return datetime.combine(now.astimezone(zone).date(), time.min, zone)


def customers(today: datetime) -> dict:
    return Customer.objects.alive().aggregate(all=Count("pk"), new=Count("pk", filter=Q(first_seen_at__gte=today)))


def orders(today: datetime) -> int:
    return Order.objects.filter(paid_at__gte=today).count()


def revenue(today: datetime, now: datetime) -> dict:
    month = today - timedelta(days=REVENUE_DAYS - 1)
    return {
        "today": reports.attributed_net_fen(today, now),
        "month": reports.attributed_net_fen(month, now),
        "since_today": today.isoformat(),
        "since_month": month.isoformat(),
        "until": now.isoformat(),
    }


def messages(today: datetime, now: datetime) -> list[tuple[str, str, int]]:
    counts = reports.messages_by_state(today, now)
    return [(name, label, counts[name]) for name, label in Message.State.choices]


def marketing() -> dict:
    journeys = Journey.objects.aggregate(live=Count("pk", filter=Q(status=Journey.Status.LIVE)), all=Count("pk"))
    under_way = [Campaign.Status.SCHEDULED, Campaign.Status.SENDING]
    return {"journeys": journeys, "campaigns": Campaign.objects.filter(status__in=under_way).count()}


def events(today: datetime, now: datetime) -> dict:
    first = now.replace(second=0, microsecond=0) - timedelta(minutes=CHART_MINUTES - 1)
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, [min(today, first), now])
        counts = dict(cursor.fetchall())
    minutes = [first + timedelta(minutes=n) for n in range(CHART_MINUTES)]
    return {
        "events_today": sum(n for minute, n in counts.items() if minute >= today),
        "chart": json.dumps(
            {
                "labels": [minute.astimezone(today.tzinfo).strftime("%H:%M") for minute in minutes],
                "datasets": [
                    {
                        "label": _("Events"),
                        "data": [counts.get(minute, 0) for minute in minutes],
                        "borderColor": "var(--color-primary-500)",
                        "backgroundColor": "var(--color-primary-500)",
                        "borderWidth": 2,
                        "tension": 0.3,
                    }
                ],
            }
        ),
        "has_recent": any(minute >= first for minute in counts),
    }


def todo(workspace: Workspace) -> dict:
    """What waits for a person."""
    return {
        "has_source": Source.objects.others().exists(),
        "conflicts": IdentityConflict.objects.filter(settled_at=None)[:100].count(),
        "sending_paused": workspace.sending_paused,
    }
