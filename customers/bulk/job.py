"""The job: an act on all rows of a list as it was filtered.

It knows its list and filter and not its rows: each batch takes the rows of the next window of ids
that the filter shows to whoever began it, none that they may not see any more.
"""

from collections import Counter
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.jobs import running
from crm_project.jobs.kinds import POISON, Piece, Refused, RowsKind
from crm_project.jobs.models import Job
from customers.bulk import approval
from customers.bulk.acts import Act, acts, offered
from customers.bulk.listing import CHOSEN, listed
from customers.models import Workspace
from customers.privacy.sealing import scrubbed


def begin(
    act: type[Act],
    *,
    label: str,
    query: str,
    params: dict,
    reason: str,
    starts_journeys: bool = False,
    by,
    now: datetime,
    more: dict | None = None,
) -> Job:
    """The act is done to all rows that the list shows with this filter, soon, or once somebody
    else has approved it. Raises PermissionDenied."""
    if act not in offered(by, label):
        raise PermissionDenied
    last = apps.get_model(label)._default_manager.aggregate(last=Max("pk"))["last"] or 0
    wanted = {"act": act.key, "list": label, "query": query, "last_id": last, "said": params}
    wanted |= more or {}
    planned = Job(kind=Bulk.key, params=wanted, by=by)
    wanted |= approval.above(listed(planned, admin_of(planned)))
    with transaction.atomic():
        job = running.begin(
            Bulk, params=wanted, reason=reason, starts_journeys=starts_journeys, by=by, now=now
        )
        if approval.ABOVE in wanted:
            approval.ask(job, by=by, now=now)
    return job


class Bulk(RowsKind):
    """Windows of ids up to what was the last one at the beginning."""

    key, label = "bulk", gettext_lazy("act on a list")
    window, most = 2_000, 20_000

    def permissions(self):
        return tuple({act.permission for act in acts})

    def refuse(self, job):
        by = job.by
        if not (by and by.is_active and act_of(job) in offered(by, job.params["list"])):
            raise Refused(_("Whoever began it may not do this any more."))
        if job.pk:
            approval.take(job)

    def rows(self, job, window):
        last = job.params["last_id"]
        until = min(job.cursor + window, last)
        shown = listed(job, admin_of(job)).filter(pk__gt=job.cursor, pk__lte=until)
        return Piece(list(shown.order_by("pk")), until, until >= last)

    def carry_out(self, job, rows, now) -> Counter:
        list_admin = admin_of(job)
        list_admin.enrich(rows)
        return act_of(job)().carry_out(job, rows, list_admin, now)

    def finish(self, job, now):
        act_of(job)().finish(job, admin_of(job), now)

    @contextmanager
    def surroundings(self, job):
        with timezone.override(ZoneInfo(Workspace.get().time_zone)):
            yield

    # -- how it is shown

    def title(self, job):
        return approval.title(job.params)

    def about(self, job):
        act = acts.by_key.get(job.params["act"])
        return act().gives(job) if act else None

    def facts(self, job):
        said = [
            f"{name} = {value}"
            for name, value in QueryDict(job.params.get("query", "")).items()
            if name != CHOSEN
        ]
        waits = approval.ABOVE in job.params and not job.memo.get(approval.TAKEN)
        return [
            (_("filter"), ", ".join(said) or _("everything")),
            *([(_("approval"), _("waiting for approval"))] if waits and not job.is_over else []),
        ]

    def words(self, job, reason):
        act = acts.by_key.get(job.params["act"])
        return act().words(reason) if act and reason != POISON else super().words(job, reason)

    def share(self, job):
        return min(job.cursor / max(job.params["last_id"], 1), 1.0)

    def kept(self, job):
        act = acts.by_key.get(job.params["act"])
        return act().kept(job) if act else super().kept(job)

    def act(self, job):
        return f"bulk.{job.params['act']}"

    def audited(self, job):
        return {
            "list": job.params["list"],
            "filter": sorted(QueryDict(job.params["query"])),
            "reason": scrubbed(job.reason),
            "starts_journeys": job.starts_journeys,
            **act_of(job)().audited(job),
        }


def act_of(job: Job) -> type[Act]:
    """Raises Refused where there is no such act any more."""
    act = acts.by_key.get(job.params["act"])
    if act is None:
        raise Refused(_("Nobody knows this kind of work any more."))
    return act


def admin_of(job: Job):
    return admin.site.get_model_admin(apps.get_model(job.params["list"]))
