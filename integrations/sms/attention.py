"""What needs whoever connects accounts: a signature that may not send."""

from django.urls import reverse
from django.utils.translation import ngettext

from crm_project.attention import MOST, Line, Need, told
from crm_project.templatetags.hutong import page_of
from integrations.models import SmsAccount


class SignaturesRefused(Need):
    """Nothing leaves by an account whose signature was refused."""

    key, permission, icon = "sms_signatures", "customers.view_connection", "sms_failed"
    is_urgent = True

    def lines(self, user, now):
        refused = SmsAccount.objects.filter(
            sign=SmsAccount.Sign.REFUSED, connection__is_active=True
        ).select_related("connection")
        found = list(refused.order_by("pk")[:MOST])
        if n := len(found):
            text = ngettext(
                "%(n)s SMS account has no approved signature",
                "%(n)s SMS accounts have no approved signature",
                n,
            )
            pages = reverse("admin:customers_connection_changelist")
            page = page_of(found[0].connection) if n == 1 else pages
            yield Line(n, text % {"n": told(n)}, page)
