"""What the tables of a shop's database mean here, and which of their rows were taken."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm_project.db.clock import Now
from customers.models import Source
from customers.models.workspace import valid_zone


class TableMapping(models.Model):
    """One table of a source's database: which of its columns say what, in which unit and zone, and
    what a deleted row means. Change streams (Canal, Debezium, Maxwell) and a capture of the
    database read the same mapping (integrations/sync/tables/)."""

    class Kind(models.TextChoices):
        CUSTOMERS = "customers", _("customers")
        ORDERS = "orders", _("orders")
        LINES = "lines", _("lines of orders")
        REFUNDS = "refunds", _("refunds")
        PRODUCTS = "products", _("products")
        BOOKINGS = "bookings", _("bookings")

    class Deleted(models.TextChoices):
        NOTHING = "nothing", _("nothing: it stays here as it was")
        CANCELLED = "cancelled", _("cancelled (of a product: no longer on sale)")

    class Numbers(models.TextChoices):
        MOMENT = "moment", _("seconds or milliseconds since 1970")
        WALL = "wall", _("the clock on the wall, as Debezium writes DATETIME")

    MoneyUnit = Source.MoneyUnit

    source = models.ForeignKey(
        Source, models.PROTECT, related_name="tables", verbose_name=_("source")
    )
    table = models.CharField(
        _("table"),
        max_length=130,
        help_text=_("database.table, or the table alone. * stands for any: orders_*."),
    )
    kind = models.CharField(_("what its rows are"), max_length=10, choices=Kind, editable=False)
    columns = models.JSONField(_("columns"), default=dict)  # our field: their column
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)  # column: attribute
    # Their value: ours, or "" where it means nothing here.
    statuses = models.JSONField(_("what its states mean"), default=dict, blank=True)
    key = models.CharField(
        _("key column"),
        max_length=200,
        default="id",
        help_text=_("By which a row is known again; several divided by commas."),
    )
    money_unit = models.CharField(
        _("unit of money"), max_length=4, choices=MoneyUnit, default=MoneyUnit.YUAN
    )
    time_zone = models.CharField(
        _("time zone of its times"),
        max_length=64,
        default="Asia/Shanghai",
        validators=[valid_zone],
    )
    numbers = models.CharField(
        _("numbers in columns of times"), max_length=8, choices=Numbers, default=Numbers.MOMENT
    )
    deleted = models.CharField(
        _("a deleted row means"), max_length=10, choices=Deleted, default=Deleted.NOTHING
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("table mapping")
        verbose_name_plural = _("table mappings")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "table", "kind"], name="tablemapping_is_unique"
            )
        ]

    def __str__(self):
        return f"{self.table} → {self.get_kind_display()}"


class CapturedRow(models.Model):
    """The newest that is known of one row of a mapped table: which change it was, and, of rows that
    belong together (an order, its lines and refunds), what it said; nothing about a person.

    By it an older change is told from a newer one, an order keeps its key when its number changes,
    and what comes before its order waits for it.
    """

    mapping = models.ForeignKey(TableMapping, models.CASCADE, db_index=False, related_name="rows")
    key = models.CharField(max_length=200)
    parent = models.CharField(max_length=200, default="")  # the order's key, or # and its number
    number = models.CharField(max_length=200, default="")  # of an order
    log = models.CharField(max_length=120, default="")  # whose positions these are
    position = models.BigIntegerField(null=True)
    at = models.DateTimeField()  # of the change, as its log says
    stated_at = models.DateTimeField()  # as it was told on: never twice the same moment
    version = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=32)
    values = models.JSONField(default=dict)
    is_deleted = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("row of a mapped table")
        verbose_name_plural = _("rows of mapped tables")
        constraints = [
            models.UniqueConstraint(fields=["mapping", "key"], name="capturedrow_is_unique")
        ]
        indexes = [
            models.Index(
                fields=["parent", "mapping"],
                condition=~models.Q(parent=""),
                name="capturedrow_parent",
            ),
            models.Index(
                fields=["number", "mapping"],
                condition=~models.Q(number=""),
                name="capturedrow_number",
            ),
        ]

    def __str__(self):
        return f"{self.mapping_id}:{self.key}"
