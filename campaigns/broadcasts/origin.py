"""What campaigns say about their messages."""

from datetime import timedelta

from django.db.models import Q

from campaigns.delivery.origins import Origin
from campaigns.models import Campaign

Status = Campaign.Status
# For so long a message may come back to the queue: one whose worker died while it was sent.
LATE = timedelta(days=1)


class OfCampaigns(Origin):
    key = "campaign"

    def held(self):
        stopped = Campaign.objects.filter(status__in=[Status.PAUSED, Status.CANCELLED])
        return Q(campaign_id__in=stopped.values("pk"))

    def subject(self, message):
        if not message.campaign_id:
            return ""
        slot = f":{message.slot_id}" if message.slot_id else ""  # older ones name none
        return f"campaign:{message.campaign_id}{slot}"

    def withdrawn(self, now):
        over = Campaign.objects.filter(status=Status.CANCELLED, ended_at__gt=now - LATE)
        return Q(campaign_id__in=over.values("pk")), "campaign_cancelled"
