"""Moving those under way, in the background: batch by batch, each in one transaction with the job's
place, so that a kill repeats nothing.

Who cannot be moved just now (being walked, a message on its way) is come back to until they can be,
for two days at most.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.definition import InvalidJourney
from campaigns.journeys.versions import moving
from campaigns.models import Journey, VersionMove
from crm_project.jobs import running
from crm_project.jobs.kinds import JobKind, Refused
from crm_project.jobs.models import Job
from crm_project.queue import wakeups
from customers.approval import deciding
from customers.models import AuditEntry

APPROVAL = "journey_move"  # campaigns/journeys/versions/approval.py
REST, LONGEST = timedelta(seconds=20), timedelta(hours=48)
WAITS = "on_its_way"


class MoveRuns(JobKind):
    key, label, icon = "move_runs", gettext_lazy("moving those under way"), "swap_calls"
    permission = "campaigns.change_journey"
    most = 5_000

    def move(self, job: Job) -> VersionMove:
        found = VersionMove.objects.select_related("journey", "to_version")
        move = found.filter(pk=job.params.get("move")).first()
        if move is None:
            raise Refused(_("What was to be done is gone."))
        return move

    def plan(self, job: Job) -> moving.Plan:
        move = self.move(job)
        if move.journey.published_id != move.to_version_id:
            raise Refused(_("Another version was published meanwhile: look at it anew."))
        try:
            return moving.Plan(move)
        except InvalidJourney as wrong:
            raise Refused(wrong.messages[0]) from wrong

    def total(self, job):
        return self.plan(job).concerned().count()

    def step(self, job, now, until):
        plan = self.plan(job)
        behind = plan.concerned().filter(pk__gt=job.cursor).order_by("pk")
        ids = list(behind.values_list("pk", flat=True)[: job.window])
        if ids:
            job.count({"": moving.move_some(plan, ids, now)})
            job.cursor = ids[-1]
            wakeups.wake("react")
        if len(ids) == job.window:
            return False
        left = plan.concerned().count()
        if left and now - (job.begun_at or now) < LONGEST:
            job.cursor, self.rest = 0, REST
            return False
        job.count({WAITS: left})
        return True

    def about(self, job):
        return Journey.objects.filter(moves=job.params.get("move")).first()

    def words(self, job, reason):
        if reason == WAITS:
            return _("a message of theirs was still on its way")
        return super().words(job, reason)


def begin(move: VersionMove, *, by, now: datetime) -> Job:
    """They are moved soon. Sent twice it is one job. Raises Refused, and NotApproved where somebody
    else has to look at it first."""
    with transaction.atomic():
        move = (
            VersionMove.objects.select_for_update(of=("self",))
            .select_related("job")
            .get(pk=move.pk)
        )
        if move.job:
            return move.job
        deciding.use(APPROVAL, move, described(move), by=by, now=now)
        move.job = running.begin(MoveRuns, params={"move": move.pk}, by=by, now=now)
        move.save(update_fields=["job"])
        AuditEntry.objects.create(
            by=by,
            act="journey.move",
            subject=f"journey:{move.journey_id}",
            details={"version": move.to_version.number, "job": move.job.pk},
        )
    return move.job


def described(move: VersionMove) -> dict:
    """What is approved of it."""
    return {
        "journey": move.journey.name,
        "version": move.to_version.number,
        "mapping": move.mapping,
    }
