"""Moving those under way needs a second pair of eyes where publishing does."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.approval import PublishingOfJourney
from campaigns.journeys.versions import jobs
from campaigns.journeys.versions.foreseeing import where_words
from campaigns.journeys.versions.mapping import STAY
from campaigns.models import JourneyVersion, VersionMove
from customers.approval.kinds import Kind


class MovingOfRuns(Kind):
    key, label = "journey_move", gettext_lazy("moving those under way in a journey")
    model, permission = VersionMove, "campaigns.view_journey"
    is_switched = False  # but with publishing

    def is_needed(self, row: VersionMove) -> bool:
        return PublishingOfJourney().is_needed(row.journey)

    def name(self, row: VersionMove) -> str:
        return row.journey.name

    def content(self, row: VersionMove) -> dict:
        return jobs.described(row)

    def words(self, content: dict) -> list[tuple[str, str]]:
        versions = JourneyVersion.objects.in_bulk([int(pk) for pk in content["mapping"]])
        lines = [
            (_("journey"), content["journey"]),
            (_("to version"), f"v{content['version']}"),
        ]
        for pk, steps in content["mapping"].items():
            row = versions.get(int(pk))
            name = f"v{row.number}" if row else pk
            lines += [
                (f"{name}: {step or _('beginning')}", where_words(where))
                for step, where in steps.items()
                if where != STAY
            ]
        return lines
