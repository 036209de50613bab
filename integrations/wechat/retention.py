"""What people allow in WeChat, and for how long they may be answered there."""

from django.utils.translation import gettext_lazy as _

from customers.data_rights.retention.base import (
    DAYS,
    ById,
    StaysWithCustomer,
    Whence,
    WhyKept,
)


class Grants(StaysWithCustomer):
    key, label = "grants", _("subscriptions to messages")
    what = _("which WeChat messages somebody has allowed, when, and what was sent for it")
    why, whence = WhyKept.PROOF, Whence.REPLY
    tables = ("integrations.Grant",)
    is_trace = True


class Windows(ById):
    key, label, unit = "service_windows", _("windows for answers"), DAYS
    what = _("until when somebody who wrote to the customer service may be answered")
    why, whence = WhyKept.SERVICE, Whence.REPLY
    tables, clock, default, is_trace = ("integrations.ServiceWindow",), "t.ends_at", 30, True
    asks = False
