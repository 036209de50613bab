"""An act on many needs a second pair of eyes, where the workspace says on how many.

Its job is begun and paused; the decision lets it go on or ends it, and the first batch takes the
approval, so that nobody else's resuming lets it through.
"""

from datetime import datetime

from django.apps import apps
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.jobs import kinds as jobs
from crm_project.jobs import running
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.approval import deciding
from customers.approval.kinds import Kind, Refused
from customers.bulk.acts import acts
from customers.bulk.listing import CHOSEN
from customers.models import Workspace

ABOVE = "approval_above"  # in a job's params: it is on more rows than that
TAKEN = "approved"  # in its memo: the first batch has taken the approval
SAID = ("act", "list", "query", "last_id", "said", ABOVE)


class JobOnMany(Kind):
    """A job on more rows than the workspace lets one person work on alone."""

    model = Job
    is_switched = False  # but by a number

    def is_needed(self, row: Job) -> bool:
        return ABOVE in row.params

    def approved(self, row: Job, now: datetime) -> None:
        if not running.resume(row, by=None, now=now):
            raise Refused(_("What was asked for is gone."))

    def rejected(self, row: Job, now: datetime) -> None:
        running.cancel(row, by=None, now=now)


class ActOnMany(JobOnMany):
    key, label = "many", gettext_lazy("an act on many")
    permission = "customers.view_customer"

    def name(self, row: Job) -> str:
        return title(row.params)

    def content(self, row: Job) -> dict:
        return {
            **{name: row.params.get(name) for name in SAID},
            "reason": row.reason,
            "starts_journeys": row.starts_journeys,
        }

    def words(self, content: dict) -> list[tuple[str, str]]:
        act = acts.by_key.get(content["act"])
        about = act and act().gives(Job(params=content))
        asked = QueryDict(content["query"]).items()
        where = ", ".join(f"{name} = {value}" for name, value in asked if name != CHOSEN)
        return [
            (_("what"), title(content)),
            (_("what they get"), str(about or "")),
            (_("filter"), where or _("everything")),
            (_("rows"), _("more than %(n)s") % {"n": content[ABOVE]}),
            (_("why"), content["reason"]),
            (_("starts journeys"), _("yes") if content["starts_journeys"] else _("no")),
        ]


def title(params: dict) -> str:
    act = acts.by_key.get(params["act"])
    try:
        name = apps.get_model(params["list"])._meta.verbose_name_plural
    except LookupError:
        name = params["list"]
    return f"{act.label if act else params['act']} · {capfirst(name)}"


def above(rows) -> dict:
    """What a job on these rows has in its params: the number that they are more than."""
    most = Workspace.get().approval_above
    return {} if most is None or rows[: most + 1].count() <= most else {ABOVE: most}


def ask(job: Job, *, by, now: datetime, kind: type[JobOnMany] = ActOnMany) -> None:
    """It waits for somebody else."""
    running.pause(job, by=by, now=now)
    deciding.ask(kind(), job, by=by, now=now)
    job.refresh_from_db()


def take(job: Job, kind_of: type[JobOnMany] = ActOnMany) -> None:
    """The approval is used by the batch that begins it. Raises the job's Refused."""
    if ABOVE not in job.params or job.memo.get(TAKEN):
        return
    kind = kind_of()
    try:
        deciding.use(kind.key, job, kind.content(job), by=job.by, now=database_now())
    except deciding.NotApproved as refused:
        raise jobs.Refused(str(refused)) from refused
    job.memo[TAKEN] = True
