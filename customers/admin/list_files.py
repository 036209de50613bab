"""Lists by file on a segment's page: a form of its own under the page, and a button that takes
everybody off."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm_project.admin import Form, act
from crm_project.files import storing, uploads
from crm_project.files.stores import StoreFailed
from crm_project.jobs.kinds import Refused
from crm_project.queue.due import database_now
from crm_project.templatetags.hutong import page_of
from crm_project.web.sizes import takes_files
from customers.bulk.acts import StartForm
from customers.identity.rows import PERSONAL
from customers.lists import files, reading
from customers.lists import rows as list_rows
from customers.models import Kind, Segment, Source

REFUSED = (reading.CannotRead, Refused, uploads.Refused, StoreFailed)
KINDS = [(kind.value, kind.label) for kind in Kind if kind != Kind.ANONYMOUS_ID]


class FileForm(Form):
    file = forms.FileField(
        label=_("file"), help_text=_("CSV or text, UTF-8 or GB18030."), required=False
    )
    upload = forms.CharField(required=False, widget=forms.HiddenInput)  # brought in parts
    kind = forms.ChoiceField(label=_("it names"), choices=KINDS, initial=Kind.PHONE)
    source = forms.ModelChoiceField(
        label=_("as named by"),
        queryset=Source.objects.select_related("namespace").order_by("pk"),
        required=False,
        help_text=_(
            "Member ids and openids belong to a shop or mini-program; phones and e-mails do not."
        ),
    )
    column = forms.IntegerField(
        label=_("column"), min_value=1, max_value=1000, initial=1, help_text=_("1 is the first.")
    )
    has_heading = forms.BooleanField(label=_("the first line is a heading"), required=False)
    starts_journeys = StartForm.base_fields["starts_journeys"]

    shown_if = {"source": f"kind!={'|'.join(sorted(PERSONAL))}"}

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        sources = list(self.fields["source"].queryset)
        if len({(source.namespace_id, source.app_id) for source in sources}) == 1:
            self.fields["source"].initial = sources[0]  # there is nothing to choose

    def clean(self):
        data = super().clean()
        if data.get("kind") and data["kind"] not in PERSONAL and not data.get("source"):
            self.add_error("source", _("Choose the source whose numbers these are."))
        if not (data.get("file") or data.get("upload")) and not self.errors:
            self.add_error("file", _("Choose a file."))
        return data

    def brought(self, by, now):
        """The file, in parts or with this form. Raises uploads.Refused, StoreFailed."""
        if said := self.cleaned_data["upload"]:
            return uploads.complete(said, by=by, now=now)
        return uploads.received(self.cleaned_data["file"], by=by, now=now)


class TakesFiles:
    """What a list's page has beyond that of a rule."""

    acts = ("empty_list",)

    def page_context(self, request, row):
        is_list = row.kind == Segment.Kind.LIST and self.has_change_permission(request, row)
        return super().page_context(request, row) | {
            "file_form": FileForm(prefix="file") if is_list else None
        }

    def get_urls(self):
        view = self.admin_site.admin_view(self.file_view)
        return [
            path("<path:object_id>/file/", view, name="customers_segment_file"),
            *super().get_urls(),
        ]

    @takes_files
    def file_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.get_object(request, object_id)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        if row is None or row.kind != Segment.Kind.LIST:
            raise Http404
        form = FileForm(request.POST, request.FILES, prefix="file")
        if not form.is_valid():
            for name, problems in form.errors.items():
                self.message_user(
                    request, f"{form.fields[name].label}: {' '.join(problems)}", messages.ERROR
                )
            return HttpResponseRedirect(self.page_of(row))
        return HttpResponseRedirect(self.begun(request, row, form) or self.page_of(row))

    def begun(self, request, row, form) -> str:
        """The page of the job; where the file cannot be used it goes, and says why."""
        data, now, file = form.cleaned_data, database_now(), None
        names = ("kind", "source", "column", "has_heading", "starts_journeys")
        try:
            file = form.brought(request.user, now)
            said = {name: data[name] for name in names}
            return page_of(files.begin(row, file, **said, by=request.user, now=now))
        except REFUSED as refused:
            if file is not None:
                storing.forget(file)
            words = f"{form.fields['file'].label}: {refused}"
            self.message_user(request, words, messages.ERROR)
            return ""

    @act(
        _("Take everybody off the list"),
        icon="group_remove",
        style="danger",
        confirm=_("Everybody is taken off this list."),
        shown=lambda row: row.kind == Segment.Kind.LIST,
    )
    def empty_list(self, request, row):
        removed = list_rows.empty(row, by=request.user)
        self.message_user(request, gettext("%(n)d taken off the list.") % {"n": removed})
