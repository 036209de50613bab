"""A customer's rights, carried out by staff: a copy of everything, and being forgotten."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.admin import Days, Form, ModelAdmin, ReadOnly, act, link, once, steps_up
from crm_project.queue.due import database_now
from customers.data_rights import erasing, exporting, requests
from customers.models import Customer, ErasureRequest, Export


class ReasonForm(Form):
    reason = forms.CharField(
        label=gettext_lazy("why"),
        max_length=200,
        help_text=gettext_lazy("Stands in the audit log; no names or numbers, please."),
    )


class EraseForm(ReasonForm):
    sure = forms.BooleanField(label=gettext_lazy("This cannot be undone, not even by us."))


class HasRights:
    """For the admin of customers: two pages and a download."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/export/", view(self.export_view), name="customers_customer_export"),
            path("<int:pk>/erase/", view(self.erase_view), name="customers_customer_erase"),
            path(
                "exports/<uuid:key>/", view(self.download_view), name="customers_customer_download"
            ),
            *super().get_urls(),
        ]

    @steps_up
    def export_view(self, request, pk):
        customer = self.living(request, pk, exporting.PERMISSION)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                done = exporting.export(
                    customer,
                    by=request.user,
                    reason=form.cleaned_data["reason"],
                    now=database_now(),
                )
            except exporting.CannotExport as refused:
                form.add_error(None, str(refused))
            else:
                return self.page(
                    request,
                    customer,
                    "customers/rights/ready.html",
                    {"title": _("The copy is ready"), "export": done},
                )
        return self.page(
            request,
            customer,
            "customers/rights/export.html",
            {"title": _("Export everything"), "form": form},
        )

    def erase_view(self, request, pk):
        return once.once(request, lambda: self.erased(request, pk))

    def erased(self, request, pk):
        customer = self.living(request, pk, erasing.PERMISSION)
        form = EraseForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                erasing.erase(
                    customer,
                    by=request.user,
                    reason=form.cleaned_data["reason"],
                    now=database_now(),
                )
            except erasing.CannotErase as refused:
                form.add_error(None, str(refused))
            else:
                self.message_user(
                    request,
                    _("The customer is erased. What is still under way follows within minutes."),
                )
                once.made(request, reverse("admin:customers_customer_changelist"))
                return HttpResponseRedirect(request.made_page)
        return self.page(
            request,
            customer,
            "customers/rights/erase.html",
            {"title": _("Erase this customer"), "form": form},
        )

    def download_view(self, request, key):
        """Only for whoever made it, and for a day."""
        export = get_object_or_404(
            Export.objects.select_related("customer"), pk=key, by=request.user
        )
        if not request.user.has_perm(exporting.PERMISSION):
            raise PermissionDenied
        if export.expires_at <= database_now():
            return HttpResponse(
                _("This link is over."), status=410, content_type="text/plain; charset=utf-8"
            )
        headers = {
            "Content-Disposition": (
                f'attachment; filename="customer-{export.customer.public_id}.zip"'
            ),
            "Cache-Control": "no-store",
        }
        return HttpResponse(
            exporting.archive_of(export), content_type="application/zip", headers=headers
        )

    def living(self, request, pk, permission) -> Customer:
        if not (request.user.has_perm(permission) and self.has_view_permission(request)):
            raise PermissionDenied
        customer = get_object_or_404(Customer.objects.select_related("merged_into"), pk=pk)
        if customer.erased_at:
            raise Http404
        return customer.merged_into or customer

    def page(self, request, customer, template, context):
        context = {**self.admin_site.each_context(request), "customer": customer, **context}
        return TemplateResponse(request, template, context, headers={"Cache-Control": "no-store"})


@admin.register(ErasureRequest)
class ErasureRequestAdmin(ReadOnly, ModelAdmin):
    when_empty = gettext_lazy("Nobody has asked to be forgotten.")
    list_display = ("customer_link", "why", "asked_at", "due_at", "settled_at")
    list_display_links = ("asked_at",)
    list_filter = (("settled_at", admin.EmptyFieldListFilter), ("asked_at", Days))
    list_select_related = ("customer",)
    ordering = ("-pk",)
    fields = ("customer", "why", ("asked_at", "due_at"), ("settled_at", "settled_by"))
    acts = ("forget", "decline")

    customer_link = link("customer", gettext_lazy("customer"))

    @act(
        gettext_lazy("Erase"),
        icon="delete_forever",
        style="danger",
        shown=lambda row: row.settled_at is None,
    )
    def forget(self, request, row):
        """To the page where it is looked over; the request goes with the customer."""
        return HttpResponseRedirect(
            reverse("admin:customers_customer_erase", args=[row.customer_id])
        )

    @act(
        gettext_lazy("They want to stay"),
        icon="undo",
        confirm=gettext_lazy("You have asked them, and they do not want to be forgotten?"),
        shown=lambda row: row.settled_at is None,
    )
    def decline(self, request, row):
        requests.decline(row, by=request.user, now=database_now())
        self.message_user(request, _("The request is settled."))
