"""A journey's dry run: how many days, the bar while it is under way, and what came of it on the
same cards as in the editor."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.admin.journey_dry_run_cards import Shown
from campaigns.admin.journey_person import SEES
from campaigns.journeys.definition import InvalidJourney
from campaigns.journeys.dry_run import behind, job
from campaigns.journeys.dry_run.beginnings import CannotBeTried
from campaigns.journeys.editor import drafts
from campaigns.journeys.editor.marks import BEGINNING, marks
from campaigns.models import DryRun, Journey
from crm_project.admin import Form, once
from crm_project.bounds import whole_in
from crm_project.jobs.kinds import Refused
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.models import Customer

DRAFT, LIVE = "draft", "live"


class DaysForm(Form):
    days = forms.IntegerField(
        label=gettext_lazy("the last days"),
        min_value=1,
        max_value=job.MOST_DAYS,
        initial=30,
        help_text=gettext_lazy("At most 90."),
    )
    which = forms.ChoiceField(
        label=gettext_lazy("what is tried"),
        choices=[
            (DRAFT, gettext_lazy("the draft")),
            (LIVE, gettext_lazy("the published version")),
        ],
        initial=DRAFT,
    )

    def __init__(self, data=None, *, is_published: bool):
        super().__init__(data)
        if not is_published:
            del self.fields["which"]


class TriesJourneys:
    """For the admin of journeys."""

    @method_decorator(once.sent_once)
    def dry_run_view(self, request, pk: int):
        journey = Journey.objects.select_related("published").filter(pk=pk).first()
        if journey is None:
            raise Http404
        if not self.has_view_permission(request, journey):
            raise PermissionDenied
        form = DaysForm(request.POST or None, is_published=journey.published is not None)
        problems: list[str] = []
        if request.method == "POST":
            if not self.has_change_permission(request, journey):
                raise PermissionDenied
            if form.is_valid():
                try:
                    row = begun(journey, form.cleaned_data, request.user)
                except InvalidJourney as wrong:
                    problems = wrong.messages
                except (CannotBeTried, Refused) as refused:
                    problems = [str(refused)]
                else:
                    page = f"{dry_run_page(journey)}?run={row.pk}"
                    once.made(request, page)
                    return HttpResponseRedirect(page)
        return self.dry_run_page_of(request, journey, form, problems)

    def dry_run_page_of(self, request, journey: Journey, form: DaysForm, problems: list[str]):
        may_begin = self.has_change_permission(request, journey)
        runs = list(journey.dry_runs.select_related("job", "by").order_by("-pk")[: job.KEPT])
        asked = whole_in(request.GET.get("run", ""))
        row = next((one for one in runs if one.pk == asked), runs[0] if runs else None)
        shown = Shown(row) if row else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Dry run: %(name)s") % {"name": journey.name},
            "journey": journey,
            "form": form,
            "problems": problems,
            "wrong": wrong_steps(journey) if may_begin else [],
            "may_begin": may_begin,
            "runs": runs,
            "row": row,
            "progress": progress(request, row),
            "shown": shown,
            "behind": behind_number(request, shown),
            "back": self.page_of(journey),
            "may_try_one": request.user.has_perms(SEES),
        }
        return TemplateResponse(request, "campaigns/journeys/dry_run.html", context)


def dry_run_page(journey: Journey) -> str:
    return reverse("admin:campaigns_journey_dry_run", args=[journey.pk])


def begun(journey: Journey, said: dict, by) -> DryRun:
    """Raises InvalidJourney, CannotBeTried, Refused."""
    is_draft = said.get("which", DRAFT) == DRAFT or journey.published is None
    stored = drafts.opened(journey) if is_draft else journey.published.definition
    return job.begin(
        journey, stored, days=said["days"], is_draft=is_draft, by=by, now=database_now()
    )


def behind_number(request, shown: Shown | None) -> dict | None:
    """Some of the people of the step and way that the address asks for, for whoever may see
    them."""
    step, way = request.GET.get("step", ""), request.GET.get("way")
    if not step or not (shown and shown.sees_people and shown.journey):
        return None
    if step not in shown.journey.steps:
        return None
    try:
        found = behind.some(shown.row, step, way)
    except (InvalidJourney, CannotBeTried):
        return None
    people = Customer.objects.alive().filter(pk__in=found).order_by("-pk")
    label = str(shown.journey.steps[step].exits.get(way, "")) if way else ""
    return {"sentence": shown.sentence(step), "way": label, "people": list(people)}


def wrong_steps(journey: Journey) -> list[tuple[str, str]]:
    """Every mark of the draft, with the place in the editor."""
    found = marks(drafts.opened(journey))
    return [
        ("trigger" if step == BEGINNING else step, text)
        for step, texts in found.items()
        for text in texts
    ]


def progress(request, row: DryRun | None) -> dict | None:
    """The bar, while it is under way, for whoever began it or may look at all work."""
    if row is None or row.job is None or row.job.state == Job.State.DONE:
        return None
    page = admin.site.get_model_admin(Job)
    if not page.has_view_permission(request, row.job):
        return {"is_hidden": True}
    return page.page_context(request, row.job)
