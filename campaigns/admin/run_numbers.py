"""The runs behind a number of a journey's page, as a filter of their list."""

from datetime import date

from django.contrib.admin import SimpleListFilter
from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.admin.journey_numbers import read
from campaigns.models import Assignment, GoalReached, Run, RunStep
from crm_project.bounds import whole_in

WORDS = {
    "waiting": _("stand here now"),
    "entered": _("came"),
    "left": _("left"),
    "began": _("entered"),
    "goal": _("reached the goal"),
}


class BehindNumber(SimpleListFilter):
    """`numbers=left|s3|yes|2026-11-01|treated`: who came to a step, stands there or left it; who
    entered the journey or reached its goal, of the version that `way` names."""

    title, parameter_name = _("number of the journey"), "numbers"

    def lookups(self, request, model_admin):
        asked = read(request.GET.get(self.parameter_name, ""))
        return [(request.GET[self.parameter_name], WORDS[asked[0]])] if asked else []

    def queryset(self, request, queryset):
        asked = read(self.value() or "")
        return behind(queryset, *asked) if asked else queryset


def behind(
    runs: QuerySet, kind: str, step: str, way: str, since: date | None, arm: str
) -> QuerySet:
    """Those of the runs that the number counts: the same rows that its triggers counted."""
    if arm:
        runs = runs.filter(is_held_out=arm != Assignment.Arm.TREATED)
    if kind in ("began", "goal"):
        runs = runs.filter(version=whole_in(way) or 0) if way else runs
        if kind == "began":
            return on_days(runs, "entered_at", since)
        goals = GoalReached.objects.filter(run=OuterRef("pk"))
        return runs.filter(Exists(on_days(goals, "at", since)))
    stands = Q(state=Run.State.ACTIVE, step=step)
    if kind == "waiting":
        return runs.filter(stands)
    visits = RunStep.objects.filter(run=OuterRef("pk"), step=step)
    if kind == "left":
        return runs.filter(Exists(on_days(visits.filter(way=way), "at", since)))
    if since is None:
        return runs.filter(stands | Exists(visits))
    came = visits.annotate(came=came_at("run", F("run__entered_at")))
    here = Run.objects.filter(stands, pk=OuterRef("pk")).annotate(
        came=came_at("pk", F("entered_at"))
    )
    return runs.filter(Exists(on_days(came, "came", since)) | Exists(on_days(here, "came", since)))


def came_at(run: str, entered) -> Coalesce:
    """When a visit began: when the one before it was left, or with the journey."""
    left = RunStep.objects.filter(run=OuterRef(run), visit=OuterRef("visit") - 1).values("at")
    return Coalesce(Subquery(left), entered, output_field=DateTimeField())


def on_days(rows: QuerySet, column: str, since: date | None) -> QuerySet:
    """Of days of the zone that is shown, from this one on."""
    if since is None:
        return rows
    zone = timezone.get_current_timezone()
    return rows.annotate(day=TruncDate(column, tzinfo=zone)).filter(day__gte=since)
