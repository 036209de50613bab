"""What people allow in WeChat, and for how long they may be answered there."""

from django.utils.translation import gettext_lazy as _

from customers.data_rights.retention.base import StaysWithCustomer, Whence, WhyKept


class Grants(StaysWithCustomer):
    key, label = "grants", _("subscriptions to messages")
    what = _("which WeChat messages somebody has allowed, when, and what was sent for it")
    why, whence = WhyKept.PROOF, Whence.REPLY
    tables = ("integrations.Grant",)


class Windows(StaysWithCustomer):
    key, label = "service_windows", _("windows for answers")
    what = _("until when somebody who wrote to the customer service may be answered")
    why, whence = WhyKept.SERVICE, Whence.REPLY
    tables, is_trace = ("integrations.ServiceWindow",), True
