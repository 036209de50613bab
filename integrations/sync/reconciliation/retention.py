"""How long it is known that the numbers of a day agreed."""

from django.utils.translation import gettext_lazy as _

from customers.data_rights.retention.base import MONTHS, ById, Stays, Whence, WhyKept


class Settings(Stays):
    key, label = "reconciliations", _("reconciliations")
    what, why, whence = _("settings and counts, no person"), WhyKept.WORK, Whence.STAFF
    tables = ("integrations.Reconciliation",)
    term, is_personal = _("as long as the source"), False


class Days(ById):
    key, label, unit = "reconciled_days", _("reconciled days"), MONTHS
    what, why, whence = (
        _("numbers of a day, and numbers of orders that differed"),
        WhyKept.BOOKS,
        Whence.SHOP,
    )
    tables = ("integrations.ReconciledDay", "integrations.Difference")
    clock, default = "t.compared_at", 24
    hanging = (("integrations_difference", "day_id"),)
    asks, changes = False, ""


class Listed(ById):
    key, label, unit = "listed_orders", _("lists of orders that were compared"), MONTHS
    what, why, whence = (
        _("numbers and amounts of orders, as the shop's system has them"),
        WhyKept.BOOKS,
        Whence.SHOP,
    )
    tables = ("integrations.ListedOrder",)
    clock, default = "t.brought_at", 24
    asks, changes = False, ""
