"""What the shop's purchases say of a customer, as columns of the customers' list."""

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from crm_project.templatetags.hutong import yuan
from customers.admin.customer_columns import Column
from events.admin.lifecycle import ClassFilter, StageFilter
from events.models import Stage, ValueClass


class OfStanding(Column):
    """From the one row that is concluded of whoever has bought."""

    related = "standing"
    permission = "customers.view_customer"
    nothing = None

    def value(self, row, loaded):
        found = getattr(row, "standing", None)
        return self.nothing if found is None else self.said(found)

    def said(self, standing):
        raise NotImplementedError


class InStage(OfStanding):
    key, label, is_usual = "stage", _("stage"), True
    Filter = StageFilter

    def value(self, row, loaded):
        found = getattr(row, "standing", None)
        stage = Stage(found.stage if found else Stage.PROSPECT)
        return format_html('<span class="ht-chip ht-stage-{}">{}</span>', stage.value, stage.label)


class InClass(OfStanding):
    key, label = "value_class", _("class")
    Filter = ClassFilter

    def said(self, standing):
        return ValueClass(standing.value_class).label


class LastOrder(OfStanding):
    key, label, is_usual = "last_order", _("last purchase"), True
    ordering = "standing__last_at"

    def said(self, standing):
        return date_format(localtime(standing.last_at), "SHORT_DATE_FORMAT")


class Purchases(OfStanding):
    key, label = "purchases", _("purchases")

    def said(self, standing):
        return f"{standing.orders:,}"


class Spent(OfStanding):
    key, label, is_usual = "spent", _("net total"), True
    permission = "events.view_order"
    ordering = "standing__net_fen"

    def said(self, standing):
        return yuan(standing.net_fen)
