"""Refunds: money given back for an order."""

from django.utils.translation import gettext_lazy

from events.models import Refund
from integrations.native.refunds import Refunds as Door
from integrations.sync.files.kinds.base import NEW, SAME, Draft, Field, ImportKind, Made, Setting


class Refunds(ImportKind):
    key, label, icon = "refunds", gettext_lazy("refunds"), "undo"
    help = gettext_lazy("Money given back; each belongs to the order of its number.")
    door = Door()
    number, has_people = "number", False
    fields = (
        Field(
            "number",
            gettext_lazy("refund number"),
            ("退款单号", "退款编号", "售后单号", "refund number", "refund id"),
            "key",
            is_needed=True,
            example="R001",
        ),
        Field(
            "order_number",
            gettext_lazy("order number"),
            ("订单号", "订单编号", "原订单号", "order number", "order id"),
            "key",
            is_needed=True,
            example="2024061800001",
        ),
        Field(
            "amount_fen",
            gettext_lazy("amount"),
            ("退款金额", "金额", "amount", "refund amount"),
            "money",
            is_needed=True,
            example="50.00",
        ),
        Field(
            "occurred_at",
            gettext_lazy("time of the refund"),
            ("退款时间", "退款日期", "时间", "日期", "refunded at", "date"),
            "moment",
            is_needed=True,
            example="2024-06-20",
        ),
        Field("reason", gettext_lazy("reason"), ("退款原因", "原因", "reason")),
    )

    def item(self, draft: Draft, setting: Setting) -> dict:
        return {name: value for name, value in draft.values.items() if value is not None}

    def compare(self, made: list[Made], setting: Setting) -> None:
        """A refund is said once: another amount under its number changes nothing."""
        here = set(
            Refund.objects.filter(
                namespace=setting.source.namespace_id, number__in={one.key for one in made}
            ).values_list("number", flat=True)
        )
        for one in made:
            one.object, one.outcome = one.key, SAME if one.key in here else NEW
            one.before = {
                "made": True,
                "at": one.incoming.occurred_at.isoformat(),
                "event": one.incoming.event_id,
            }
