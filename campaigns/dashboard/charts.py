"""Bars of thirty days, of thirty minutes, and the funnel; each leads to the rows it counts."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.dashboard.period import Period, change, during, page
from campaigns.models import Coupon, Message
from crm_project.templatetags.hutong import yuan
from customers.segments import rights
from events.insights import activity, figures
from events.models import EventName, Figure, Reach, Stage

MINUTES = 30


def minutes(now: datetime, period: Period) -> dict:
    first = now.replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)
    found = dict(Figure.objects.filter(name="event_minute", at__gte=first).values_list("at", "n"))
    moments = [first + timedelta(minutes=n) for n in range(MINUTES)]
    bars = [
        {
            "label": f"{moment.astimezone(period.zone):%H:%M}",
            "n": found.get(moment, 0),
            "text": f"{found.get(moment, 0):,}",
        }
        for moment in moments
    ]
    # The minute that goes on is not over.
    return chart(
        "minutes",
        _("Events per minute"),
        bars,
        sum(found.values()),
        page("events_event", **during("occurred_at", period.today, period.today)),
        last=bars[-2]["text"],
    )


def charts(user, period: Period) -> list[dict | None]:
    span = [period.span.first, period.span.last]
    made = []
    if user.has_perm("events.view_order"):
        bars = daily(
            period,
            lambda day: period.fen("order_net", day),
            "events_order",
            "paid_at",
            text=yuan,
            upper=lambda day: period.fen("order_refunded", day),
        )
        found = [
            (_("orders"), f"{period.n('order'):,}"),
            (_("gross"), yuan(period.fen("order"))),
            (_("refunded"), yuan(period.fen("order_refunded"))),
        ]
        made.append(
            chart(
                "revenue",
                _("Net revenue"),
                bars,
                period.fen("order_net"),
                page("events_order", **during("paid_at", *span)),
                last=yuan(period.fen("order_net")),
                found=found,
                before=(period.fen_before("order_net"), yuan),
            )
        )
        bars = daily(period, lambda day: period.n("order", day), "events_order", "paid_at")
        made.append(
            chart(
                "orders",
                _("Paid orders"),
                bars,
                period.n("order"),
                page("events_order", **during("paid_at", *span)),
                before=(period.n_before("order"), "{:,}".format),
            )
        )
    if user.has_perm("customers.view_customer"):
        bars = daily(
            period, lambda day: period.n("customer", day), "customers_customer", "first_seen_at"
        )
        made.append(
            chart(
                "new",
                _("New customers"),
                bars,
                period.n("customer"),
                page("customers_customer", **during("first_seen_at", *span)),
                before=(period.n_before("customer"), "{:,}".format),
            )
        )
    if user.has_perm("events.view_event") and period.is_usual:
        bars = daily(
            period,
            period.people.active,
            "events_event",
            "occurred_at",
            text=rights.numbered,
        )
        for bar in bars:
            bar["n"] = rights.figure(bar["n"])[0] or 0
        value, text = rights.figure(period.people.active_lately)
        made.append(
            chart(
                "active",
                _("Active customers"),
                bars,
                value,
                page("events_event", **during("occurred_at", *span)),
                last=text,
            )
        )
    if user.has_perm("campaigns.view_message"):
        bars = daily(
            period,
            lambda day: period.n("message:sent", day),
            "campaigns_message",
            "created_at",
            query={"state__exact": "sent"},
        )
        found = [
            (str(label), f"{period.n(f'message:{name}'):,}")
            for name, label in Message.State.choices
            if name in ("skipped", "failed") and period.n(f"message:{name}")
        ]
        found.append((_("attributed net"), yuan(period.fen("attributed"))))
        made.append(
            chart(
                "messages",
                _("Messages sent"),
                bars,
                period.n("message:sent"),
                page("campaigns_message", state__exact="sent", **during("created_at", *span)),
                found=found,
                before=(period.n_before("message:sent"), "{:,}".format),
            )
        )
    if user.has_perm("campaigns.view_coupon"):
        bars = daily(period, period.issued, "campaigns_coupon", "issued_at")
        found = [
            (str(Coupon.State.REDEEMED.label), f"{period.n('coupon:redeemed'):,}"),
            (_("cost"), yuan(period.fen("coupon:redeemed"))),
        ]
        made.append(
            chart(
                "coupons",
                _("Coupons issued"),
                bars,
                period.issued(),
                page("campaigns_coupon", **during("issued_at", *span)),
                found=found,
                before=(period.issued_before(), "{:,}".format),
            )
        )
    return made


def daily(
    period: Period, value, name: str, field: str, *, text="{:,}".format, upper=None, query=None
) -> list[dict]:
    """A bar per day, leading to its rows."""
    bars = []
    for day in period.days:
        more = upper(day) if upper else 0
        said = f"{text(value(day))} (+ {text(more)} {_('refunded')})" if more else text(value(day))
        bars.append(
            {
                "label": date_format(day, "MONTH_DAY_FORMAT"),
                "n": value(day),
                "upper": more,
                "text": said,
                "url": page(name, **(query or {}), **during(field, day, day)),
            }
        )
    return bars


def chart(
    key: str,
    title: str,
    bars: list[dict],
    total: int,
    url: str,
    *,
    last: str = "",
    found: list[tuple[str, str]] = (),
    before: tuple[int, Callable] | None = None,
) -> dict:
    """Bars in hundredths of the highest. `before` is the total of the days before, and how it is
    written."""
    highest = max((bar["n"] + bar.get("upper", 0) for bar in bars), default=0) or 1
    for place, bar in enumerate(bars):
        bar |= {
            "x": place * 10,
            "height": round(100 * bar["n"] / highest, 2),
            "more": round(100 * bar.get("upper", 0) / highest, 2),
        }
        bar |= {
            "y": round(100 - bar["height"], 2),
            "top": round(100 - bar["height"] - bar["more"], 2),
        }
    top = max(bars, key=lambda bar: bar["n"], default=None)
    return {
        "key": key,
        "title": title,
        "bars": bars,
        "width": 10 * len(bars),
        "total": total,
        "shown": last or f"{total:,}",
        "top": top,
        "end": bars[-1] if bars else None,
        "url": url,
        "found": found,
        "before": before and {"text": before[1](before[0]), "change": change(total, before[0])},
    }


def funnel(period: Period) -> list[dict]:
    """Customers who did a step and all before it, in thirty days."""
    words = {
        "viewed": _("viewed a product"),
        "carted": _("put one into the cart"),
        "ordered": _("ordered"),
    }
    sizes = dict(Reach.objects.filter(step__in=words).values_list("step", "size"))
    names = dict(
        EventName.objects.filter(
            name__in=[names[0] for names in activity.FUNNEL.values()]
        ).values_list("name", "pk")
    )
    first = sizes.get("viewed", 0)
    found, before = [], 0
    for step, (name, *_others) in activity.FUNNEL.items():
        size = sizes.get(step, 0)
        url = (
            page(
                "events_event",
                name=names[name],
                **during("occurred_at", period.days[0], period.today),
            )
            if name in names
            else ""
        )
        is_told = not rights.is_untold(size)
        value, text = rights.figure(size)
        found.append(
            {
                "step": step,
                "label": words[step],
                "size": value,
                "text": text,
                "width": round(100 * size / first, 2) if first and is_told else 0,
                "share": f"{100 * size / before:.1f}%" if before and is_told else "",
                "url": url,
            }
        )
        before = size
    return found if first else []


def stages(period: Period) -> list[dict]:
    """How many customers stand at each stage of life, and how many came to it in thirty days."""
    standing = figures.totals([*(f"stage:{stage}" for stage in Stage.values), "customer"])
    standing["stage:prospect"] = max(
        standing["customer"] - sum(standing[f"stage:{stage}"] for stage in Stage.values), 0
    )
    most = max(standing[f"stage:{stage}"] for stage in Stage.values) or 1
    found = []
    for stage, label in Stage.choices:
        size = standing[f"stage:{stage}"]
        row = {
            "step": stage,
            "label": label,
            "size": size,
            "width": round(100 * size / most, 2),
            "came": period.n(f"moved:{stage}"),
        }
        found.append(row | {"url": page("events_customervalue", stage=stage)})
    return found
