"""How long imports and what they wrote are kept."""

from django.utils.translation import gettext_lazy as _

from customers.data_rights.retention.base import DAYS, ById, Whence, WhyKept


class Imports(ById):
    key, label, unit = "imports", _("imports"), DAYS
    what = _("which files were brought, what their columns meant; not what stood in them")
    why, whence = WhyKept.SAFETY, Whence.STAFF
    tables = ("integrations.FileImport", "integrations.ImportMapping")
    clock, default = "t.created_at", 180
    is_personal = False


class ImportedRows(ById):
    key, label, unit = "imported_rows", _("rows of imports"), DAYS
    what = _("what each row of a file wrote, by numbers; so long an import can be undone")
    why, whence = WhyKept.SAFETY, Whence.STAFF
    tables, default = ("integrations.ImportRow",), 30
    asks, changes = False, ""
