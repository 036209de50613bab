"""A journey's versions: two of them side by side, and an older one restored into the draft."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from campaigns.journeys.editor import drafts
from campaigns.journeys.editor.operations import CannotDo
from campaigns.journeys.format import current
from campaigns.journeys.versions import comparing
from campaigns.models import Journey
from crm_project.bounds import whole_in
from crm_project.queue.due import database_now

DRAFT = "draft"
MOST_LISTED = 200


class HasVersions:
    """For the admin of journeys."""

    def version_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/versions/", view(self.compare_view), name="campaigns_journey_versions"),
            path("<int:pk>/restore/", view(self.restore_view), name="campaigns_journey_restore"),
        ]

    def compare_view(self, request, pk: int, *, status: int = 200, is_stale: bool = False):
        if not self.has_view_permission(request):
            raise PermissionDenied
        journey = Journey.objects.select_related("published").filter(pk=pk).first()
        if journey is None:
            raise Http404
        versions = list(
            journey.versions.select_related("published_by").order_by("-number")[:MOST_LISTED]
        )
        found = {str(one.number): one for one in versions}
        latest = str(journey.published.number) if journey.published else DRAFT
        before = chosen(request.GET.get("from"), found, latest)
        now = chosen(request.GET.get("to"), found, DRAFT)
        compared = comparing.compare(
            definition(journey, before, found), definition(journey, now, found)
        )
        may_edit = self.has_change_permission(request, journey)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Versions of “%(name)s”") % {"name": journey.name},
            "journey": journey,
            "versions": versions,
            "before": before,
            "now": now,
            "before_name": name_of(before),
            "now_name": name_of(now),
            "compared": compared,
            "restorable": sorted({before, now} - {DRAFT}) if may_edit else [],
            "is_stale": is_stale,
            "back": self.page_of(journey),
        }
        page = TemplateResponse(request, "campaigns/journeys/compare.html", context, status=status)
        return page.render()

    def restore_view(self, request, pk: int):
        """The draft is as that version was; what it was before can be undone to."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        journey = self.edited(request, pk)
        number, revision = (
            whole_in(request.POST.get(name, "")) for name in ("version", "revision")
        )
        version = journey.versions.filter(number=number).first() if number is not None else None
        if version is None:
            raise Http404
        try:
            drafts.act(
                journey,
                -1 if revision is None else revision,
                "restore",
                lambda _draft, _mint: current(version.definition),
                by=request.user,
                now=database_now(),
            )
        except drafts.Stale:
            return self.compare_view(request, pk, status=409, is_stale=True)
        except CannotDo as refused:
            self.message_user(request, str(refused), "error")
            return HttpResponseRedirect(self.versions_address(journey))
        self.message_user(
            request,
            _("The draft is version %(number)d again. Undo brings back what it was.")
            % {"number": version.number},
        )
        return HttpResponseRedirect(self.editor_address(journey))

    def versions_address(self, journey: Journey) -> str:
        return reverse("admin:campaigns_journey_versions", args=[journey.pk])


def chosen(asked, found: dict, otherwise: str) -> str:
    return asked if asked == DRAFT or asked in found else otherwise


def definition(journey: Journey, which: str, found: dict):
    return journey.draft if which == DRAFT else found[which].definition


def name_of(which: str) -> str:
    return _("the draft") if which == DRAFT else f"v{which}"
