"""Sources: who sends us data, with what key, and how to begin in five minutes."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm_project.admin import ModelAdmin, act, state, steps_up
from crm_project.login import step_up
from crm_project.queue.due import database_now
from customers.models import AuditEntry, Source
from events import names
from events.models import SeenEvent
from integrations.admin import arrivals
from integrations.admin.source_form import (
    ACCOUNT,
    SERVERS,
    SourceForm,
    form_for,
    prefix_of,
    with_settings,
)
from integrations.admin.trying import TriesOut
from integrations.doors import callers
from integrations.doors.formats import Format, formats


def old_secret_signs(source: Source) -> bool:
    return source.previous_until is not None and source.previous_until > database_now()


@admin.register(Source)
class SourceAdmin(TriesOut, ModelAdmin):
    form = SourceForm
    when_empty = _(
        "A source is whoever sends us data: the server of the shop, or its mini-program."
    )
    list_display = ("name", "trust_label", "namespace", "format", "key", "is_active", "created_at")
    list_filter = ("trust", "is_active", "namespace")
    search_fields = ("name", "key")
    list_select_related = ("namespace",)
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": (("name", "namespace"), ("format", "trust"), "app_id")}),
        (
            _("How far its word goes"),
            {
                "fields": (
                    "believe_identities",
                    "is_strict",
                    ("money_unit", "time_zone"),
                    "requests_per_second",
                    "is_active",
                )
            },
        ),
        (_("Pages and names"), {"fields": ("allowed_origins", "event_names")}),
    )
    panels_above = ("integrations/source.html",)
    acts = ("new_secrets", "end_old_secret")

    trust_label = state(
        {Source.Trust.SERVER: "success", Source.Trust.CLIENT: "info"}, "trust", _("trust")
    )

    def get_readonly_fields(self, request, obj=None):
        # Identities are stored under the namespace, and what was believed cannot be unbelieved.
        return ("namespace", "trust") if obj else ()

    def get_fieldsets(self, request, obj=None):
        """With the fields that a format asks beside, under its name."""
        first, *others = super().get_fieldsets(request, obj)
        if ACCOUNT in form_for().declared_fields:
            first = (first[0], {**first[1], "fields": (*first[1]["fields"], ACCOUNT)})
        own = [
            (one.label, {"fields": [prefix_of(one) + name for name in one.Settings.base_fields]})
            for one in with_settings()
        ]
        return [first, *own, *others]

    def get_queryset(self, request):
        sources = super().get_queryset(request).others().defer("secret", "previous_secret")
        return (
            sources if request.user.has_perm(SERVERS) else sources.filter(trust=Source.Trust.CLIENT)
        )

    def get_form(self, request, obj=None, change=False, **kwargs):
        kwargs["form"] = form_for()
        form = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def add_view(self, request, form_url="", extra_context=None):
        is_server = request.method == "POST" and request.POST.get("trust") == Source.Trust.SERVER
        return (step_up.question(request) if is_server else None) or super().add_view(
            request, form_url, extra_context
        )

    @steps_up
    def act_view(self, request, object_id, name):
        return super().act_view(request, object_id, name)

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        if not change and not obj.event_names:
            obj.event_names = dict(formats[obj.format].usual_names)
        super().save_model(request, obj, form, change)
        AuditEntry.objects.create(
            by=request.user,
            act="source.change" if change else "source.create",
            subject=f"source:{obj.pk}",
            details={"fields": form.changed_data},
        )

    def response_add(self, request, obj, post_url_continue=None):
        """A server source's secrets, at once; otherwise its page, where the first event is
        explained."""
        if "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return (
            self.secrets_page(request, obj)
            if obj.is_server
            else HttpResponseRedirect(self.page_of(obj))
        )

    def get_urls(self):
        view = self.admin_site.admin_view(self.arrivals_view)
        return [
            path("<int:pk>/arrivals/", view, name="customers_source_arrivals"),
            *super().get_urls(),
        ]

    def arrivals_view(self, request, pk):
        """The live list's next look."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        source = get_object_or_404(self.get_queryset(request), pk=pk)
        return TemplateResponse(
            request,
            "integrations/arrivals.html",
            {
                "arrivals": arrivals.arrived(source, arrivals.Asked.of(request.GET)),
                "arrivals_url": request.path,
            },
        )

    def page_context(self, request, row):
        spoken = formats.by_key.get(row.format, Format)
        return super().page_context(request, row) | {
            "address": request.build_absolute_uri("/").rstrip("/"),
            "paths": spoken.shown_paths or getattr(spoken, "paths", ()),
            "guides": spoken.guides.get(row.trust, ()),
            "joining": spoken.joining,
            "queues": row.queues.order_by("name"),
            "key": (
                "hrt_…" if row.is_server else row.key
            ),  # what clients of foreign formats send; a server source's is shown once
            "asked": (asked := arrivals.Asked.of(request.GET)),
            "arrivals": arrivals.arrived(row, asked),
            "arrivals_url": reverse("admin:customers_source_arrivals", args=[row.pk]),
            "old_secret_until": row.previous_until if old_secret_signs(row) else None,
            "gathered": SeenEvent.objects.filter(source=row, name__name=names.OTHER).first(),
            "other_event": names.OTHER,
        }

    def secrets_page(self, request, source):
        """In the answer to the post itself: they are in no message, session or log, and gone with
        the next page."""
        context = {
            **self.admin_site.each_context(request),
            **self.page_context(request, source),
            **source.issue_secrets(),
        }
        context |= {
            "row": source,
            "opts": self.opts,
            "title": source.name,
            "key": context["read_token"],
        }
        response = TemplateResponse(request, "integrations/secrets.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @act(
        _("New secrets"),
        icon="key",
        confirm=_(
            "The old signing secret stays valid for seven days beside the new one; the old read"
            " token ends now. Make new secrets?"
        ),
        shown=lambda source: source.is_server,
    )
    def new_secrets(self, request, source):
        AuditEntry.objects.create(
            by=request.user, act="source.new_secrets", subject=f"source:{source.pk}", details={}
        )
        return self.secrets_page(request, source)

    @act(
        _("End the old secret now"),
        icon="key_off",
        style="danger",
        confirm=_("Whoever still signs with the old secret is refused from now on."),
        shown=old_secret_signs,
    )
    def end_old_secret(self, request, source):
        AuditEntry.objects.create(
            by=request.user, act="source.end_old_secret", subject=f"source:{source.pk}", details={}
        )
        source.end_previous_secret(database_now())
        callers.forget()
        self.message_user(request, gettext("The old secret is over."))
