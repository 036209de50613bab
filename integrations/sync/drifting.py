"""Sources that send less or other than they did, for whoever connects them."""

from django.urls import reverse
from django.utils.translation import gettext as _

from crm_project.attention import Line, Need
from integrations.sync import home


class Drift(Need):
    key, permission, icon = "drift", "customers.view_source", "trending_down"

    def lines(self, user, now):
        if said := home.drift(now):
            more = _(" (and %(n)s more)") % {"n": len(said) - 1} if len(said) > 1 else ""
            yield Line(len(said), said[0] + more, reverse("ways_in"))
