"""How long it is known which rows of foreign tables were taken."""

from django.utils.translation import gettext_lazy as _

from customers.data_rights.retention.base import Stays, Whence, WhyKept


class Queues(Stays):
    key, label = "queues", _("queues that are read")
    what, why, whence = _("settings and counts, no person"), WhyKept.WORK, Whence.STAFF
    tables = ("integrations.QueueSource", "integrations.QueueState", "integrations.TableMapping")
    term, is_personal = _("as long as the queue"), False


class Captured(Stays):
    key, label = "captured_rows", _("rows of mapped tables")
    what, why, whence = (
        _("keys of rows, and of orders, lines, refunds and bookings what they said; no name"),
        WhyKept.SERVICE,
        Whence.SHOP,
    )
    tables = ("integrations.CapturedRow",)
    term = _("as long as the mapping: by it an older change is told from a newer one")
