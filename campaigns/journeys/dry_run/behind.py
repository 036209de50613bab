"""Some of the people behind a number of a dry run: nobody's name is kept with it, so a few of them
are walked through once more when somebody asks."""

from pyroaring import BitMap

from campaigns.journeys.dry_run import beginnings
from campaigns.journeys.dry_run.plans import plan
from campaigns.journeys.dry_run.snapshot import read_only
from campaigns.journeys.dry_run.walking import Walk
from campaigns.models import DryRun, Run

LOOKED_AT, SHOWN = 300, 20


def some(row: DryRun, step: str, way: str | None) -> list[int]:
    """Customers who left the step by the way, or (None) came to it; of an even sample. Raises
    InvalidJourney, CannotBeTried."""
    one = plan(row.journey, row.definition, row.since, row.until)

    def looked() -> list[int]:
        people = beginnings.people(one.journey.trigger, one.version, one.span)
        every = -(-len(people) // LOOKED_AT) or 1
        walk = Walk(one, BitMap(list(people)[::every])).gone()
        came = {
            run
            for run, _visit, at, _when, _said, by in walk.history
            if at == step
            if way is None or by == way
        }
        if way is None:
            came |= {
                run.pk
                for run in walk.runs.values()
                if run.state == Run.State.ACTIVE and run.step == step
            }
        return sorted({walk.runs[run].customer_id for run in came})[:SHOWN]

    return read_only(looked)
