"""Event names: what comes in under them, with which properties, and which of them strict sources
may send."""

from django.contrib import admin, messages
from django.db.models import Max, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from crm_project.admin import ModelAdmin, ReadOnly, TabularInline
from customers.models import AuditEntry, DisplayName
from events import names, words
from events.models import EventName, SeenEvent, SeenProperty


class Properties(ReadOnly, TabularInline):
    model = SeenProperty
    fields = readonly_fields = (
        "key",
        "said",
        "types_shown",
        "volume",
        "first_seen_at",
        "last_seen_at",
    )
    ordering = ("-volume", "key")

    @display(description=_("display name"))
    def said(self, row):
        return words.prop(row.key)

    @display(description=_("types"))
    def types_shown(self, row):
        return ", ".join(row.types)


def most_first(properties) -> list[SeenProperty]:
    return sorted(properties, key=lambda one: (-one.volume, one.key))


@admin.register(SeenEvent)
class SeenEventAdmin(ReadOnly, ModelAdmin):
    """Per source: what it sends, and with which properties."""

    list_display = ("name", "source", "volume", "first_seen_at", "last_seen_at")
    list_filter = ("source",)
    search_fields = ("name__name",)
    list_select_related = ("name", "source")
    ordering = ("-last_seen_at",)
    fields = (("name", "source"), "volume", ("first_seen_at", "last_seen_at"))
    inlines = (Properties,)


@admin.register(EventName)
class EventNameAdmin(ModelAdmin):
    list_display = ("name", "said", "volume", "last_seen", "first_seen_at", "is_declared")
    list_filter = ("is_declared",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "is_declared")
    actions = ("declare", "withdraw")
    panels_above = ("events/schema.html",)

    def get_readonly_fields(self, request, obj=None):
        return ("name",) if obj else ()

    def get_changeform_initial_data(self, request):
        return {"is_declared": True, **super().get_changeform_initial_data(request)}

    def has_delete_permission(self, request, obj=None):
        return False

    def enrich(self, rows):
        seen = (
            SeenEvent.objects.filter(name__in=rows)
            .values_list("name")
            .annotate(Sum("volume"), Max("last_seen_at"))
        )
        counts = {name: (volume, at) for name, volume, at in seen}
        for row in rows:
            row.seen_volume, row.seen_at = counts.get(row.pk, (0, None))

    @display(description=_("display name"))
    def said(self, row):
        return words.event(row.name)

    @display(description=_("volume"))
    def volume(self, row):
        return f"{row.seen_volume:,}"

    @display(description=_("last seen"))
    def last_seen(self, row):
        return row.seen_at

    def page_context(self, request, row):
        seen = (
            SeenEvent.objects.filter(name=row)
            .select_related("source")
            .prefetch_related("properties")
            .order_by("-volume")
        )
        return {
            "is_other": row.name == names.OTHER,
            "seen": [
                (one, [(words.prop(p.key), p) for p in most_first(one.properties.all())])
                for one in seen
            ],
            "display_name": DisplayName.objects.filter(
                kind=DisplayName.Kind.EVENT, key=row.name
            ).first(),
        }

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        self.record(request, [obj.name], is_declared=obj.is_declared)

    @admin.action(description=_("Declare: strict sources may send it"), permissions=["change"])
    def declare(self, request, rows):
        self.set_declared(request, rows, is_declared=True)

    @admin.action(description=_("Withdraw the declaration"), permissions=["change"])
    def withdraw(self, request, rows):
        self.set_declared(request, rows, is_declared=False)

    def set_declared(self, request, rows, *, is_declared: bool) -> None:
        changing = list(rows.exclude(is_declared=is_declared).values_list("name", flat=True))
        changed = EventName.objects.filter(name__in=changing).update(is_declared=is_declared)
        if changing:
            self.record(request, changing, is_declared=is_declared)
        messages.success(
            request,
            ngettext("%(n)d name was changed.", "%(n)d names were changed.", changed)
            % {"n": changed},
        )

    def record(self, request, changed: list[str], *, is_declared: bool) -> None:
        act = "event_name.declare" if is_declared else "event_name.withdraw"
        AuditEntry.objects.create(
            by=request.user, act=act, subject="event_names", details={"names": changed[:100]}
        )
