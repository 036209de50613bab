"""Templates of short messages as their vendors have them: looked at here, written there."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from crm_project.admin import ModelAdmin, state
from integrations.models import SmsTemplate
from integrations.sms import matching

Review = SmsTemplate.Review
COLOURS = {
    Review.PASSED: "success",
    Review.WAITING: "info",
    Review.REFUSED: "danger",
    Review.GONE: "warning",
}


@admin.register(SmsTemplate)
class SmsTemplateAdmin(ModelAdmin):
    """Fetched by the connection's Test, and by itself; only the kind is said here, of vendors that
    keep it to themselves."""

    when_empty = _(
        "Templates are written in the provider's console. They appear here once an SMS account is"
        " connected and tested."
    )
    list_display = ("name", "connection", "kind", "review_label", "text", "synced_at")
    list_filter = ("review", "kind", "connection")
    search_fields = ("name", "code", "text")
    list_select_related = ("connection",)
    ordering = ("connection", "name")
    fields = (
        ("name", "code"),
        ("connection", "review"),
        "reason",
        "text",
        "variables",
        "kind",
        "synced_at",
    )
    readonly_fields = (
        *("name", "code", "connection", "review", "reason"),
        *("text", "variables", "synced_at"),
    )

    review_label = state(COLOURS, "review", _("review"))

    @admin.display(description=_("variables"))
    def variables(self, row):
        return ", ".join(matching.variables(row.text)) or "–"

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        obj.kind_is_said = True
        super().save_model(request, obj, form, change)
