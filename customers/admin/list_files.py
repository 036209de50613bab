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
from crm_project.queue.due import database_now
from crm_project.web.sizes import takes_files
from customers.bulk.acts import StartForm
from customers.identity.rows import PERSONAL
from customers.lists import files
from customers.models import Kind, Segment, Source

MOST_BYTES = files.MOST_MEGABYTES << 20
KINDS = [(kind.value, kind.label) for kind in Kind if kind != Kind.ANONYMOUS_ID]


class FileForm(Form):
    file = forms.FileField(
        label=_("file"), help_text=_("CSV or text, UTF-8 or GB18030, at most 200,000 lines.")
    )
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
        if data.get("file") and data.get("column"):
            try:
                self.rows = files.values(
                    data["file"].read(MOST_BYTES + 1),
                    column=data["column"],
                    has_heading=data["has_heading"],
                )
            except files.CannotRead as problem:
                self.add_error("file", str(problem))
        return data


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
        if form.is_valid():
            data = form.cleaned_data
            said = {name: data[name] for name in ("kind", "source", "starts_journeys")}
            self.tell(
                request, files.add(row, form.rows, **said, by=request.user, now=database_now())
            )
        else:
            for name, problems in form.errors.items():
                self.message_user(
                    request, f"{form.fields[name].label}: {' '.join(problems)}", messages.ERROR
                )
        return HttpResponseRedirect(self.page_of(row))

    def tell(self, request, result: files.Added) -> None:
        done = gettext(
            "Lines: %(rows)d. Customers found: %(matched)d, of them new on the list: %(added)d."
        )
        self.message_user(
            request, done % {"rows": result.rows, "matched": result.matched, "added": result.added}
        )
        if result.unknown:
            words = {"n": result.unknown, "first": ", ".join(result.first_unknown)}
            self.message_user(
                request, gettext("%(n)d not found: %(first)s") % words, messages.WARNING
            )
        if result.repeated:
            self.message_user(
                request, gettext("%(n)d repeated.") % {"n": result.repeated}, messages.WARNING
            )
        if result.malformed:
            words = {"n": result.malformed, "first": ", ".join(map(str, result.first_malformed))}
            self.message_user(
                request, gettext("%(n)d malformed, in lines: %(first)s") % words, messages.WARNING
            )

    @act(
        _("Take everybody off the list"),
        icon="group_remove",
        style="danger",
        confirm=_("Everybody is taken off this list."),
        shown=lambda row: row.kind == Segment.Kind.LIST,
    )
    def empty_list(self, request, row):
        removed = files.empty(row, by=request.user)
        self.message_user(request, gettext("%(n)d taken off the list.") % {"n": removed})
