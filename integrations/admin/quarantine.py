"""What came in and could not be understood."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from crm_project.admin import ModelAdmin, ReadOnly
from integrations.models import Quarantine


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnly, ModelAdmin):
    """The raw bytes stay sealed: they may hold anything about anybody."""

    list_display = ("received_at", "source", "code", "path", "format", "replayed_at")
    list_filter = ("code", "format", "source")
    list_select_related = ("source",)
    ordering = ("-pk",)
    fields = (("received_at", "source"), ("code", "path"), "format", "replayed_at")
    search_fields = ("code", "path")
    search_help_text = _("Reason or place")

    def get_queryset(self, request):
        return super().get_queryset(request).defer("raw")
