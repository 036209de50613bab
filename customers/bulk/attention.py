"""Exports on a schedule whose file is not where it should be, for whoever exports."""

from django.utils.translation import gettext as _

from crm_project.attention import MOST, Line, Need
from crm_project.templatetags.hutong import page_of
from customers.bulk import scheduled


class NotDelivered(Need):
    key, permission, icon = "scheduled_exports", "customers.export_list", "download"

    def lines(self, user, now):
        for row in scheduled.failing(now)[:MOST]:
            text = _("The export “%(name)s” is not where it should be")
            yield Line(1, text % {"name": row.name}, page_of(row))
