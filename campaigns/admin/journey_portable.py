"""A journey out as one file and in again: looked over first, names that are taken decided one by
one."""

import json

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.editor import drafts
from campaigns.journeys.editor.marks import marks
from campaigns.journeys.portable import importing
from campaigns.journeys.portable.document import MOST_BYTES, CannotRead, read
from campaigns.journeys.portable.exporting import Refused, export
from campaigns.models import Journey
from crm_project.admin import Form, once
from crm_project.db.clock import database_now
from crm_project.web.sizes import takes_files
from customers.models import AuditEntry

EXPORTS, IMPORTS = "campaigns.export_journey", "campaigns.import_journey"


class FileForm(Form):
    file = forms.FileField(
        label=gettext_lazy("file"),
        help_text=gettext_lazy("A journey that was exported, as .json, of at most 1 MB."),
    )


class NamedForm(Form):
    name = forms.CharField(label=gettext_lazy("name of the journey"), max_length=100)

    def clean_name(self):
        if Journey.objects.filter(name=self.cleaned_data["name"]).exists():
            raise forms.ValidationError(_("There is a journey of this name already."))
        return self.cleaned_data["name"]


class Travels:
    """For the admin of journeys."""

    def portable_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/export/", view(self.export_view), name="campaigns_journey_file"),
            path("import/", takes_files(view(self.import_view)), name="campaigns_journey_import"),
        ]

    def may_export(self, request) -> bool:
        return self.has_view_permission(request) and request.user.has_perm(EXPORTS)

    def may_import(self, request) -> bool:
        return self.has_add_permission(request) and request.user.has_perm(IMPORTS)

    def export_view(self, request, pk: int):
        """The draft as a file."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        if not self.may_export(request):
            raise PermissionDenied
        journey = Journey.objects.filter(pk=pk).first()
        if journey is None:
            raise Http404
        try:
            said = export(journey)
        except Refused as refused:
            self.message_user(request, str(refused), "error")
            return HttpResponseRedirect(self.page_of(journey))
        AuditEntry.objects.create(
            by=request.user, act="journey.export", subject=f"journey:{journey.pk}", details={}
        )
        answer = HttpResponse(
            json.dumps(said, ensure_ascii=False, indent=1), content_type="application/json"
        )
        name = slugify(journey.name) or f"journey-{journey.pk}"
        answer["Content-Disposition"] = f'attachment; filename="{name}.json"'
        return answer

    @method_decorator(once.sent_once)
    def import_view(self, request):
        """First the file, then what is in it, then the draft."""
        if not self.may_import(request):
            raise PermissionDenied
        if request.method != "POST":
            return self.import_page(request, form=FileForm())
        content, form = posted(request)
        if content is None:
            return self.import_page(request, form=form)
        try:
            document = read(content)
        except CannotRead as refused:
            return self.import_page(request, form=FileForm(), refused=str(refused))
        return self.brought_in(request, document, content)

    def brought_in(self, request, document, content: bytes):
        """The draft, once its name and what is taken are decided; until then the page that asks."""
        is_decided = "document" in request.POST
        named = NamedForm(request.POST) if is_decided else None
        if named is None or not named.is_valid():
            return self.review_page(request, document, content, named=named)
        anew = {one for one in request.POST.getlist("anew") if isinstance(one, str)}
        wanted = importing.Import(document, request.user, database_now(), anew)
        try:
            journey = wanted.carried_out(named.cleaned_data["name"])
        except CannotRead as refused:
            return self.review_page(request, document, content, named=named, refused=str(refused))
        page = self.editor_address(journey)
        once.made(request, page)
        self.tell_of(request, journey, wanted)
        return HttpResponseRedirect(page)

    def tell_of(self, request, journey: Journey, wanted: importing.Import) -> None:
        self.message_user(request, _("The journey is here, as a draft."))
        if wanted.missing:
            self.message_user(
                request,
                _("Not here, and marked at their steps: %(things)s.")
                % {"things": ", ".join(importing.words_of(wanted.missing))},
                "warning",
            )
        number = sum(map(len, marks(drafts.opened(journey)).values()))
        if number:
            self.message_user(
                request, _("Marks before it can be published: %(n)d.") % {"n": number}, "warning"
            )

    def import_page(self, request, *, form, refused: str = ""):
        context = {
            **self.admin_site.each_context(request),
            "title": _("Bring in a journey"),
            "form": form,
            "refused": refused,
        }
        status = 400 if refused or form.is_bound else 200
        return TemplateResponse(request, "campaigns/journeys/import.html", context, status=status)

    def review_page(self, request, document, content: bytes, *, named=None, refused: str = ""):
        wanted = importing.Import(document, request.user, database_now())
        taken = Journey.objects.filter
        name = importing.free_name(
            document.name or _("A journey"),
            taken=lambda given: taken(name=given).exists(),
            most=100,
        )
        chosen = set(request.POST.getlist("anew"))
        things = wanted.things()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Bring in a journey"),
            "document": document,
            "content": content.decode("utf-8-sig"),
            "named": named or NamedForm(initial={"name": name}),
            "refused": refused,
            "there": [(one, one.key in chosen) for one in things if one.is_there],
            "fresh": [one for one in things if not one.is_there],
        }
        page = "campaigns/journeys/import_review.html"
        return TemplateResponse(request, page, context, status=400 if refused else 200)


def posted(request) -> tuple[bytes | None, FileForm | None]:
    """The document: looked over already, or the file."""
    if "document" in request.POST:
        return request.POST["document"].encode("utf-8", "replace"), None
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return None, form
    return form.cleaned_data["file"].read(MOST_BYTES + 1), form
