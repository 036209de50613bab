"""The same stretch of time twice: as the real engine lived it, moment by moment, and as a dry run
imagines it afterwards."""

from datetime import datetime

from django.db.models import Min

from campaigns.delivery import sender
from campaigns.journeys.dry_run import beginnings
from campaigns.journeys.dry_run.plans import plan
from campaigns.journeys.dry_run.walking import Walk
from campaigns.models import Coupon, GoalReached, Journey, Message, Run, RunStep
from tests.campaigns.test_journeys import settle
from tests.clock import MovedClock


def live(clock: MovedClock, now: datetime, until: datetime, channels=("in_app",)) -> None:
    """Whatever is due between the two is done at its very moment."""
    while True:
        clock.stand(now)
        settle()
        for channel in channels:
            sender.send_due(channel)
        due = [
            rows.aggregate(at=Min("due_at"))["at"]
            for rows in (
                Run.objects.filter(state="active"),
                Message.objects.filter(state="queued"),
            )
        ]
        coming = min(filter(None, due), default=None)
        if coming is None or coming > until:
            break
        now = max(coming, now)
    clock.stand(until)


def imagined(journey: Journey, since: datetime, until: datetime, stored=None) -> Walk:
    one = plan(journey, stored or journey.published.definition, since, until)
    return Walk(one, beginnings.people(one.journey.trigger, one.version, one.span)).gone()


def as_lived(journey: Journey) -> list:
    """Each run: who, how they entered, where they stand, every step, what was sent, given."""
    reached = dict(GoalReached.objects.values_list("run", "at"))
    return sorted(
        (
            run.customer_id,
            run.entry_key,
            run.entered_at,
            run.state,
            run.outcome,
            run.step,
            run.is_held_out,
            [
                (one.step, one.at, one.outcome, one.way)
                for one in RunStep.objects.filter(run=run).order_by("visit")
            ],
            sorted(
                (m.step, m.channel, m.state, m.reason, m.sent_at)
                for m in Message.objects.filter(run_id=run.pk)
            ),
            Coupon.objects.filter(run_id=run.pk)
            .exclude(state__in=["withdrawn", "pending"])
            .count(),
            reached.get(run.pk),
        )
        for run in Run.objects.filter(journey=journey)
    )


def as_imagined(walk: Walk) -> list:
    return sorted(
        (
            run.customer_id,
            run.entry_key,
            run.entered_at,
            run.state,
            run.outcome,
            run.step,
            run.is_held_out,
            [
                (step, at, said, way)
                for pk, _visit, step, at, said, way in walk.history
                if pk == run.pk
            ],
            sorted(
                (m.step, m.channel, m.state, m.reason, m.sent_at)
                for m in walk.messages
                if m.run_id == run.pk
            ),
            walk.effects.given_to[run.pk],
            min(one.at, walk.past.now) if (one := walk.effects.reached.get(run.pk)) else None,
        )
        for run in walk.runs.values()
    )
