"""The figures of today."""

from django.utils.translation import gettext as _

from campaigns.dashboard.period import Period, during, page
from campaigns.models import Campaign, Journey, Message
from crm_project.templatetags.hutong import yuan
from customers.segments import rights


def tiles(period: Period) -> list[dict]:
    today, days = period.today, [period.days[0], period.today]
    people = period.people
    active_today, active_lately = people.active(today), people.active_lately
    return [
        tile(
            "customers.view_customer",
            "person",
            _("Customers"),
            "customers",
            people.all,
            page("customers_customer"),
        )
        | {
            "more": [
                (_("new today"), "customers_today", period.n("customer", today)),
                (_("in 30 days"), "", period.n("customer")),
            ]
        },
        tile(
            "events.view_event",
            "groups",
            _("Active today"),
            "active",
            active_today,
            page("events_event", **during("occurred_at", today, today)),
        )
        | dict(zip(("value", "text"), rights.figure(active_today), strict=True))
        | {"more": [(_("in 30 days"), "active_30", *rights.figure(active_lately))]},
        tile(
            "events.view_event",
            "bolt",
            _("Events today"),
            "events",
            period.n("event", today),
            page("events_event", **during("occurred_at", today, today)),
        ),
        tile(
            "events.view_order",
            "shopping_bag",
            _("Orders paid today"),
            "orders",
            period.n("order", today),
            page("events_order", **during("paid_at", today, today)),
        )
        | {
            "more": [
                (
                    _("net"),
                    "net_fen_today",
                    period.fen("order_net", today),
                    yuan(period.fen("order_net", today)),
                )
            ]
        },
        tile(
            "campaigns.view_message",
            "chat",
            _("Messages today"),
            "messages",
            sum(period.n(f"message:{state}", today) for state in Message.State.values),
            page("campaigns_message", **during("created_at", today, today)),
        )
        | {"more": [(_("of them sent"), "", period.n("message:sent", today))]},
        tile(
            "campaigns.view_coupon",
            "redeem",
            _("Coupons issued today"),
            "coupons",
            period.issued(today),
            page("campaigns_coupon", **during("issued_at", today, today)),
        )
        | {"more": [(_("redeemed"), "coupons_redeemed", period.n("coupon:redeemed", today))]},
        tile(
            "campaigns.view_message",
            "currency_yuan",
            _("Attributed net revenue, 30 days"),
            "attributed_net_fen",
            period.fen("attributed"),
            page("events_order", **during("paid_at", *days)),
        )
        | {
            "text": yuan(period.fen("attributed")),
            "title": _(
                "Net of the orders that a message went before, within the attribution window"
            ),
            "more": [
                (
                    _("today"),
                    "attributed_net_fen_today",
                    period.fen("attributed", today),
                    yuan(period.fen("attributed", today)),
                )
            ],
        },
        running(Journey.objects.filter(status=Journey.Status.LIVE).count(), under_way().count()),
    ]


def under_way():
    return Campaign.objects.filter(
        status__in=[Campaign.Status.SCHEDULED, Campaign.Status.WAITING, Campaign.Status.SENDING]
    )


def running(journeys: int, campaigns: int) -> dict:
    more = {"more": [(_("campaigns under way"), "campaigns", campaigns)]}
    return (
        tile(
            "campaigns.view_journey",
            "route",
            _("Journeys running"),
            "journeys",
            journeys,
            page("campaigns_journey", status__exact="live"),
        )
        | more
    )


def tile(permission: str, icon: str, label: str, figure: str, value: int, url: str) -> dict:
    return {
        "permission": permission,
        "icon": icon,
        "label": label,
        "figure": figure,
        "value": value,
        "text": f"{value:,}",
        "url": url,
    }


def messages_today(period: Period) -> list[tuple[str, str, int]]:
    return [
        (name, label, period.n(f"message:{name}", period.today))
        for name, label in Message.State.choices
    ]
