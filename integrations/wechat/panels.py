"""What a customer's page says of WeChat: which messages they may still be sent, until when they may
be answered."""

from django.db.models import Count, Max, Q
from django.utils.translation import gettext_lazy as _

from crm_project.db.clock import Now
from customers.profile.panel import Panel
from integrations.models import Grant, ServiceWindow

MOST = 30


class Subscriptions(Panel):
    key, label, template = "wechat", _("WeChat messages"), "wechat/grants_panel.html"
    is_lazy, permission = True, "integrations.view_grant"

    def context(self, customer):
        theirs = Grant.objects.filter(customer=customer, is_withdrawal=False)
        free = Q(state=Grant.State.FREE)
        rows = theirs.values("template__title", "template__key", "connection__name").annotate(
            n=Count("pk", filter=free & Q(is_lasting=False)),
            lasting=Count("pk", filter=free & Q(is_lasting=True)),
            last=Max("accepted_at"),
        )
        return {
            "grants": [
                {
                    "title": row["template__title"] or row["template__key"],
                    "app": row["connection__name"],
                    "n": row["n"],
                    "is_lasting": row["lasting"] > 0,
                    "last": row["last"],
                }
                for row in rows.order_by("-n", "template__title", "template__key")[:MOST]
            ],
            "windows": ServiceWindow.objects.filter(customer=customer, ends_at__gt=Now()),
        }
