"""What needs marketers about campaigns: a test is over, and nobody has said what the rest gets."""

from django.db.models import Count, Max
from django.utils.translation import gettext as _

from campaigns.models import Campaign, CampaignSlot
from crm_project.attention import Line, Need
from crm_project.templatetags.hutong import page_of

MOST_NAMED = 5


class WaitingRest(Need):
    """Its variants are counted; nothing goes on before somebody decides."""

    key, permission, icon = "rest_waits", "campaigns.change_campaign", "alt_route"

    def lines(self, user, now):
        waiting = CampaignSlot.objects.filter(
            state=CampaignSlot.State.TESTING, winner="", due_at=None, counted__isnull=False
        ).exclude(campaign__status__in=[Campaign.Status.DONE, Campaign.Status.CANCELLED])
        found = waiting.values("campaign", "campaign__name").annotate(
            n=Count("pk"), latest=Max("decide_at")
        )
        for one in found.order_by("-latest")[:MOST_NAMED]:
            text = _("The test of “%(name)s” is over: say which variant the rest gets")
            page = page_of(Campaign(pk=one["campaign"]))
            yield Line(one["n"], text % {"name": one["campaign__name"]}, page)
