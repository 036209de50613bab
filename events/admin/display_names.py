"""The names of events, properties and attributes, as staff write them."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy
from unfold.decorators import display

from crm_project.admin import ModelAdmin
from crm_project.web import viewer
from customers.attributes.words import SHIPPED
from customers.models import AuditEntry, DisplayName
from events.words import EVENTS, PROPERTIES

WORDS = {
    DisplayName.Kind.EVENT: EVENTS,
    DisplayName.Kind.PROPERTY: PROPERTIES,
    DisplayName.Kind.ATTRIBUTE: SHIPPED,
}


class Named(admin.SimpleListFilter):
    title, parameter_name = _("named"), "named"

    def lookups(self, request, model_admin):
        return [("yes", _("by us")), ("no", _("not by us"))]

    def queryset(self, request, queryset):
        nobody = {"name_zh": "", "name_en": ""}
        if self.value() == "yes":
            return queryset.exclude(**nobody)
        return queryset.filter(**nobody) if self.value() == "no" else queryset


def shipped(row: DisplayName, language: str) -> str:
    """Our own word, "" where we have none."""
    with override(language):
        return str(WORDS[row.kind].get(row.key, ""))


@admin.register(DisplayName)
class DisplayNameAdmin(ModelAdmin):
    list_display = ("key", "kind", "in_chinese", "in_english")
    list_filter = ("kind", Named)
    search_fields = ("key", "name_zh", "name_en")
    search_help_text = _("As it is sent, or a name")
    ordering = ("kind", "key")
    fields = (("kind", "key"), ("name_zh", "name_en"))

    def get_readonly_fields(self, request, obj=None):
        return ("kind", "key") if obj else ()

    def has_delete_permission(self, request, obj=None):
        return False  # what came in is there; without a name it has our word again

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None:  # what is shown while the field is empty
            for name, language in (("name_zh", "zh-hans"), ("name_en", "en")):
                if name in form.base_fields:
                    hint = shipped(obj, language) or obj.key
                    form.base_fields[name].widget.attrs["placeholder"] = hint
        return form

    @display(description=pgettext_lazy("a name", "in Chinese"), ordering="name_zh")
    def in_chinese(self, row):
        return row.name_zh or shipped(row, "zh-hans")

    @display(description=pgettext_lazy("a name", "in English"), ordering="name_en")
    def in_english(self, row):
        return row.name_en or shipped(row, "en")

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        viewer.forget("display names")
        AuditEntry.objects.create(
            by=request.user,
            act="display_name.change",
            subject=f"displayname:{obj.pk}",
            details={"kind": obj.kind, "key": obj.key, "zh": obj.name_zh, "en": obj.name_en},
        )
