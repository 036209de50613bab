"""What needs whoever connects accounts: one that fails."""

from django.urls import reverse
from django.utils.translation import ngettext

from crm_project.attention import MOST, Line, Need, told
from crm_project.templatetags.hutong import page_of
from customers import connection_health as health


class Failing(Need):
    """The last thing that went through it went wrong."""

    key, permission, icon = "connections", "customers.view_connection", "hub"
    is_urgent = True

    def lines(self, user, now):
        found = list(health.failing()[:MOST])
        if n := len(found):
            text = ngettext("%(n)s connection fails", "%(n)s connections fail", n)
            page = page_of(found[0]) if n == 1 else reverse("admin:customers_connection_changelist")
            yield Line(n, text % {"n": told(n)}, page)
