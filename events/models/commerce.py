"""The catalogue, orders and refunds. Money is an integer of fen."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Namespace, OfCustomer, Source, Store


class Product(models.Model):
    """What can be bought or booked: a product, a course, a doctor, a service."""

    class Kind(models.TextChoices):
        PRODUCT = "product", _("product")
        COURSE = "course", _("course")
        DOCTOR = "doctor", _("doctor")
        SERVICE = "service", _("service")

    namespace = models.ForeignKey(
        Namespace, models.PROTECT, related_name="products", verbose_name=_("namespace")
    )
    product_id = models.CharField(_("product id"), max_length=128)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PRODUCT)
    name = models.CharField(_("name"), max_length=200)
    category = models.CharField(_("category"), max_length=200, blank=True, default="")
    price_fen = models.BigIntegerField(_("price (fen)"), null=True, blank=True)
    stock = models.IntegerField(_("stock"), null=True, blank=True)
    margin_percent = models.PositiveSmallIntegerField(
        _("margin, percent"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
        help_text=_("Empty: the workspace's."),
    )
    picture_url = models.CharField(_("picture"), max_length=500, blank=True, default="")
    page = models.CharField(_("page in the mini-program"), max_length=500, blank=True, default="")
    is_active = models.BooleanField(_("on sale"), default=True)
    updated_at = models.DateTimeField(_("updated"))

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.UniqueConstraint(fields=["namespace", "product_id"], name="product_is_unique")
        ]
        indexes = [models.Index(fields=["category"], name="product_category")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("product", args=[self.pk])


def store_field() -> models.ForeignKey:
    """Stores are never deleted, and these tables are large: no constraint in the database."""
    return models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("store"),
    )


class Order(OfCustomer):
    """One order of one shop, whoever reported it. An older state never overwrites a newer one."""

    class Status(models.TextChoices):
        PLACED = "placed", pgettext_lazy("state", "placed")
        PAID = "paid", _("paid")
        SHIPPED = "shipped", _("shipped")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("cancelled")

    namespace = models.ForeignKey(
        Namespace, models.PROTECT, related_name="+", verbose_name=_("namespace")
    )
    number = models.CharField(_("number"), max_length=100)
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", verbose_name=_("source"))
    status = models.CharField(_("status"), max_length=10, choices=Status)
    version = models.BigIntegerField(_("version"), null=True)
    occurred_at = models.DateTimeField(_("state as of"))
    placed_at = models.DateTimeField(_("placed"))
    paid_at = models.DateTimeField(_("paid at"), null=True)
    total_fen = models.BigIntegerField(_("total (fen)"))
    discount_fen = models.BigIntegerField(_("discount (fen)"), default=0)
    paid_fen = models.BigIntegerField(_("paid (fen)"), default=0)
    refunded_fen = models.BigIntegerField(_("refunded (fen)"), default=0)
    net_fen = models.GeneratedField(
        verbose_name=_("net (fen)"),
        expression=Greatest(models.F("paid_fen") - models.F("refunded_fen"), 0),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    coupon_code_digest = models.CharField(max_length=24, blank=True, default="", editable=False)
    store = store_field()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["namespace", "number"], name="order_is_unique"),
            models.CheckConstraint(
                condition=models.Q(
                    total_fen__gte=0, discount_fen__gte=0, paid_fen__gte=0, refunded_fen__gte=0
                ),
                name="order_money_is_positive",
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "paid_at"],
                include=["paid_fen", "refunded_fen", "net_fen"],
                name="order_customer",
            ),
            models.Index(fields=["paid_at"], include=["customer", "net_fen"], name="order_paid"),
            models.Index(fields=["placed_at"], name="order_placed"),
            models.Index(fields=["status", "id"], name="order_status"),
        ]

    def __str__(self):
        return self.number


class OrderLine(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product_id = models.CharField(_("product id"), max_length=128)
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    category = models.CharField(_("category"), max_length=200, blank=True, default="")
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    price_fen = models.BigIntegerField(_("unit price (fen)"), default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        indexes = [models.Index(fields=["product_id", "order"], name="orderline_product")]

    def __str__(self):
        return self.name or self.product_id


class Refund(models.Model):
    """Money given back for an order; may arrive before it, then `order` is filled by the order's
    arrival."""

    namespace = models.ForeignKey(
        Namespace, models.PROTECT, related_name="+", verbose_name=_("namespace")
    )
    number = models.CharField(_("number"), max_length=100)
    order_number = models.CharField(_("order number"), max_length=100)
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", verbose_name=_("source"))
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    occurred_at = models.DateTimeField(_("occurred"))

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.UniqueConstraint(fields=["namespace", "number"], name="refund_is_unique"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="refund_is_positive"),
        ]
        indexes = [
            models.Index(fields=["namespace", "order_number"], name="refund_order"),
            models.Index(
                fields=["occurred_at"], include=["namespace", "order_number"], name="refund_moment"
            ),
        ]

    def __str__(self):
        return self.number
