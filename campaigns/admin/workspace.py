"""When and how often people may be written to: rows on the workspace's page."""

from django import forms
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from campaigns.delivery.channels import channels
from campaigns.models import Cap, QuietDay, QuietHours
from campaigns.models.limits import DAY, LONGEST
from crm_project.admin import TabularInline, revisions, themed
from customers.admin.workspace import WorkspaceAdmin
from customers.models import AuditEntry, Workspace

UNITS = {
    60: gettext_lazy("minutes"),
    3600: gettext_lazy("hours"),
    DAY: gettext_lazy("days (24 h)"),
    7 * DAY: gettext_lazy("weeks"),
    30 * DAY: gettext_lazy("months (30 days)"),
}
WEEKDAYS = [
    (1, gettext_lazy("Mon")),
    (2, gettext_lazy("Tue")),
    (3, gettext_lazy("Wed")),
    (4, gettext_lazy("Thu")),
    (5, gettext_lazy("Fri")),
    (6, gettext_lazy("Sat")),
    (7, gettext_lazy("Sun")),
]


def channel_choices():
    return [("", _("all channels together")), *((c.key, c.label) for c in channels)]


class RowForm(forms.ModelForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        themed(self)


class CapForm(RowForm):
    """At most so many messages in so many hours, days, weeks."""

    channel = forms.ChoiceField(
        label=gettext_lazy("channel"), choices=channel_choices, required=False
    )
    number = forms.IntegerField(label=gettext_lazy("in any"), min_value=1, max_value=1000)
    unit = forms.TypedChoiceField(label=" ", coerce=int, choices=list(UNITS.items()))

    class Meta:
        model = Cap
        fields = ("limit", "purpose", "channel")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        seconds = self.instance.seconds or DAY
        unit = max((size for size in UNITS if seconds % size == 0), default=60)
        self.initial |= {"number": max(seconds // unit, 1), "unit": unit}

    def clean(self):
        data = super().clean()
        if data.get("number") and data.get("unit"):
            self.instance.seconds = data["number"] * data["unit"]
            if self.instance.seconds > LONGEST:
                raise ValidationError({"number": _("A year at most.")})
        return data


class QuietHoursForm(RowForm):
    channel = forms.ChoiceField(
        label=gettext_lazy("channel"), choices=channel_choices, required=False
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=pgettext_lazy("weekdays", "on"),
        coerce=int,
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: every day."),
    )

    class Meta:
        model = QuietHours
        fields = ("begins", "ends", "weekdays", "purpose", "channel", "act")
        widgets = dict.fromkeys(
            ("begins", "ends"), forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        )


class QuietDayForm(RowForm):
    class Meta:
        model = QuietDay
        fields = ("date", "name")
        widgets = {"date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class CapFormSet(forms.BaseInlineFormSet):
    """Of two rows about the same window the second says so, before the database does."""

    def clean(self):
        super().clean()
        seen = set()
        for form in self.forms:
            if self._should_delete_form(form) or (not form.has_changed() and not form.instance.pk):
                continue
            row = form.instance
            if (said := (row.channel, row.purpose, row.seconds)) in seen:
                form.add_error(None, _("There is a cap for this already."))
            seen.add(said)


class Rows:
    """They belong to the workspace: whoever may change that may change them."""

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("customers.view_workspace")

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm("customers.change_workspace")

    has_add_permission = has_delete_permission = has_change_permission


class Caps(Rows, TabularInline):
    model, form, formset = Cap, CapForm, CapFormSet
    fields = ("limit", "purpose", "number", "unit", "channel")
    verbose_name_plural = gettext_lazy("Caps: how many messages a customer gets at most")


class Hours(Rows, TabularInline):
    model, form = QuietHours, QuietHoursForm
    fields = ("begins", "ends", "weekdays", "purpose", "channel", "act")
    verbose_name_plural = gettext_lazy("Quiet hours: when messages that disturb wait")


class Days(Rows, TabularInline):
    model, form = QuietDay, QuietDayForm
    fields = ("date", "name")
    verbose_name_plural = gettext_lazy("Quiet days: no marketing that disturbs")


def in_words(workspace: Workspace) -> dict[str, list[str]]:
    """What is set now, for the audit log and for whoever saves at the same time."""
    return {
        "caps": sorted(
            f"{c.limit} {c.purpose} / {c.seconds} s {c.channel}".strip()
            for c in workspace.caps.all()
        ),
        "quiet hours": sorted(
            f"{h} {h.purpose} {h.weekdays or ''} {h.channel} {h.act}".strip()
            for h in workspace.quiet_hours.all()
        ),
        "quiet days": sorted(f"{d.date} {d.name}".strip() for d in workspace.quiet_days.all()),
    }


class LimitsRevised:
    """The rows, too, are as they were when the page was opened, or whoever saves is told."""

    NAME = "limits"

    @classmethod
    def stamp(cls) -> str:
        return f"{cls.NAME}:{revisions.hash_of(cls.NAME, in_words(Workspace.get()))}"

    def _post_clean(self):
        super()._post_clean()
        opened = dict(revisions.opened_with(self.data.get(revisions.NAME, "")))
        if opened.get(self.NAME) and f"{self.NAME}:{opened[self.NAME]}" != self.stamp():
            said = "; ".join(f"{what}: {', '.join(n) or '–'}" for what, n in now_in_words())
            label = _("caps and quiet hours")
            self.add_error(None, revisions.conflict([(label, said, _("as below"))]))


def now_in_words():
    names = {
        "caps": _("caps"),
        "quiet hours": _("quiet hours"),
        "quiet days": _("quiet days"),
    }
    return [(names[what], rows) for what, rows in in_words(Workspace.get()).items()]


admin.site.unregister(Workspace)


@admin.register(Workspace)
class WorkspaceWithLimits(WorkspaceAdmin):
    inlines: tuple[type[InlineModelAdmin], ...] = (Caps, Hours, Days)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (LimitsRevised, form), {})

    def render_change_form(self, request, context, **kwargs):
        page = super().render_change_form(request, context, **kwargs)
        if stamp := page.context_data.get("form_revision"):
            page.context_data["form_revision"] = f"{stamp} {LimitsRevised.stamp()}"
        return page

    def save_related(self, request, form, formsets, change):
        workspace = form.instance
        before = in_words(workspace)
        super().save_related(request, form, formsets, change)
        if (after := in_words(workspace)) != before:
            AuditEntry.objects.create(
                by=request.user, act="workspace.limits", subject="workspace:1", details=after
            )
