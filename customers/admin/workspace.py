"""The settings of the whole installation, and its shops."""

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from crm_project.admin import Form, ModelAdmin, revisions, themed
from customers.approval.kinds import kinds
from customers.data_rights import revealing
from customers.models import AuditEntry, Namespace, RevealLimit, SpecialDay, Workspace

CHANGES_LIMITS = "customers.change_reveallimit"


class RevealLimitsForm(revisions.RevisedSettings, Form):
    """Per role that may reveal: how many values, and how many phones of those who are due today, in
    an hour. Empty: as for all."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        app, _dot, codename = revealing.PERMISSION.partition(".")
        self.roles = list(
            Group.objects.filter(
                permissions__content_type__app_label=app, permissions__codename=codename
            )
            .distinct()
            .order_by("name")
        )
        kept = {one.group_id: one for one in RevealLimit.objects.all()}
        for role in self.roles:
            for name, most in (
                ("per_hour", revealing.MOST_PER_HOUR),
                ("per_hour_due", revealing.MOST_DUE_PER_HOUR),
            ):
                label = f"{role}: {RevealLimit._meta.get_field(name).verbose_name}"
                value = getattr(kept.get(role.pk), name, None)
                attrs = {"placeholder": most}
                self.fields[f"{name}_{role.pk}"] = forms.IntegerField(
                    label=label,
                    min_value=0,
                    max_value=10_000,
                    required=False,
                    initial=value,
                    widget=forms.NumberInput(attrs=attrs),
                )
        themed(self)

    def save(self, by) -> None:
        said = {}
        for role in self.roles:
            most, most_due = (
                self.cleaned_data[f"{name}_{role.pk}"] for name in ("per_hour", "per_hour_due")
            )
            said[role.name] = [most, most_due]
            RevealLimit.objects.update_or_create(
                group=role, defaults={"per_hour": most, "per_hour_due": most_due}
            )
        AuditEntry.objects.create(by=by, act="reveal.limits", subject="workspace:1", details=said)


class WorkspaceForm(forms.ModelForm):
    approvals = forms.MultipleChoiceField(
        label=Workspace._meta.get_field("approvals").verbose_name,
        help_text=Workspace._meta.get_field("approvals").help_text,
        required=False,
        choices=lambda: [(kind.key, kind.label) for kind in kinds if kind.is_switched],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


@admin.register(Workspace)
class WorkspaceAdmin(ModelAdmin):
    """One row: the list leads straight to it."""

    form = WorkspaceForm

    fieldsets = (
        (None, {"fields": (("name", "trade"), "time_zone", ("sending_paused", "late_hours"))}),
        (
            _("Approval"),
            {"fields": ("approvals", ("approval_above", "approves_own"))},
        ),
        (
            _("Measuring the effect"),
            {
                "fields": (
                    ("holdout_percent", "margin_percent"),
                    ("attribution_days", "attribution_touch"),
                )
            },
        ),
    )

    panels_below = ("customers/reveal_link.html",)

    def get_urls(self):
        view = self.admin_site.admin_view(self.reveal_limits_view)
        return [
            path("reveal-limits/", view, name="customers_workspace_reveal"),
            *super().get_urls(),
        ]

    def page_context(self, request, row):
        return {"may_set_limits": request.user.has_perm(CHANGES_LIMITS)}

    def reveal_limits_view(self, request):
        """How much each role is shown."""
        if not request.user.has_perm(CHANGES_LIMITS):
            raise PermissionDenied
        with revisions.one_at_a_time("reveal"):
            form = RevealLimitsForm(request.POST if request.method == "POST" else None)
            if is_saved := form.is_bound and form.is_valid():
                form.save(request.user)
        if is_saved:
            self.message_user(request, gettext("The limits of revealing are saved."))
            return HttpResponseRedirect(self.page_of(Workspace.get()))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("How much is revealed to each role"),
            "form": form,
        }
        return TemplateResponse(request, "customers/reveal_limits.html", context)

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
        AuditEntry.objects.create(
            by=request.user, act="workspace.change", subject="workspace:1", details=changed
        )


@admin.register(SpecialDay)
class SpecialDayAdmin(ModelAdmin):
    """Holidays and worked weekends beside those that are announced."""

    list_display = ("day", "is_worked", "name")
    list_filter = ("is_worked",)
    search_fields = ("name",)
    ordering = ("-day",)


@admin.register(Namespace)
class NamespaceAdmin(ModelAdmin):
    list_display = ("name", "key", "trade")
    search_fields = ("name", "key")
    ordering = ("name",)

    def get_readonly_fields(self, request, obj=None):
        return ("key",) if obj else ()

    def has_delete_permission(self, request, obj=None):
        return False
