"""What is asked before a list becomes a file: its format and columns, whether phones are in clear,
and whether it is made again and again."""

from django import forms
from django.conf import settings
from django.test import RequestFactory
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.admin.themed_forms import Form
from crm_project.jobs.models import Job
from customers.models import Kind
from customers.workspace.schedule_field import ScheduleField

CLEAR = "customers.export_clear"
CLEARED = [(Kind.PHONE, gettext_lazy("phone")), (Kind.EMAIL, gettext_lazy("e-mail"))]
HOURS = [(1, "1"), (4, "4"), (24, "24")]
FORMATS = [("xlsx", "Excel (XLSX)"), ("csv", "CSV"), ("jsonl", "JSON Lines")]
MOST_DAYS = 365


class ExportForm(Form):
    format = forms.ChoiceField(
        label=gettext_lazy("format"), choices=FORMATS, initial="xlsx", widget=forms.RadioSelect
    )
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("columns"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one column.")},
        help_text=gettext_lazy("Your choice is there again next time."),
    )
    clear = forms.MultipleChoiceField(
        label=gettext_lazy("in clear"),
        choices=CLEARED,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("With your reason in the audit log. Else they are masked."),
    )
    hours = forms.TypedChoiceField(
        label=gettext_lazy("to be fetched within so many hours"),
        choices=HOURS,
        coerce=int,
        initial=24,
        required=False,
        empty_value=24,
    )
    name = forms.CharField(
        label=gettext_lazy("name of the schedule"), max_length=60, required=False
    )
    schedule = ScheduleField(
        label=gettext_lazy("again and again"),
        required=False,
        help_text=gettext_lazy("Each file is put where the operator says (HUTONG_EXPORTS_URL)."),
    )
    until = forms.IntegerField(
        label=gettext_lazy("for so many days"),
        min_value=1,
        max_value=MOST_DAYS,
        initial=90,
        required=False,
        help_text=gettext_lazy("Then it ends by itself, unless somebody goes on with it."),
    )

    def __init__(self, data=None, *, user, list_admin):
        super().__init__(data)
        # Needs them, not the other way round.
        from customers.bulk.exporting import key_of, offered_columns, shown_columns

        request = RequestFactory().get("/")
        request.user, request.resolver_match = user, None
        there = offered_columns(list_admin, request)
        self.fields["columns"].choices = [
            (key, capfirst(str(label_of(column, list_admin)))) for key, column in there.items()
        ]
        shown = [key_of(one) for one in shown_columns(list_admin, request)]
        last = last_choice(user, list_admin.opts.label_lower)
        chosen = [key for key in last.get("columns") or shown if key in there]
        self.initial |= {"columns": chosen or shown, "format": last.get("format") or "xlsx"}
        is_of_customers = list_admin.opts.label_lower == "customers.customer"
        if not (is_of_customers and user.has_perm(CLEAR)):
            del self.fields["clear"], self.fields["hours"]
        if not settings.EXPORTS_URL:
            del self.fields["schedule"], self.fields["until"], self.fields["name"]

    def clean(self):
        data = super().clean()
        if data.get("schedule") and not data.get("name"):
            self.add_error("name", _("Give it a name."))
        if data.get("schedule") and not data.get("until"):
            self.add_error("until", _("Say for how many days."))
        return data

    def said(self) -> dict:
        """As the job keeps it."""
        return {key: value for key, value in self.cleaned_data.items() if value not in (None, "")}


def label_of(column, list_admin):
    from django.contrib.admin.utils import label_for_field

    return label_for_field(column, list_admin.model, list_admin)


def last_choice(user, label: str) -> dict:
    """What this person chose for this list the last time."""
    mine = Job.objects.filter(
        kind="bulk", by=user, params__act="export", params__list=label
    ).order_by("-pk")
    return next((job.params["said"] for job in mine[:1]), {})
