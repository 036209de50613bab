"""What somebody bought, and what was given back. An order counts from its payment on, unless it was
cancelled."""

from math import ceil, floor

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm_project.templatetags.hutong import page_of, yuan
from customers.pickers import Picker
from customers.segments.conditions.base import MOST_EVIDENCE, Evidence, Rows
from customers.segments.conditions.fields import before
from events import words as said
from events.fields import ShopField
from events.models import Order, OrderLine, Refund
from events.segment_conditions.comparing import WINDOW, Compared, Measure

PAID = "events_order WHERE paid_at IS NOT NULL AND status <> 'cancelled'"


def paid_between(customer, first, last) -> QuerySet:
    return Order.objects.filter(customer=customer, paid_at__range=(first, last)).exclude(
        status=Order.Status.CANCELLED
    )


def latest(paid: QuerySet) -> list[Evidence]:
    return [
        Evidence(f"{o.number} {yuan(o.net_fen)}", o.paid_at, page_of(o))
        for o in paid.order_by("-paid_at")[:MOST_EVIDENCE]
    ]


class Ordered(Measure):
    """Orders paid in a window: how many, their net total or average (paid less refunded), how long
    ago the last was."""

    key, label, reads = "orders", gettext_lazy("Orders"), frozenset({"order"})
    permission = "events.view_order"
    help = gettext_lazy(
        "Number, total or average of paid orders, or how long ago the last one was. Who has ordered"
        " nothing: number of orders, exactly 0."
    )
    moment = "paid_at"
    IN_YUAN = frozenset({"net", "average"})
    WITHOUT_NOTHING = frozenset({"average", "days"})

    measure = forms.ChoiceField(
        label=gettext_lazy("measure"),
        choices=[
            ("count", gettext_lazy("number of orders")),
            ("net", gettext_lazy("net total in yuan")),
            ("average", gettext_lazy("average net value in yuan")),
            ("days", gettext_lazy("days since the last order")),
        ],
        initial="count",
        help_text=gettext_lazy(
            "Who has no order has 0 orders and ¥0, but neither an average nor a last order. A day"
            " has 24 hours here."
        ),
    )
    with_coupon = forms.BooleanField(
        label=gettext_lazy("only orders with a coupon"), required=False
    )
    field_order = ["measure", "comparison", "times", *WINDOW, "with_coupon"]

    NUMBERS = {
        "count": "count(*)",
        "net": "sum(net_fen)",
        "average": "avg(net_fen)",
        "days": "floor(extract(epoch FROM %(now)s - max(paid_at)) / 86400)",
    }

    def rows(self, now):
        columns = {"paid_at", "status", "net_fen"} | (
            {"coupon_code_digest"} if self.cleaned_data["with_coupon"] else set()
        )
        return Rows("events_order", frozenset(columns), at="paid_at", since=self.bounds(now)[0])

    def source(self):
        return (
            PAID + (" AND coupon_code_digest <> ''" if self.cleaned_data["with_coupon"] else ""),
            {},
        )

    def evidence(self, customer, *, now):
        first, last = self.bounds(now)
        paid = paid_between(customer, first, last)
        return latest(
            paid.exclude(coupon_code_digest="") if self.cleaned_data["with_coupon"] else paid
        )

    def edges(self, now):
        """The number of whole days changes as the last order passes the days that the comparison
        tells apart."""
        days = self.cleaned_data["times"]
        ages = {ceil(days), floor(days) + 1} if self.cleaned_data["measure"] == "days" else ()
        return [*self.bounds(now), *(before(now, age, "days") for age in sorted(ages))]

    def customers(self, *, now, among):
        return self.with_number(self.NUMBERS[self.cleaned_data["measure"]], now=now, among=among)

    def sentence(self):
        text = {
            "count": ngettext(
                "%(comparison)s %(n)s order %(window)s",
                "%(comparison)s %(n)s orders %(window)s",
                ceil(self.bound()),
            ),
            "net": _("net order total %(comparison)s ¥%(n)s %(window)s"),
            "average": _("average net order value %(comparison)s ¥%(n)s %(window)s"),
            "days": _("last order %(comparison)s %(n)s days ago, of those %(window)s"),
        }[self.cleaned_data["measure"]] % self.words()
        return text + (_(", with a coupon") if self.cleaned_data["with_coupon"] else "")


class Bought(Compared):
    """Orders paid in a window with a line of this product, or of this category."""

    key, label, reads = "bought", gettext_lazy("Bought a product"), frozenset({"order"})
    permission = "events.view_order"
    help = gettext_lazy("Paid for a product, or for something of a category.")
    moment = "paid_at"

    what = forms.ChoiceField(
        label=gettext_lazy("what"),
        choices=[
            ("product_id", gettext_lazy("product (its id)")),
            ("category", gettext_lazy("category")),
        ],
        initial="product_id",
        help_text=gettext_lazy("The category is the one that the order named when it was paid."),
    )
    value = forms.CharField(
        label=gettext_lazy("which"), max_length=200, widget=Picker("goods", ("what", "shop"))
    )
    shop = ShopField()
    field_order = ["what", "value", "shop", "comparison", "times", *WINDOW]

    def rows(self, now):
        columns = {"id", "paid_at", "status"} | (
            {"namespace_id"} if self.cleaned_data["shop"] else set()
        )
        return Rows("events_order", frozenset(columns), at="paid_at", since=self.bounds(now)[0])

    def source(self):
        line = (
            "SELECT 1 FROM events_orderline line WHERE line.order_id = events_order.id AND"  # noqa: S608
            f" line.{self.cleaned_data['what']} = %(value)s"
        )
        sql, params = f"{PAID} AND EXISTS ({line})", {"value": self.cleaned_data["value"]}
        if shop := self.cleaned_data["shop"]:
            sql, params = f"{sql} AND namespace_id = %(shop)s", {**params, "shop": shop.pk}
        return sql, params

    def evidence(self, customer, *, now):
        lines = OrderLine.objects.filter(**{self.cleaned_data["what"]: self.cleaned_data["value"]})
        paid = paid_between(customer, *self.bounds(now)).filter(pk__in=lines.values("order"))
        return latest(paid.filter(namespace=shop) if (shop := self.cleaned_data["shop"]) else paid)

    def customers(self, *, now, among):
        return self.with_number("count(*)", now=now, among=among)

    def sentence(self):
        is_product = self.cleaned_data["what"] == "product_id"
        value = self.cleaned_data["value"]
        words = {**self.words(), "value": said.product(value) if is_product else value}
        if self.cleaned_data["shop"]:
            words["value"] += f" ({self.cleaned_data['shop']})"
        if self.cleaned_data["what"] == "category":
            return (
                _("bought from the category “%(value)s” %(comparison)s %(n)s times %(window)s")
                % words
            )
        return _("bought the product “%(value)s” %(comparison)s %(n)s times %(window)s") % words


class Refunded(Measure):
    """Refunds in a window: how many, or how much money."""

    key, label, reads = "refunded", gettext_lazy("Refunds"), frozenset({"order"})
    permission = "events.view_refund"
    help = gettext_lazy("How many refunds, or how much money went back.")
    moment = "refund.occurred_at"
    IN_YUAN = frozenset({"total"})

    measure = forms.ChoiceField(
        label=gettext_lazy("measure"),
        choices=[
            ("count", gettext_lazy("number of refunds")),
            ("total", gettext_lazy("refunded total in yuan")),
        ],
        initial="count",
    )
    field_order = ["measure", "comparison", "times", *WINDOW]

    def rows(self, now):
        return Rows("events_order", frozenset({"namespace_id", "number"}))

    def source(self):
        """Whose refund it is, the order says."""
        own = (
            "refund.namespace_id = events_order.namespace_id AND refund.order_number ="
            " events_order.number"
        )
        return f"events_order JOIN events_refund refund ON {own} WHERE true", {}

    def evidence(self, customer, *, now):
        own = Order.objects.filter(
            customer=customer, namespace=OuterRef("namespace"), number=OuterRef("order_number")
        )
        found = Refund.objects.filter(Exists(own), occurred_at__range=self.bounds(now)).order_by(
            "-occurred_at"
        )[:MOST_EVIDENCE]
        return [
            Evidence(f"{one.number} {yuan(one.amount_fen)}", one.occurred_at, page_of(one))
            for one in found
        ]

    def customers(self, *, now, among):
        number = "count(*)" if self.cleaned_data["measure"] == "count" else "sum(refund.amount_fen)"
        return self.with_number(number, now=now, among=among)

    def sentence(self):
        if self.cleaned_data["measure"] == "total":
            return _("refunds of %(comparison)s ¥%(n)s %(window)s") % self.words()
        return _("%(comparison)s %(n)s refunds %(window)s") % self.words()
