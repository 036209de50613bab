"""Beginning, working through, cancelling.

A run knows its list and filter and not its rows: each step takes the rows of the next window of ids
that the filter shows to whoever began it, does the act to them, and moves on in the same
transaction. A worker that dies repeats nothing and leaves nothing out.
"""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.http import QueryDict
from django.test import RequestFactory
from django.utils import timezone, translation

from crm_project.bounds import whole_in
from crm_project.queue import lanes
from crm_project.queue.due import database_now, work_through
from crm_project.web import viewer
from customers.bulk.acts import Act, Refused, acts, offered
from customers.models import AuditEntry, BulkRun, ExportPart, Workspace
from customers.privacy.sealing import scrubbed

IDS_AT_ONCE = 20_000
LEASE_SECONDS = 120
EXPIRES = timedelta(hours=24)
CHOSEN = "ids"  # in the query: these rows only


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
) -> BulkRun:
    """The act is done to all rows that the list shows with this filter, soon. Raises
    PermissionDenied."""
    if act not in offered(by, label):
        raise PermissionDenied
    last = apps.get_model(label)._default_manager.aggregate(last=Max("pk"))["last"] or 0
    with transaction.atomic():
        run = BulkRun.objects.create(
            act=act.key,
            list=label,
            query=query,
            params=params,
            reason=reason,
            starts_journeys=starts_journeys,
            language=translation.get_language() or "",
            by=by,
            last_id=last,
            created_at=now,
            due_at=now,
            expires_at=now + EXPIRES,
        )
        details = {
            "filter": sorted(QueryDict(query)),
            "reason": scrubbed(reason),
            "starts_journeys": starts_journeys,
        }
        audit(run, "begin", details)
    return run


def audit(run: BulkRun, what: str, details: dict) -> None:
    AuditEntry.objects.create(
        by=run.by,
        act=f"bulk.{run.act}.{what}"[:60],
        subject=f"bulkrun:{run.pk}",
        details={"list": run.list, **details},
    )


def cancel(run: BulkRun, now: datetime) -> bool:
    """No further row is touched. False when it was over already."""
    return bool(
        BulkRun.objects.filter(pk=run.pk, ended_at=None).update(
            cancelled_at=now, ended_at=now, due_at=None, token=None
        )
    )


def work() -> int:
    """The next window of a run that is due; how many runs were looked at."""
    return work_through(BulkRun.objects.select_related("by"), step, limit=1, seconds=LEASE_SECONDS)


def step(runs: list[BulkRun], now: datetime) -> None:
    for run in runs:
        with (
            viewer.seen_by(run.by),
            translation.override(run.language or None),
            timezone.override(ZoneInfo(Workspace.get().time_zone)),
        ):
            try:
                advance(run, now)
            except (Refused, PermissionDenied) as refused:
                end(run, now, error=str(refused) or "PermissionDenied")
        run.save()


def advance(run: BulkRun, now: datetime) -> None:
    """One window further, or at its end."""
    act, model_admin = acts[run.act](), admin.site.get_model_admin(apps.get_model(run.list))
    until = min(run.cursor + IDS_AT_ONCE, run.last_id)
    rows = list(listed(run, model_admin).filter(pk__gt=run.cursor, pk__lte=until).order_by("pk"))
    if rows:
        model_admin.enrich(rows)
        with lanes.mass(), lanes.history(not run.starts_journeys):
            found = act.carry_out(run, rows, model_admin, now)
        run.done_rows += found.pop("", 0)
        run.skipped = dict(Counter(run.skipped) + found)
    run.cursor = until
    if until < run.last_id:
        run.done(due_at=now)
    else:
        act.finish(run, model_admin, now)
        end(run, now)
        audit(run, "end", {"done": run.done_rows, "skipped": run.skipped})


def end(run: BulkRun, now: datetime, *, error: str = "") -> None:
    run.done()
    run.error, run.ended_at = error, now


def asking(run: BulkRun):
    """The list as whoever began the run asked for it."""
    query = QueryDict(run.query, mutable=True)
    query.pop(CHOSEN, None)
    request = RequestFactory().get("/", QUERY_STRING=query.urlencode())
    request.user = get_user_model().objects.get(pk=run.by_id)
    request.resolver_match = None
    return request


def listed(run: BulkRun, model_admin):
    """The rows that the list shows to whoever began the run, with its filter; none that they may
    not see any more."""
    request, chosen = asking(run), QueryDict(run.query).get(CHOSEN, "")
    if not (request.user.is_active and model_admin.has_view_permission(request)):
        raise PermissionDenied
    rows = model_admin.get_changelist_instance(request).get_queryset(request)
    if chosen:
        rows = rows.filter(
            pk__in=[pk for said in chosen.split(",") if (pk := whole_in(said)) is not None]
        )
    return rows


def upkeep() -> None:
    """A beat's look: what is due, and exports whose time is over."""
    while work():
        pass
    ExportPart.objects.filter(run__expires_at__lte=database_now()).delete()
