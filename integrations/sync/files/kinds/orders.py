"""Orders with their lines: a row for each order, or several rows below one another, each a line."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Order, OrderLine
from integrations.native.orders import Orders as Door
from integrations.sync.files.kinds import states
from integrations.sync.files.kinds.base import CHANGED, Draft, Field, ImportKind, Made, Setting
from integrations.sync.files.kinds.people import IDENTITIES, ONE_OF, identities
from integrations.sync.files.spoilt import Spoilt

STATES = {
    "placed": ("待付款", "未付款", "待支付", "已下单", "下单", "unpaid", "pending", "created"),
    "paid": ("已付款", "已支付", "待发货", "付款成功", "支付成功", "processing", "paid"),
    "shipped": ("已发货", "待收货", "配送中", "运输中", "shipped", "in transit"),
    "completed": (
        "已完成",
        "完成",
        "交易成功",
        "已收货",
        "已签收",
        "已核销",
        "已结束",
        "fulfilled",
        "delivered",
        "done",
    ),
    "cancelled": ("已取消", "取消", "已关闭", "交易关闭", "已作废", "closed", "canceled", "void"),
}
RANKS = {status: n for n, status in enumerate(STATES)}
LINE = ("product_id", "name", "category", "quantity", "price_fen")


class Orders(ImportKind):
    key, label, icon = "orders", gettext_lazy("orders"), "receipt_long"
    help = gettext_lazy("What was bought, line by line. Rows of one order stand below one another.")
    door = Door()
    number, is_one_item, one_of = "number", True, ONE_OF
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
                "order no",
                "order",
            ),
            "key",
            is_needed=True,
            example="2024061800001",
        ),
        Field(
            "occurred_at",
            gettext_lazy("time of the order"),
            (
                "下单时间",
                "订单时间",
                "付款时间",
                "支付时间",
                "创建时间",
                "交易时间",
                "消费时间",
                "订单创建时间",
                "下单日期",
                "消费日期",
                "日期",
                "时间",
                "order date",
                "date",
                "ordered at",
                "paid at",
                "created at",
            ),
            "moment",
            is_needed=True,
            example="2024-06-18 10:30:00",
        ),
        *IDENTITIES,
        Field(
            "status",
            gettext_lazy("state"),
            ("订单状态", "状态", "交易状态", "status", "order status", "state"),
            choices=STATES,
            example="已完成",
        ),
        Field(
            "total_fen",
            gettext_lazy("total"),
            (
                "订单金额",
                "订单总额",
                "总金额",
                "合计",
                "应付金额",
                "商品总额",
                "消费金额",
                "total",
                "order total",
                "amount",
                "grand total",
            ),
            "money",
            example="199.00",
        ),
        Field(
            "paid_fen",
            gettext_lazy("paid"),
            ("实付金额", "实付", "实收金额", "实收", "支付金额", "付款金额", "paid", "amount paid"),
            "money",
            example="179.00",
        ),
        Field(
            "discount_fen",
            gettext_lazy("discount"),
            ("优惠金额", "折扣金额", "优惠", "折扣", "discount"),
            "money",
            example="20.00",
        ),
        Field(
            "store",
            gettext_lazy("store"),
            ("门店", "店铺", "门店编号", "门店名称", "分店", "store", "shop", "branch"),
            example="上海一店",
        ),
        Field(
            "product_id",
            gettext_lazy("line: product id"),
            (
                "商品编号",
                "商品编码",
                "商品ID",
                "货号",
                "SKU",
                "商家编码",
                "product id",
                "sku",
                "item id",
            ),
            "key",
            of_line=True,
            example="P001",
        ),
        Field(
            "name",
            gettext_lazy("line: product"),
            (
                "商品名称",
                "商品",
                "商品标题",
                "宝贝标题",
                "品名",
                "项目",
                "课程",
                "product",
                "product name",
                "item",
            ),
            of_line=True,
            example="白茶",
        ),
        Field(
            "category",
            gettext_lazy("line: category"),
            ("类目", "分类", "品类", "商品分类", "category"),
            of_line=True,
        ),
        Field(
            "quantity",
            gettext_lazy("line: quantity"),
            ("数量", "购买数量", "件数", "quantity", "qty", "count"),
            "whole",
            of_line=True,
            example="1",
        ),
        Field(
            "price_fen",
            gettext_lazy("line: unit price"),
            ("单价", "商品单价", "价格", "售价", "unit price", "price"),
            "money",
            of_line=True,
            example="199.00",
        ),
    )

    def item(self, draft: Draft, setting: Setting) -> dict:
        values = draft.values
        lines = [line_of(line) for line in draft.lines if line]
        total = values.get("total_fen")
        if total is None:
            total = self.total_of(values, lines)
        status = values.get("status") or setting.options.get("status") or "completed"
        return {
            "number": values["number"],
            "status": status,
            "occurred_at": values["occurred_at"],
            "identities": identities(values),
            "total_fen": total,
            "lines": lines,
            **{
                name: values[name]
                for name in ("paid_fen", "discount_fen", "store")
                if values.get(name) is not None
            },
        }

    def total_of(self, values: dict, lines: list[dict]) -> int:
        """Where no column says it: of the lines, else what was paid before its discount."""
        if lines and all("price_fen" in line for line in lines):
            return sum(line["price_fen"] * line.get("quantity", 1) for line in lines)
        if values.get("paid_fen") is not None:
            return values["paid_fen"] + (values.get("discount_fen") or 0)
        raise Spoilt(_("An order needs its total."))

    def compare(self, made: list[Made], setting: Setting) -> None:
        fields = ("total_fen", "paid_fen", "discount_fen", "pk", "placed_at", "paid_at")
        known = states.newest_here(Order, made, setting, fields)
        self.judge_all(made, known)
        self.keep_lines(made, known)

    def keep_lines(self, made: Sequence[Made], known: dict) -> None:
        """What an undo of a changed order needs beyond its own columns."""
        changed = {known[one.key]["pk"]: one for one in made if one.outcome == CHANGED}
        for one in changed.values():
            one.before["lines"] = []
            one.before["was"] |= {
                name: states.plain(known[one.key][name]) for name in ("placed_at", "paid_at")
            }
        lines = OrderLine.objects.filter(order__in=changed).order_by("pk")
        for line in lines.values("order_id", *LINE):
            changed[line.pop("order_id")].before["lines"].append(line)

    def judge_all(self, made: Sequence[Made], known: dict) -> None:
        for one in made:
            order = one.incoming.order
            paid = one.incoming.properties["paid_fen"]
            said = {
                "status": order.status,
                "occurred_at": order.occurred_at,
                "total_fen": order.total_fen,
                "paid_fen": paid,
                "discount_fen": order.discount_fen,
            }
            states.judge(one, known.get(one.key), said, RANKS)


def line_of(line: dict) -> dict:
    """A line needs what it is of: its product's id, else the product's name."""
    found = {name: value for name, value in line.items() if value is not None}
    if not found.get("product_id"):
        if not found.get("name"):
            raise Spoilt(_("A line needs its product."))
        found["product_id"] = found["name"][:128]
    return found
