"""Sources: who sends us data, with what key, and how to begin in five minutes."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from crm_project.admin import ModelAdmin, act, state
from customers.models import AuditEntry, Source
from integrations.admin import arrivals
from integrations.admin.source_form import SourceForm
from integrations.formats import Format, formats


@admin.register(Source)
class SourceAdmin(ModelAdmin):
    form = SourceForm
    list_display = ("name", "trust_label", "namespace", "format", "key", "is_active", "created_at")
    list_filter = ("trust", "is_active", "namespace")
    search_fields = ("name", "key")
    list_select_related = ("namespace",)
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": (("name", "namespace"), ("format", "trust"), "app_id")}),
        (
            _("How far its word goes"),
            {"fields": ("believe_identities", "is_strict", ("money_unit", "time_zone"), "requests_per_second", "is_active")},
        ),
        (_("Pages and names"), {"fields": ("allowed_origins", "event_names")}),
    )
    panels_above = ("integrations/source.html",)
    acts = ("new_secrets",)

    trust_label = state({Source.Trust.SERVER: "success", Source.Trust.CLIENT: "info"}, "trust", _("trust"))

    def get_readonly_fields(self, request, obj=None):
        # Identities are stored under the namespace, and what was believed cannot be unbelieved.
        return ("namespace", "trust") if obj else ()

    def get_queryset(self, request):
        return super().get_queryset(request).others().defer("secret", "previous_secret")

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
        """A server source's secrets, at once; otherwise its page, where the first event is explained."""
        if "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return self.secrets_page(request, obj) if obj.is_server else HttpResponseRedirect(self.page_of(obj))

    def get_urls(self):
        view = self.admin_site.admin_view(self.arrivals_view)
        return [path("<int:pk>/arrivals/", view, name="customers_source_arrivals"), *super().get_urls()]

    def arrivals_view(self, request, pk):
        """The live list's next look."""
        source = get_object_or_404(Source, pk=pk)
        if not self.has_view_permission(request, source):
            raise PermissionDenied
        return TemplateResponse(request, "integrations/arrivals.html", {"arrivals": arrivals.last_of(source)})

    def page_context(self, request, row):
        spoken = formats.by_key.get(row.format, Format)
        return {
            "address": request.build_absolute_uri("/").rstrip("/"),
            "paths": spoken.shown_paths or getattr(spoken, "paths", ()),
            "guides": spoken.guides.get(row.trust, ()),
            "key": "hrt_…" if row.is_server else row.key,  # what clients of foreign formats send; a server source's is shown once
            "arrivals": arrivals.last_of(row),
        }

    def secrets_page(self, request, source):
        """In the answer to the post itself: they are in no message, session or log, and gone with the next page."""
        context = {**self.admin_site.each_context(request), **self.page_context(request, source), **source.issue_secrets()}
        context |= {"row": source, "opts": self.opts, "title": source.name, "key": context["read_token"]}
        response = TemplateResponse(request, "integrations/secrets.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @act(
        _("New secrets"),
        icon="key",
        confirm=_("The old signing secret stays valid beside the new one; the old read token ends now. Make new secrets?"),
        shown=lambda source: source.is_server,
    )
    def new_secrets(self, request, source):
        AuditEntry.objects.create(by=request.user, act="source.new_secrets", subject=f"source:{source.pk}", details={})
        return self.secrets_page(request, source)
