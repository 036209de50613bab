"""What a journey has to say about a message of its own that is about to leave: whoever reached its
goal a second ago is not asked to any more, whoever called an appointment off is not reminded."""

from collections import defaultdict
from datetime import datetime

from campaigns.delivery.checks import Check
from campaigns.journeys import about, definition, goals
from campaigns.models import Message, Run
from crm_project.db.sets import among, light

COLUMNS = (*goals.COLUMNS, "state")


class LeftJourney(Check):
    """Whoever left before, and whoever has a reason to leave now."""

    key = "journey"

    def stops(self, messages, now):
        found = about.stopped(messages, now)
        return found | self.of_runs([m for m in messages if m.pk not in found], now)

    def of_runs(self, messages: list[Message], now: datetime) -> dict[int, str]:
        runs = {m.run_id for m in messages} - {None}
        if not runs:
            return {}
        gone: set[int] = set()
        under_way: dict[int, list[Run]] = defaultdict(list)
        for run in light(Run.objects.filter(among("pk", runs)), *COLUMNS):
            if run.state == Run.State.EXITED:
                gone.add(run.pk)
            else:
                under_way[run.version_id].append(run)
        for version, those in under_way.items():
            gone |= self.leaving(version, those, now)
        return {m.pk: "left_journey" for m in messages if m.run_id in gone}

    def leaving(self, version: int, runs: list[Run], now: datetime) -> set[int]:
        try:
            ways_out = definition.of_version(version).ways_out
        except definition.InvalidJourney:  # it names what is there no more; so nobody moves in it
            return set()
        return set(ways_out.found(runs, now))
