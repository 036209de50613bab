"""Tags put on and taken off by hand: on a customer's page, and for many at once."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm_project.admin import Form, once
from crm_project.bounds import whole_in
from crm_project.db.clock import Now
from crm_project.jobs.kinds import Refused
from crm_project.queue.due import database_now
from customers.bulk.acts import StartForm
from customers.models import Customer, CustomerTag, Segment, Tag
from customers.profile import panel as profile
from customers.profile.finders import holders_of
from customers.segments import rights
from customers.tags import history, jobs, tagging

MOST_NAMED = 10_000
MOST_CUSTOMER = 2**31 - 1  # a number
SHOWN_UNKNOWN = 10
HISTORY = 50
MOST_OFFERED = 500
BY_HAND = Tag.objects.filter(segment=None).select_related("group").order_by("group__name", "name")


class TaggingForm(Form):
    """One tag, for how long, and why."""

    tag = forms.ModelChoiceField(label=gettext_lazy("tag"), queryset=BY_HAND)
    until = forms.DateTimeField(
        label=gettext_lazy("until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Empty: as long as the tag itself says."),
    )
    why = forms.CharField(label=gettext_lazy("why"), max_length=200, required=False)

    def term(self, now):
        return self.cleaned_data["until"] or tagging.term(self.cleaned_data["tag"], now)


class ManyForm(TaggingForm):
    starts_journeys = StartForm.base_fields["starts_journeys"]
    act = forms.ChoiceField(
        label=gettext_lazy("do"),
        choices=[("on", gettext_lazy("put on")), ("off", gettext_lazy("take off"))],
        widget=forms.RadioSelect,
        initial="on",
    )
    segment = forms.ModelChoiceField(
        label=gettext_lazy("everybody in the segment"),
        queryset=Segment.objects.order_by("name"),
        required=False,
    )
    people = forms.CharField(
        label=gettext_lazy("these customers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "Member ids, phones, e-mails or openids, one per line, at most 10,000."
        ),
    )
    customers = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ("act", "tag", "until", "why", "segment", "people", "starts_journeys")

    def clean_customers(self):
        parts = self.cleaned_data["customers"].split(",") if self.cleaned_data["customers"] else []
        chosen = [whole_in(part, most=MOST_CUSTOMER) for part in parts]
        if None in chosen:
            raise forms.ValidationError(_("Choose the customers again."))
        return chosen

    def clean_segment(self):
        segment = self.cleaned_data["segment"]
        if segment and segment.pk in rights.unseen():
            raise forms.ValidationError(
                _("You may not see who is in this segment, so you cannot mark them.")
            )
        return segment

    def clean_people(self):
        terms = list(
            dict.fromkeys(
                line.strip()
                for line in self.cleaned_data["people"].replace("\0", "").splitlines()
                if line.strip()
            )
        )
        if len(terms) > MOST_NAMED:
            raise forms.ValidationError(
                _("These are more than %(n)s lines.") % {"n": f"{MOST_NAMED:,}"}
            )
        return terms

    def clean(self):
        data = super().clean()
        if (
            sum(bool(data.get(name)) for name in ("segment", "people", "customers")) != 1
            and not self.errors
        ):
            raise forms.ValidationError(_("Say who: a segment, or the customers."))
        return data


@once.sent_once
def many_view(request, tag_admin):
    """A page of its own; `customers` in the request are those chosen in the list. Sent twice it
    begins once."""
    if not request.user.has_perm(tagging.MANY):
        raise PermissionDenied
    form = (
        ManyForm(request.POST)
        if request.method == "POST" and "act" in request.POST
        else ManyForm(initial=chosen(request))
    )
    if form.is_bound and form.is_valid():
        data, now = form.cleaned_data, database_now()
        held = holders_of(data["people"])
        ids = data["customers"] or set().union(*held.values())
        is_on = data["act"] == "on"
        try:
            job = jobs.begin(
                data["tag"],
                is_on=is_on,
                segment=data["segment"],
                customers=ids,
                until=form.term(now) if is_on else None,
                why=data["why"],
                starts_journeys=data["starts_journeys"],
                by=request.user,
                now=now,
            )
        except (tagging.CannotTag, Refused) as refused:
            form.add_error(None, str(refused))
        else:
            tell(request, tag_admin, job, [term for term, found in held.items() if not found])
            once.made(request, tag_admin.page_of(data["tag"]))
            return HttpResponseRedirect(tag_admin.page_of(data["tag"]))
    context = {
        **tag_admin.admin_site.each_context(request),
        "title": _("Tag many customers"),
        "form": form,
        "chosen": form["customers"].value(),
    }
    return TemplateResponse(request, "customers/tags/many.html", context)


def chosen(request) -> dict:
    asked = {
        name: request.GET.get(name, "")
        for name in ("tag", "segment")
        if whole_in(request.GET.get(name, "")) is not None
    }
    return {**asked, "customers": request.POST.get("customers", "")}


def tell(request, tag_admin, job, unknown) -> None:
    if job.is_over:
        changed = job.done_rows
        words = ngettext("%(n)d customer changed.", "%(n)d customers changed.", changed) % {
            "n": changed
        }
    else:
        words = _("%(n)s customers are worked through in the background.") % {
            "n": f"{job.params['total']:,}"
        }
    tag_admin.message_user(request, words)
    if unknown:
        first = {"n": len(unknown), "first": ", ".join(unknown[:SHOWN_UNKNOWN])}
        tag_admin.message_user(request, _("%(n)d not found: %(first)s") % first, messages.WARNING)


class Carries(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("tag"), "tag"

    def lookups(self, request, model_admin):
        return [
            (str(pk), name)
            for pk, name in Tag.objects.order_by("group__name", "name").values_list("pk", "name")
        ]

    def queryset(self, request, queryset):
        tag = whole_in(self.value() or "")
        if tag is None:
            return queryset
        return queryset.filter(
            pk__in=CustomerTag.objects.filter(tag=tag).valid(Now()).values("customer")
        )


class TagsCustomers:
    """For the admin of customers: the tags on a customer's page, their history, and the tags of the
    chosen many."""

    actions = ("tag_many",)

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/tags/", view(self.tag_view), name="customers_customer_tag"),
            path(
                "<int:pk>/tags/history/",
                view(self.tag_history_view),
                name="customers_customer_tag_history",
            ),
            *super().get_urls(),
        ]

    def tag_view(self, request, pk):
        """GET: the form. POST puts on `tag`, or takes off `off`; HTMX gets the block of tags again,
        everybody else their page."""
        customer = get_object_or_404(Customer.objects.alive(), pk=pk)
        if not self.has_view_permission(request, customer):
            raise PermissionDenied
        if request.method != "POST":
            worn = {row.tag_id for row in tagging.carried(customer, Now())}
            return TemplateResponse(
                request,
                "customers/tags/put.html",
                {"row": customer, "offered": BY_HAND.exclude(pk__in=worn)[:MOST_OFFERED]},
            )
        problem = (
            self.take(request, customer) if "off" in request.POST else self.put(request, customer)
        )
        if request.headers.get("HX-Request") != "true":
            if problem:
                self.message_user(request, problem, messages.ERROR)
            return HttpResponseRedirect(self.page_of(customer))
        panel = profile.one("tags", customer, request.user) | {"problem": problem}
        return TemplateResponse(request, panel["template"], {"panel": panel, "row": customer})

    def put(self, request, customer) -> str:
        """What is wrong, in words."""
        if not request.user.has_perm("customers.add_customertag"):
            raise PermissionDenied
        form, now = TaggingForm(request.POST), database_now()
        if not form.is_valid():
            return " ".join(message for texts in form.errors.values() for message in texts)
        data = form.cleaned_data
        try:
            tagging.put_on(
                data["tag"],
                [customer.pk],
                by=f"user:{request.user}",
                why=data["why"],
                until=form.term(now),
                now=now,
            )
        except tagging.CannotTag as refused:
            return str(refused)
        return ""

    def take(self, request, customer) -> str:
        if not request.user.has_perm("customers.delete_customertag"):
            raise PermissionDenied
        asked = whole_in(request.POST["off"])
        tag = (
            None
            if asked is None
            else Tag.objects.select_related("segment").filter(pk=asked).first()
        )
        if tag is None:
            return _("There is no such tag.")
        try:
            tagging.take_off(
                tag,
                [customer.pk],
                by=f"user:{request.user}",
                why=request.POST.get("why", "")[:200],
                now=database_now(),
            )
        except tagging.CannotTag as refused:
            return str(refused)
        return ""

    def tag_history_view(self, request, pk):
        customer = get_object_or_404(Customer, pk=pk)
        if not self.has_view_permission(request, customer):
            raise PermissionDenied
        return TemplateResponse(
            request,
            "customers/tags/changes.html",
            {"history": history.of_customer(customer, HISTORY)},
        )

    def has_tag_permission(self, request):
        return request.user.has_perm(tagging.MANY)

    def tag_many(self, request, queryset):
        """The chosen ones go along to the page that asks for the tag."""
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST_NAMED + 1])
        if len(ids) > MOST_NAMED:
            words = _("More than %(n)s are chosen: make them a segment, and tag its members.") % {
                "n": f"{MOST_NAMED:,}"
            }
            self.message_user(request, words, messages.ERROR)
            return None
        request.POST = request.POST.copy()
        request.POST["customers"] = ",".join(map(str, ids))
        request.POST.pop("act", None)
        return many_view(request, self.admin_site.get_model_admin(Tag))

    tag_many.short_description = gettext_lazy("Put on or take off a tag")
    tag_many.allowed_permissions = ("tag",)
