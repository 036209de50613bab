"""What of a journey can be walked in imagination."""

from datetime import datetime

from campaigns.journeys import definition
from campaigns.journeys.dry_run.beginnings import Span
from campaigns.journeys.dry_run.walking import Plan
from campaigns.models import Journey, JourneyVersion


def plan(journey: Journey, stored: dict, since: datetime, until: datetime) -> Plan:
    """Raises InvalidJourney where the draft cannot run as it is drawn.

    Steps that others answer (staff, another system) are gone through by their first way, as if
    switched off: nobody knows what the answer would have been.
    """
    found = definition.check(stored)
    told = [key for key, step in found.steps.items() if step.is_told]
    walked = found.stored
    if told:
        steps = {key: {**part, "off": True} for key, part in walked["steps"].items() if key in told}
        walked = {**walked, "steps": walked["steps"] | steps}
        found = definition.Definition(
            found.trigger, found.steps, found.entry, found.ways_out, walked
        )
    version = JourneyVersion(pk=0, journey=journey, number=0, definition=walked)
    return Plan(version, found, Span(since, until))
