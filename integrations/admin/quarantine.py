"""What came in and could not be understood: counted, looked at with covered eyes, tried again."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Max, Q
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm_project.admin import Days, ModelAdmin, ReadOnly, act
from crm_project.bounds import whole_in
from crm_project.queue.due import database_now
from customers.models import AuditEntry
from integrations.doors import masking, quarantine, replaying
from integrations.doors.formats import Format
from integrations.doors.problems import Refused
from integrations.models import Quarantine

AT_ONCE = 20  # replayed while somebody waits; more are left to the workers
MOST_REASONS = 50


def known_door(row: Quarantine) -> Format | None:
    """The door that a row came by; None where it is no longer installed."""
    try:
        return replaying.door_of(row)
    except Refused:
        return None


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnly, ModelAdmin):
    """The raw bytes stay sealed: they may hold anything about anybody."""

    list_display = ("received_at", "source", "code", "path", "door", "replayed_at")
    list_filter = ("code", "format", "source", ("received_at", Days))
    list_select_related = ("source",)
    ordering = ("-pk",)
    fields = (("received_at", "source"), ("code", "path"), ("format", "door"), "replayed_at")
    search_fields = ("code", "path")
    search_help_text = _("Reason or place")
    list_top = "integrations/quarantine_reasons.html"
    actions = ("replay_selected",)
    acts = ("replay", "look_inside")

    def get_queryset(self, request):
        return super().get_queryset(request).defer("raw")

    def get_urls(self):
        view = self.admin_site.admin_view(self.replay_all)
        return [
            path("replay-all/", view, name="integrations_quarantine_replay_all"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        waiting = Count("pk", filter=Q(replayed_at=None))
        reasons = Quarantine.objects.values("source", "code", name=F("source__name")).annotate(
            rows=Count("pk"), waiting=waiting, last=Max("received_at")
        )
        reasons = reasons.order_by("-waiting", "-last")[:MOST_REASONS]
        return super().changelist_view(
            request,
            {**(extra_context or {}), "reasons": reasons, "may_replay": self.may_act(request)},
        )

    def has_replay_permission(self, request):
        return self.may_act(request)

    @act(_("Try again"), icon="replay", shown=lambda row: row.replayed_at is None)
    def replay(self, request, row):
        stored = replaying.replay(row, database_now())
        self.tell(request, stored=int(stored), refused=int(not stored), later=0)

    @admin.action(description=_("Try again"), permissions=["replay"])
    def replay_selected(self, request, rows):
        rows = rows.filter(replayed_at=None)
        chosen = list(rows.select_related("source__namespace").order_by("pk")[:AT_ONCE])
        stored = sum(replaying.replay(row, database_now()) for row in chosen)
        rest = rows.exclude(pk__in=[row.pk for row in chosen])
        later = replaying.ask(rest, by=request.user, now=database_now())
        self.tell(request, stored=stored, refused=len(chosen) - stored, later=later)

    def replay_all(self, request):
        """Everything that one source sent and that was refused for one reason; workers do it, in
        order."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_act(request):
            raise PermissionDenied
        source, code = request.POST.get("source", ""), request.POST.get("code", "")
        rows = Quarantine.objects.filter(source=whole_in(source), code=code)
        later = replaying.ask(rows, by=request.user, now=database_now())
        self.tell(request, stored=0, refused=0, later=later)
        AuditEntry.objects.create(
            by=request.user,
            act="quarantine.replay",
            subject=f"source:{source[:20]}",
            details={"code": code[:60], "rows": later},
        )
        return HttpResponseRedirect(self.list_page())

    def tell(self, request, *, stored: int, refused: int, later: int) -> None:
        if stored:
            messages.success(
                request, ngettext("%(n)d was stored.", "%(n)d were stored.", stored) % {"n": stored}
            )
        if refused:
            text = ngettext(
                "%(n)d is still refused, see its reason.",
                "%(n)d are still refused, see their reasons.",
                refused,
            )
            messages.warning(request, text % {"n": refused})
        if later:
            messages.info(
                request,
                ngettext("%(n)d is tried in a moment.", "%(n)d are tried in a moment.", later)
                % {"n": later},
            )

    @act(
        _("Look inside"),
        icon="visibility",
        confirm=_("This may show personal data, and is written into the audit log. Look inside?"),
    )
    def look_inside(self, request, row):
        """Covered, and only for superusers: who looked stands in the audit log."""
        if not request.user.is_superuser:
            raise PermissionDenied
        AuditEntry.objects.create(
            by=request.user,
            act="quarantine.look",
            subject=f"quarantine:{row.pk}",
            details={"code": row.code},
        )
        context = {
            **self.admin_site.each_context(request),
            "row": row,
            "opts": self.opts,
            "title": str(row),
        }
        context["content"] = masking.readable(known_door(row), quarantine.raw_bytes(row))
        response = TemplateResponse(request, "integrations/quarantine_inside.html", context)
        response["Cache-Control"] = "no-store"
        return response
