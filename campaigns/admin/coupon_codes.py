"""Codes of a batch by file: a form on the batch's page."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext_lazy as _

from campaigns.coupons import files
from campaigns.models import CouponBatch
from crm_project.admin import Form
from crm_project.files import storing, uploads
from crm_project.files.stores import StoreFailed
from crm_project.jobs.kinds import Refused
from crm_project.queue.due import database_now
from crm_project.templatetags.hutong import page_of
from crm_project.web.sizes import takes_files
from customers.lists import reading

REFUSED = (reading.CannotRead, Refused, uploads.Refused, StoreFailed)


class CodesForm(Form):
    file = forms.FileField(
        label=_("file"), help_text=_("CSV or text, UTF-8 or GB18030."), required=False
    )
    upload = forms.CharField(required=False, widget=forms.HiddenInput)  # brought in parts
    column = forms.IntegerField(
        label=_("column"), min_value=1, max_value=1000, initial=1, help_text=_("1 is the first.")
    )
    has_heading = forms.BooleanField(label=_("the first line is a heading"), required=False)

    def clean(self):
        data = super().clean()
        if not (data.get("file") or data.get("upload")) and not self.errors:
            self.add_error("file", _("Choose a file."))
        return data

    def brought(self, by, now):
        """The file, in parts or with this form. Raises uploads.Refused, StoreFailed."""
        if said := self.cleaned_data["upload"]:
            return uploads.complete(said, by=by, now=now)
        return uploads.received(self.cleaned_data["file"], by=by, now=now)


class TakesCodes:
    """For the admin of batches."""

    def page_context(self, request, row):
        takes = row.code_mode == CouponBatch.Codes.UPLOADED and self.may_act(request)
        form = CodesForm(prefix="file") if takes else None
        return super().page_context(request, row) | {"file_form": form}

    def get_urls(self):
        view = self.admin_site.admin_view(self.codes_view)
        return [
            path("<int:pk>/codes/", view, name="campaigns_couponbatch_codes"),
            *super().get_urls(),
        ]

    @takes_files
    def codes_view(self, request, pk):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_act(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or row.code_mode != CouponBatch.Codes.UPLOADED:
            raise Http404
        form = CodesForm(request.POST, request.FILES, prefix="file")
        if not form.is_valid():
            for name, problems in form.errors.items():
                said = f"{form.fields[name].label}: {' '.join(problems)}"
                self.message_user(request, said, messages.ERROR)
            return HttpResponseRedirect(self.page_of(row))
        return HttpResponseRedirect(self.begun(request, row, form) or self.page_of(row))

    def begun(self, request, row, form) -> str:
        """The page of the job; where the file cannot be used it goes, and says why."""
        data, now, file = form.cleaned_data, database_now(), None
        try:
            file = form.brought(request.user, now)
            said = {name: data[name] for name in ("column", "has_heading")}
            return page_of(files.begin(row, file, **said, by=request.user, now=now))
        except REFUSED as refused:
            if file is not None:
                storing.forget(file)
            words = f"{form.fields['file'].label}: {refused}"
            self.message_user(request, words, messages.ERROR)
            return ""
