"""What the columns of a list mean that is compared: a shop's orders, as its system exports them."""

from django.utils.translation import gettext_lazy

from integrations.sync.files import values
from integrations.sync.files.kinds.base import Field, ImportKind
from integrations.sync.files.kinds.orders import STATES
from integrations.sync.files.spoilt import Spoilt

PLACED, PAID = "placed_at", "paid_at"


class TheirOrders(ImportKind):
    """Nothing of it is written: it is held against what is here."""

    key, label, icon = "their_orders", gettext_lazy("orders to compare"), "difference"
    help = gettext_lazy("A row for each order, as your own system has it.")
    number, has_people = "number", False
    one_of = (PAID, PLACED)
    fields = (
        Field(
            "number",
            gettext_lazy("order number"),
            (
                "订单号",
                "订单编号",
                "单号",
                "交易号",
                "主订单编号",
                "order number",
                "order id",
                "order",
            ),
            "key",
            is_needed=True,
            example="2024061800001",
        ),
        Field(
            "status",
            gettext_lazy("state"),
            ("订单状态", "状态", "交易状态", "status", "order status", "state"),
            example="已完成",
        ),
        Field(
            "paid_fen",
            gettext_lazy("paid"),
            ("实付金额", "实付", "实收金额", "实收", "支付金额", "付款金额", "paid", "amount paid"),
            "money",
            is_needed=True,
            example="179.00",
        ),
        Field(
            "refunded_fen",
            gettext_lazy("refunded"),
            ("退款金额", "已退款金额", "退款", "refunded", "refund", "refund amount"),
            "money",
            example="0",
        ),
        Field(
            "store",
            gettext_lazy("store"),
            ("门店", "店铺", "门店编号", "门店名称", "分店", "store", "shop", "branch"),
            example="上海一店",
        ),
        Field(
            PAID,
            gettext_lazy("time of the payment"),
            ("付款时间", "支付时间", "支付完成时间", "paid at", "payment time"),
            "moment",
            example="2024-06-18 10:30:00",
        ),
        Field(
            PLACED,
            gettext_lazy("time of the order"),
            (
                "下单时间",
                "订单时间",
                "创建时间",
                "订单创建时间",
                "ordered at",
                "placed at",
                "created at",
            ),
            "moment",
        ),
    )

    def missing(self, mapped):
        """A list without refunds would make every refunded order differ."""
        words = super().missing(mapped)
        if "refunded_fen" not in mapped:
            words.append(str(self.field("refunded_fen").label))
        return words


KIND = TheirOrders()


def status_of(said: str) -> str:
    """The state that this word means; "" for one that is known by nobody here."""
    try:
        return values.chosen(said, STATES)
    except Spoilt:
        return ""
