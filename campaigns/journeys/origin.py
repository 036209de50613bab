"""What journeys say about the messages that their steps asked for."""

from django.db.models import Q

from campaigns.delivery.origins import Origin
from campaigns.models import Journey


class OfJourneys(Origin):
    key = "journey"

    def held(self):
        paused = Journey.objects.filter(status=Journey.Status.PAUSED)
        return Q(journey_id__in=paused.values("pk"))

    def subject(self, message):
        return f"journey:{message.journey_id}" if message.journey_id else ""
