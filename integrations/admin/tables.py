"""Table mappings: what is chosen first (what its rows are), then a field for each of ours."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from crm_project.admin import ModelAdmin
from customers.models import AuditEntry, Source
from integrations.admin.source_form import NamesField
from integrations.models import TableMapping
from integrations.sync.queue.format import QueueFormat
from integrations.sync.tables import kinds

PREFIX = "column-"
LONGEST_COLUMN = 64
NONE = "-"  # of a state that means nothing here


class StatesField(NamesField):
    """Lines of `their value = our state`; a state of - means nothing here."""

    def prepare_value(self, value):
        shown = (
            {key: here or NONE for key, here in value.items()} if isinstance(value, dict) else value
        )
        return super().prepare_value(shown)

    def to_python(self, value):
        found = super().to_python(value)
        return {key: "" if here == NONE else here for key, here in found.items()}


class TableForm(forms.ModelForm):
    kind: type[kinds.TableKind]

    class Meta:
        model = TableMapping
        fields = (
            *("source", "table", "key", "money_unit", "time_zone", "numbers", "deleted"),
            "is_active",
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "source" in self.fields:
            self.fields["source"].queryset = Source.objects.filter(
                trust=Source.Trust.SERVER, format__in=["native", QueueFormat.key]
            ).order_by("name")
        for one in self.kind.fields:
            if PREFIX + one.key in self.fields:
                self.initial.setdefault(PREFIX + one.key, self.instance.columns.get(one.key, ""))
        for name in ("statuses", "attributes"):
            if name in self.fields:
                self.initial.setdefault(name, getattr(self.instance, name))

    def clean_statuses(self):
        said = self.cleaned_data["statuses"]
        for value, state in said.items():
            if state and state not in self.kind.states:
                raise ValidationError(
                    _("“%(state)s” is none of: %(states)s."),
                    params={"state": state, "states": ", ".join(self.kind.states)},
                )
            if not value:
                raise ValidationError(_("Each line is a value of theirs = a state of ours."))
        return said

    def clean(self):
        cleaned = super().clean()
        named = {
            one.key: cleaned[PREFIX + one.key].strip()
            for one in self.kind.fields
            if cleaned.get(PREFIX + one.key, "").strip()
        }
        for key in kinds.missing(self.kind, named):
            self.add_error(PREFIX + key, _("This column is needed."))
        self.columns = named
        return cleaned

    def save(self, commit=True):
        self.instance.kind, self.instance.columns = self.kind.key, self.columns
        for name in ("statuses", "attributes"):
            if name in self.cleaned_data:
                setattr(self.instance, name, self.cleaned_data[name])
        return super().save(commit)


def form_for(kind: type[kinds.TableKind]) -> type[TableForm]:
    """The form with a field for each column of this kind of row."""
    fields: dict = {
        PREFIX + one.key: forms.CharField(
            label=one.label,
            required=False,
            max_length=LONGEST_COLUMN,
            widget=UnfoldAdminTextInputWidget,
        )
        for one in kind.fields
    }
    if kind.states:
        fields["statuses"] = StatesField(
            label=TableMapping._meta.get_field("statuses").verbose_name,
            required=False,
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
            help_text=_(
                "One in each line: their value = ours, such as 1 = paid. Ours are: %(states)s; -"
                " where a row means nothing here yet."
            )
            % {"states": ", ".join(kind.states)},
        )
    if kind is kinds.Customers:
        fields["attributes"] = NamesField(
            label=TableMapping._meta.get_field("attributes").verbose_name,
            required=False,
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
            help_text=_("One in each line: their column = our attribute, such as lv = level."),
        )
    return type("KindForm", (TableForm,), {"kind": kind, **fields})


@admin.register(TableMapping)
class TableMappingAdmin(ModelAdmin):
    when_empty = _("A mapping says what the rows and columns of a shop's table mean here.")
    list_display = ("table", "kind", "source", "money_unit", "is_active")
    list_filter = ("kind", "is_active", "source")
    list_select_related = ("source",)
    search_fields = ("table",)
    ordering = ("table",)

    def has_delete_permission(self, request, obj=None):
        return False

    def kind_of(self, request, obj):
        key = obj.kind if obj else request.GET.get("kind", "")
        return kinds.KINDS.get(key)

    def get_form(self, request, obj=None, change=False, **kwargs):
        if kind := self.kind_of(request, obj):
            kwargs["form"] = form_for(kind)
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request, obj=None):
        kind = self.kind_of(request, obj)
        if kind is None:
            return [(None, {"fields": ("source", "table")})]
        more = [*(["statuses"] if kind.states else [])]
        more += ["attributes"] if kind is kinds.Customers else []
        return [
            (None, {"fields": (("source", "table"), ("key", "is_active"))}),
            (
                _("Columns"),
                {
                    "fields": [PREFIX + one.key for one in kind.fields] + more,
                    "description": _(
                        "Write the name of their column beside each field; leave empty what they"
                        " do not have."
                    ),
                },
            ),
            (
                _("How its values are meant"),
                {"fields": (("money_unit", "time_zone"), ("numbers", "deleted"))},
            ),
        ]

    def add_view(self, request, form_url="", extra_context=None):
        """First what its rows are, then its columns."""
        if self.kind_of(request, None) is None and self.has_add_permission(request):
            context = {
                **self.admin_site.each_context(request),
                "title": gettext("What are the rows of the table?"),
                "opts": self.opts,
                "kinds": TableMapping.Kind.choices,
            }
            return TemplateResponse(request, "integrations/sync/kinds.html", context)
        return super().add_view(request, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        AuditEntry.objects.create(
            by=request.user,
            act="tablemapping.change" if change else "tablemapping.create",
            subject=f"tablemapping:{obj.pk}",
            details={"fields": form.changed_data},
        )
