"""What needs staff about journeys: customers who are held, because a step went wrong."""

from collections import Counter

from django.urls import reverse
from django.utils.translation import ngettext

from campaigns.journeys.trouble import IN_TROUBLE
from campaigns.models import Journey, Run
from crm_project.attention import MOST, Line, Need, told


class Held(Need):
    """Per journey; nobody but a person lets them go on."""

    key, permission, icon, is_urgent = "held_runs", "campaigns.change_journey", "pan_tool", False

    def lines(self, user, now):
        held = Run.objects.filter(IN_TROUBLE, held_at__isnull=False)
        counted = Counter(held.values_list("journey", flat=True)[:MOST])
        names = Journey.objects.in_bulk(list(counted))
        for journey, n in counted.most_common(5):
            text = ngettext(
                "%(n)s customer is held in the journey “%(name)s”: a step went wrong",
                "%(n)s customers are held in the journey “%(name)s”: a step went wrong",
                n,
            )
            url = reverse("admin:campaigns_journey_change", args=[journey])
            yield Line(n, text % {"n": told(n), "name": names[journey].name}, url)
