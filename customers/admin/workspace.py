"""The settings of the whole installation, and its shops."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from crm_project.admin import ModelAdmin, TabularInline
from customers.models import AuditEntry, Namespace, RevealLimit, Workspace


class RevealLimits(TabularInline):
    model = RevealLimit
    fields = ("group", "per_hour", "per_hour_due")
    hide_title = False


@admin.register(Workspace)
class WorkspaceAdmin(ModelAdmin):
    """One row: the list leads straight to it."""

    fieldsets = (
        (None, {"fields": (("name", "time_zone"), "sending_paused")}),
        (_("When we may write"), {"fields": (("quiet_from", "quiet_until"), ("cap_per_hour", "cap_per_day"), "cap_per_week")}),
        (_("Measuring the effect"), {"fields": (("holdout_percent", "attribution_days"),)}),
    )

    inlines = (RevealLimits,)

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(self.page_of(Workspace.get()))

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        changed = {name: str(form.cleaned_data[name]) for name in form.changed_data}
        AuditEntry.objects.create(by=request.user, act="workspace.change", subject="workspace:1", details=changed)

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        if formset.has_changed():
            kept = {str(one.group): [one.per_hour, one.per_hour_due] for one in RevealLimit.objects.select_related("group")}
            AuditEntry.objects.create(by=request.user, act="reveal.limits", subject="workspace:1", details=kept)


@admin.register(Namespace)
class NamespaceAdmin(ModelAdmin):
    list_display = ("name", "key")
    search_fields = ("name", "key")
    ordering = ("name",)

    def get_readonly_fields(self, request, obj=None):
        return ("key",) if obj else ()

    def has_delete_permission(self, request, obj=None):
        return False
