"""What is kept of accounts for short messages; nothing of it is anybody's."""

from django.utils.translation import gettext_lazy as _

from customers.data_rights.retention.base import Stays, Whence, WhyKept


class SmsCatalogues(Stays):
    key, label = "sms_catalogues", _("SMS templates and accounts")
    what = _("templates, signature and balance, as the providers of short messages tell them")
    why, whence, is_personal = WhyKept.WORK, Whence.OURS, False
    tables = ("integrations.SmsTemplate", "integrations.SmsAccount")
    term = _("as long as the connection")
