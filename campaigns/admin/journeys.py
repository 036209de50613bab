"""Journeys: told in a sentence, drawn, with who stands where; made by plain forms."""

from django.contrib import admin
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns.admin.absence import AbsenceForm
from campaigns.admin.gift import gift_view
from campaigns.admin.journey_dry_run import TriesJourneys
from campaigns.admin.journey_editor import EditsJourneys
from campaigns.admin.journey_entry import LetsIn
from campaigns.admin.journey_moving import MovesRuns
from campaigns.admin.journey_numbers import PageNumbers
from campaigns.admin.journey_person import TriesOnePerson
from campaigns.admin.journey_portable import Travels
from campaigns.admin.journey_trouble import HelpsStuckRuns
from campaigns.admin.journey_versions import HasVersions
from campaigns.admin.journey_why import ExplainsJourney
from campaigns.admin.packs import packs_view
from campaigns.admin.recipes import OffersRecipes
from campaigns.admin.segment_entered import SegmentEnteredForm
from campaigns.journeys import definition, lifecycle, telling
from campaigns.journeys.approval import PublishingOfJourney
from campaigns.journeys.format import current
from campaigns.journeys.numbers.reading import JourneyNumbers, totals
from campaigns.journeys.picture import Picture, picture
from campaigns.models import Journey, Run
from crm_project.admin import ModelAdmin, act, state
from crm_project.queue.due import database_now
from customers.admin.approvals import AsksApproval
from customers.approval.deciding import NotApproved
from customers.segments import rights

Status = Journey.Status
COLOURS = {
    Status.LIVE: "success",
    Status.PAUSED: "warning",
    Status.ENDED: "danger",
    Status.DRAFT: "info",
    Status.ARCHIVED: "info",
}
ICONS = {
    "trigger": "bolt",
    "issue_coupon": "redeem",
    "send_message": "chat",
    "wait": "hourglass_empty",
    "branch": "call_split",
    "add_tag": "sell",
    "remove_tag": "label_off",
    "wait_for_event": "hourglass_top",
    "wait_for_answer": "hourglass_top",
    "wait_for_booking": "event",
    "wait_until": "schedule",
    "wait_for_hours": "schedule",
    "split": "alt_route",
    "random_split": "shuffle",
    "recommend": "recommend",
    "set_attribute": "edit_note",
    "add_to_list": "playlist_add",
    "remove_from_list": "playlist_remove",
    "staff_task": "task_alt",
    "call_webhook": "webhook",
    "go_to": "replay",
    "end": "flag",
}


def can_be_published(journey: Journey) -> bool:
    return (
        journey.status != Status.ARCHIVED
        and bool(journey.draft)
        and (
            journey.published is None
            or current(journey.published.definition) != current(journey.draft)
        )
    )


class States(admin.SimpleListFilter):
    """Archived ones are shown to whoever asks for them."""

    title, parameter_name = _("status"), "status__exact"

    def lookups(self, request, model_admin):
        return Status.choices

    def queryset(self, request, queryset):
        if self.value() in Status.values:
            return queryset.filter(status=self.value())
        return queryset.exclude(status=Status.ARCHIVED)


@admin.register(Journey)
class JourneyAdmin(
    OffersRecipes,
    AsksApproval,
    EditsJourneys,
    TriesJourneys,
    TriesOnePerson,
    ExplainsJourney,
    HelpsStuckRuns,
    LetsIn,
    HasVersions,
    MovesRuns,
    Travels,
    ModelAdmin,
):
    when_empty = _("A journey says what follows by itself when somebody does something.")
    list_display = (
        "name",
        "status_label",
        "entered",
        "under_way",
        "went_through",
        "left_before",
        "created_at",
    )
    list_filter = (States,)
    search_fields = ("name", "description")
    list_select_related = ("published",)
    ordering = ("-pk",)
    fields = ("name", "description")
    list_top = "campaigns/journeys/begin.html"
    show_add_link = False  # the two ways to begin stand above the list
    panels_above = ("campaigns/journeys/summary.html",)
    panels_below = (
        "campaigns/journeys/let_in.html",
        "campaigns/journeys/trouble.html",
        "campaigns/journeys/versions.html",
    )
    acts = ("publish", "ask_approval", "pause", "resume", "end", "archive", "bring_back")
    approval_kind, approved_act = PublishingOfJourney, "publish"

    status_label = state(COLOURS, "status", _("status"))

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("absence/", view(self.absence), name="campaigns_journey_absence"),
            path("segment/", view(self.segment_entered), name="campaigns_journey_segment"),
            path("recipes/", view(self.recipes_view), name="campaigns_recipes"),
            path("recipes/<slug:key>/", view(self.recipe_view), name="campaigns_recipe"),
            path("packs/", view(self.packs), name="campaigns_packs"),
            path("blank/", view(self.blank_view), name="campaigns_journey_blank"),
            path("<int:pk>/editor/", view(self.editor_view), name="campaigns_journey_editor"),
            path(
                "<int:pk>/editor/act/", view(self.act_on_draft), name="campaigns_journey_editor_act"
            ),
            path("<int:pk>/dry-run/", view(self.dry_run_view), name="campaigns_journey_dry_run"),
            path("<int:pk>/person/", view(self.try_one_view), name="campaigns_journey_try_one"),
            path("<int:pk>/why/", view(self.why_view), name="campaigns_journey_why"),
            path("<int:pk>/let-in/", view(self.let_in_view), name="campaigns_journey_let_in"),
            path("<int:pk>/trouble/", view(self.trouble_view), name="campaigns_journey_trouble"),
            *self.version_urls(),
            *self.moving_urls(),
            *self.portable_urls(),
            *super().get_urls(),
        ]

    def packs(self, request):
        return packs_view(self, request)

    def absence(self, request):
        return gift_view(request, self, AbsenceForm)

    def segment_entered(self, request):
        return gift_view(request, self, SegmentEnteredForm)

    def add_view(self, request, form_url="", extra_context=None):
        """A journey begins with a form that knows what it wants; there is no empty one."""
        return HttpResponseRedirect(reverse("admin:campaigns_journey_absence"))

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.published is None
        )

    def enrich(self, rows):
        by_journey = totals([row.pk for row in rows])
        for row in rows:
            row.counts = counts_of(by_journey[row.pk])

    def page_context(self, request, row):
        shown = row.published.definition if row.published else row.draft
        told = PageNumbers(request, row)
        return {
            "sentence": telling.sentence(shown) if shown else "",
            "may_edit": self.has_change_permission(request, row),
            "may_export": self.may_export(request),
            "picture": drawn(shown, told),
            "numbers": told,
            "counts": {name: rights.numbered(n) for name, n in counts_of(told.of_journey).items()},
            "inside": self.inside(row),
            "earlier": self.earlier(row),
            "in_trouble": self.in_trouble(row),
            "late": self.what_is_late(row),
            "versions": row.versions.select_related("published_by").order_by("-number")[:10],
            "on_older": rights.numbered(n) if (n := self.on_older(row)) else "",
            "has_new_draft": row.published is not None and can_be_published(row),
        }

    @display(description=_("under way"))
    def under_way(self, row):
        return rights.numbered(row.counts["active"])

    @display(description=_("entered so far"))
    def entered(self, row):
        return rights.numbered(row.counts["entered"])

    @display(description=_("went through"))
    def went_through(self, row):
        return rights.numbered(row.counts["completed"])

    @display(description=_("left before the end"))
    def left_before(self, row):
        return rights.numbered(row.counts["exited"])

    # -- moves

    @act(
        _("Publish"),
        icon="rocket_launch",
        style="primary",
        confirm=_(
            "From now on customers enter. Those under way finish on their version, unless you move"
            " them on the next page. Publish?"
        ),
        shown=can_be_published,
        refusals=(definition.InvalidJourney, NotApproved),
    )
    def publish(self, request, journey):
        definition.publish(journey, by=request.user, now=database_now())
        self.message_user(request, _("The journey is live."))
        journey.refresh_from_db()
        # Those under way finish on their version, unless somebody moves them: the page that asks.
        if self.on_older(journey):
            return HttpResponseRedirect(self.moving_address(journey))
        return None

    @act(_("Pause"), icon="pause", shown=lambda journey: journey.status == Status.LIVE)
    def pause(self, request, journey):
        lifecycle.pause(journey, by=request.user)
        self.message_user(
            request, _("The journey is paused: nobody enters, and those under way wait.")
        )

    @act(
        _("Resume"),
        icon="play_arrow",
        style="primary",
        shown=lambda journey: journey.status == Status.PAUSED,
    )
    def resume(self, request, journey):
        if self.what_is_late(journey):
            text = _("Something of it is late: say below what becomes of that.")
            self.message_user(request, text, "warning")
            return
        lifecycle.resume(journey, by=request.user)
        self.message_user(request, _("The journey goes on."))

    @act(
        _("End"),
        icon="stop",
        style="danger",
        confirm=_("Nobody enters any more; those under way finish. End the journey?"),
        shown=lambda journey: journey.status in (Status.LIVE, Status.PAUSED),
    )
    def end(self, request, journey):
        lifecycle.end(journey, by=request.user)
        self.message_user(request, _("The journey has ended."))

    @act(
        _("Archive"),
        icon="archive",
        shown=lambda journey: journey.status in (Status.DRAFT, Status.ENDED),
    )
    def archive(self, request, journey):
        if lifecycle.archive(journey, by=request.user):
            self.message_user(
                request, _("The journey is archived: the filter of the list brings it up.")
            )
        else:
            self.message_user(request, _("Somebody is still under way in it."), "error")

    @act(
        _("Bring back"),
        icon="unarchive",
        style="primary",
        shown=lambda journey: journey.status == Status.ARCHIVED,
    )
    def bring_back(self, request, journey):
        lifecycle.bring_back(journey, by=request.user)
        self.message_user(request, _("The journey is back."))


def counts_of(told: JourneyNumbers) -> dict[str, int]:
    """For the head of a journey: entered = under way + went through + left."""
    return {
        "entered": told.entered,
        "active": told.under_way,
        "completed": told.ended_as(Run.State.COMPLETED),
        "exited": told.ended_as(Run.State.EXITED),
    }


def drawn(stored, told: PageNumbers) -> Picture | None:
    """The picture, each card and way with its icon and numbers; None where it cannot be read."""
    try:
        nodes = telling.graph(stored)
    except definition.InvalidJourney:
        return None
    for node in nodes:
        node["icon"] = ICONS.get(node["kind"], "circle")
        if node["kind"] == "end":
            node["count"] = ""
            continue
        node |= {
            "count": told.waiting(node["id"]),
            "count_url": told.waiting_url(node["id"]),
            "numbers": told.lines(node["id"]),
        }
        for way in node["next"] if node["id"] else ():
            way["count"] = told.way(node["id"], way["way"])
            way["count_url"] = told.way_url(node["id"], way["way"])
    return picture(nodes)
