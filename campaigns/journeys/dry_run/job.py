"""A dry run in the background: some customers at a time, each batch over the whole stretch of time,
in a transaction that can write nothing. What is counted is kept with the row."""

from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyroaring import BitMap

from campaigns.journeys.definition import InvalidJourney
from campaigns.journeys.dry_run import beginnings
from campaigns.journeys.dry_run.beginnings import CannotBeTried
from campaigns.journeys.dry_run.plans import Plan, plan
from campaigns.journeys.dry_run.snapshot import read_only
from campaigns.journeys.dry_run.tally import Tally
from campaigns.journeys.dry_run.walking import Walk
from campaigns.journeys.format import current
from campaigns.models import DryRun, Journey
from crm_project.jobs import running
from crm_project.jobs.kinds import JobKind, Refused
from crm_project.jobs.models import Job

MOST_DAYS = 90
MOST_PEOPLE = 50_000  # of more, one in so many is looked at
KEPT = 5  # of one journey
GIVEN = "given"  # in the job's memo: coupons that were imagined so far, by batch


def begin(
    journey: Journey, stored: dict, *, days: int, is_draft: bool, by, now: datetime
) -> DryRun:
    """It is worked on soon. Raises InvalidJourney, Refused."""
    span = now - timedelta(days=min(days, MOST_DAYS)), now
    journey_read = plan(journey, stored, *span)
    beginnings.kind_of(journey_read.journey.trigger)
    with transaction.atomic():
        Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
        row = DryRun.objects.create(
            journey=journey,
            by=by,
            is_draft=is_draft,
            definition=current(stored),
            since=span[0],
            until=span[1],
            created_at=now,
        )
        row.job = running.begin(
            DryRunJob, params={"dry_run": row.pk, "journey": journey.pk}, by=by, now=now
        )
        row.save(update_fields=["job"])
        kept = journey.dry_runs.order_by("-pk").values_list("pk", flat=True)[:KEPT]
        journey.dry_runs.exclude(pk__in=list(kept)).delete()
    return row


class DryRunJob(JobKind):
    key, label, icon = "dry_run", gettext_lazy("dry run of a journey"), "science"
    permission = "campaigns.change_journey"
    window, most = 50, 2_000

    def title(self, job):
        return _("dry run of a journey")

    def about(self, job):
        return Journey.objects.filter(pk=job.params.get("journey")).first()

    def total(self, job):
        """Everybody for whom it may begin, or some of them where they are very many."""
        row = self.row(job)
        tried = self.plan(row)
        people = read_only(
            lambda: beginnings.people(tried.journey.trigger, tried.version, tried.span)
        )
        row.people, row.one_in = len(people), max(1, -(-len(people) // MOST_PEOPLE))
        if row.one_in > 1:
            people = BitMap(one for one in people if one % row.one_in == 0)
        row.waiting = people.serialize()
        row.save(update_fields=["people", "one_in", "waiting"])
        return len(people)

    def step(self, job, now, until):
        row = self.row(job)
        tried, waiting = self.plan(row), BitMap.deserialize(bytes(row.waiting))
        some = waiting[: job.window]
        given = Counter(job.memo.get(GIVEN, {}))
        if some:
            tally = read_only(lambda: Walk(tried, some, given).gone().tally)
            row.result = Tally(Tally.read(row.result) + tally).stored()
        waiting -= some
        row.waiting = waiting.serialize() if waiting else b""
        row.ended_at = None if waiting else now
        row.save(update_fields=["result", "waiting", "ended_at"])
        job.memo[GIVEN] = dict(given)
        job.cursor += len(some)
        job.count({"": len(some)})
        return not waiting

    @staticmethod
    def row(job: Job) -> DryRun:
        row = DryRun.objects.select_related("journey").filter(pk=job.params["dry_run"]).first()
        if row is None:
            raise Refused(_("The dry run was deleted."))
        return row

    @staticmethod
    def plan(row: DryRun) -> Plan:
        """Raises Refused where what it names is not there any more."""
        try:
            found = plan(row.journey, row.definition, row.since, row.until)
            beginnings.kind_of(found.journey.trigger)
        except (InvalidJourney, CannotBeTried) as wrong:
            raise Refused(str(wrong)) from wrong
        return found
