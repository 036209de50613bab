"""Orders, refunds, the catalogue. Shops write them through the API; staff look."""

from django.contrib import admin
from django.db.models import Q
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm_project.admin import Days, ModelAdmin, ReadOnly, TabularInline, link, money, state
from customers.models import Namespace
from events.models import Order, OrderLine, Product, Refund
from events.words import address_of_product

Status = Order.Status


def to_product(number: str, shop: int, name: str = ""):
    """A link to the product's page, where a product is named."""
    if not number:
        return name or None
    return format_html(
        '<a class="ht-link" href="{}">{}</a>', address_of_product(number, shop), name or number
    )


class OrderLines(ReadOnly, TabularInline):
    model = OrderLine
    fields = readonly_fields = ("product", "product_id", "category", "quantity", "price")

    price = money("price_fen", _("unit price"))

    @display(description=_("name"))
    def product(self, row):
        return to_product(row.product_id, row.order.namespace_id, row.name)


@admin.register(Order)
class OrderAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "number",
        "customer_link",
        "status_label",
        "total",
        "discount",
        "net",
        "placed_at",
        "source",
    )
    list_filter = ("status", "namespace", ("placed_at", Days), ("paid_at", Days))
    search_fields = ("number",)
    search_help_text = _("Order number")
    list_select_related = ("customer", "source")
    ordering = ("-pk",)
    fields = (
        ("number", "customer_link"),
        ("status", "occurred_at"),
        ("placed_at", "paid_at", "store"),
        ("total", "discount"),
        ("paid", "refunded"),
        ("net", "source"),
    )
    readonly_fields = ("customer_link", "total", "discount", "paid", "refunded", "net")
    inlines = (OrderLines,)

    customer_link = link("customer", _("customer"))
    status_label = state(
        {
            Status.PAID: "success",
            Status.COMPLETED: "success",
            Status.PLACED: "info",
            Status.SHIPPED: "info",
            Status.CANCELLED: "danger",
        },
        "status",
        _("status"),
    )
    total = money("total_fen", _("total"))
    discount = money("discount_fen", _("discount"))
    paid = money("paid_fen", _("paid amount"))
    refunded = money("refunded_fen", _("refunded"))
    net = money("net_fen", _("net"))

    def get_search_results(self, request, queryset, search_term):
        # Only the index on (namespace, number) stands by a number, so it is looked for as it is.
        return (
            queryset.filter(number=search_term.strip()) if search_term.strip() else queryset
        ), False


@admin.register(Refund)
class RefundAdmin(ReadOnly, ModelAdmin):
    list_display = ("number", "order_number", "amount", "reason", "occurred_at", "source")
    list_filter = ("namespace", ("occurred_at", Days))
    search_fields = ("number", "order_number")
    search_help_text = _("Refund's or order's number")
    list_select_related = ("source",)
    ordering = ("-pk",)
    fields = (("number", "order_number"), "amount", "reason", ("occurred_at", "source"))
    readonly_fields = ("amount",)

    amount = money("amount_fen", _("amount"))

    def get_search_results(self, request, queryset, search_term):
        """As they are: the indexes begin with the shop."""
        term = search_term.strip()
        if not term:
            return queryset, False
        shops = list(Namespace.objects.values_list("pk", flat=True))
        return queryset.filter(Q(number=term) | Q(order_number=term), namespace__in=shops), False


@admin.register(Product)
class ProductAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "name",
        "picture",
        "kind",
        "category",
        "price",
        "stock",
        "is_active",
        "updated_at",
    )
    list_filter = ("kind", "is_active", "namespace")
    search_fields = ("name", "product_id", "category")
    list_select_related = ("namespace",)
    ordering = ("-updated_at", "-pk")
    fields = (
        ("name", "product_id"),
        ("kind", "category"),
        ("price", "stock"),
        ("picture_url", "page"),
        ("namespace", "is_active"),
        "updated_at",
    )
    readonly_fields = ("price",)

    price = money("price_fen", _("price"))

    @display(description=_("picture"))
    def picture(self, row):
        if row.picture_url.startswith(("https://", "http://")):
            return format_html(
                '<img src="{}" alt="" loading="lazy" referrerpolicy="no-referrer"'
                ' class="ht-thumb">',
                row.picture_url,
            )
        return None
