"""The page of one customer: who they are, what they did, what they were sent; and what staff do
from there."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from crm_project.admin import Form, once, themed
from crm_project.queue.due import database_now
from customers.data_rights import revealing
from customers.models import NEAREST, Customer, Identity, Merge
from customers.pages.shell import is_part, page, page_in_shell
from customers.profile import actions, timeline
from customers.profile import panel as profile
from customers.workspace import trade

MOST_IDENTITIES = 50
VIEW = "customers.view_customer"


def customer_of(public_id) -> Customer:
    """The page is about them, and speaks in the words of their shop's trade."""
    customer = get_object_or_404(
        Customer.objects.select_related("merged_into"), public_id=public_id
    )
    trade.turn_to_that_of(customer)
    return customer


@require_GET
@page(VIEW)
def customer_page(request, public_id):
    customer, user = customer_of(public_id), request.user
    context = {
        "title": str(customer),
        "customer": customer,
        "identities": identities(customer),
        "figures": profile.of(customer, user, "head"),
        "panels": profile.of(customer, user),
        "actions": actions.offered(customer, user),
        "may_reveal": user.has_perm(revealing.PERMISSION),
        "kinds": timeline.kinds(user),
        **story(request, customer),
    }
    if customer.merged_into_id:
        context["merge"] = (
            Merge.objects.filter(origin_customer=customer, undone_at=None).order_by("-pk").first()
        )
    return page_in_shell(request, "customers/profile.html", context)


def identities(customer: Customer) -> list[Identity]:
    """What staff would call them by comes first, what only machines know last."""
    known = Identity.objects.filter(customer=customer).order_by("-is_strong", "-pk")[
        :MOST_IDENTITIES
    ]
    return sorted(known, key=lambda one: (NEAREST.index(one.kind), -one.pk))


@require_GET
@page(VIEW)
def story_part(request, public_id):
    """More of the story, or another kind of it."""
    customer = customer_of(public_id)
    return TemplateResponse(
        request, "customers/timeline/part.html", {"customer": customer, **story(request, customer)}
    )


def story(request, customer: Customer) -> dict:
    kind, term = request.GET.get("kind", "")[:40], request.GET.get("q", "")
    before = timeline.Place.read(request.GET.get("before", ""))
    told = timeline.story(customer, request.user, kind=kind, term=term, before=before)
    return {
        "story": told,
        "kind": kind,
        "term": term.strip()[: timeline.LONGEST_TERM],
        "before": before,
    }


@require_GET
@page(VIEW)
def panel_part(request, public_id, key):
    """A block that the page did not wait for."""
    customer = customer_of(public_id)
    panel = profile.one(key, customer, request.user)
    if panel is None:
        raise Http404
    context = {"customer": customer, "row": customer, "panel": panel, "title": panel["label"]}
    return drawn(request, panel["template"], context)


class RevealForm(Form):
    identity = forms.ModelChoiceField(queryset=Identity.objects.none(), widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("why you need it"), max_length=revealing.LONGEST_REASON
    )


@require_http_methods(["GET", "POST"])
@page(VIEW, revealing.PERMISSION)
def reveal_page(request, public_id):
    """One identity in the clear for whoever says why: it stands in this one answer and nowhere
    else."""
    customer = customer_of(public_id)
    form = (
        RevealForm(request.POST)
        if request.method == "POST"
        else RevealForm(initial=request.GET.dict())
    )
    form.fields["identity"].queryset = Identity.objects.filter(customer=customer)
    context = {"customer": customer, "form": form, "title": _("Show in the clear")}
    if request.method == "POST" and form.is_valid():
        try:
            context["clear"] = revealing.reveal(
                form.cleaned_data["identity"],
                request.user,
                form.cleaned_data["reason"],
                database_now(),
            )
        except revealing.CannotReveal as refusal:
            context["refusal"] = str(refusal)
    response = drawn(request, "customers/reveal.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
@page(VIEW)
def action_page(request, public_id, key):
    """Something to do: its form, what it would do where that cannot be undone, and the deed,
    once."""
    answer = once.once(request, lambda: acted(request, public_id, key))
    return gone_to(request, answer.url) if isinstance(answer, HttpResponseRedirect) else answer


def acted(request, public_id, key):
    customer = customer_of(public_id)
    if key not in actions.actions or not actions.may_do(actions.actions[key], request.user):
        raise Http404
    action = actions.actions[key](customer, request.user)
    if action.is_page:
        return gone_to(request, action.address)
    if request.method == "GET":
        return action_page_of(request, action, action.form(initial=request.GET.dict()))
    form, now = action.form(request.POST), database_now()
    if not form.is_valid():
        return action_page_of(request, action, form)
    try:
        if "confirmed" not in request.POST and (review := action.review(form.cleaned_data, now)):
            return action_page_of(request, action, form, review=review, posted=posted(request))
        done = actions.do(action, form.cleaned_data, now)
    except actions.ActionRefused as refusal:
        return action_page_of(request, action, form, refusal=str(refusal))
    once.made(request, action.leads_to())
    messages.success(request, done)
    return gone_to(request, action.leads_to())


def action_page_of(request, action, form, **more):
    for part in action.parts(form):
        themed(part)
    context = {
        "customer": action.customer,
        "action": action,
        "form": form,
        "title": action.label,
        **more,
    }
    return drawn(request, action.template, context)


def posted(request) -> list[tuple[str, str]]:
    """What was filled in, to be sent again with the confirmation."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in values
    ]


def drawn(request, template: str, context: dict) -> TemplateResponse:
    """In the drawer of the customer's page, or as a page of its own where the browser runs no
    script."""
    if is_part(request):
        return TemplateResponse(request, template, context)
    return page_in_shell(request, "customers/actions/page.html", {**context, "inside": template})


def gone_to(request, address: str) -> HttpResponse:
    """The next page, also where HTMX asked from inside a drawer."""
    return (
        HttpResponse(headers={"HX-Redirect": address})
        if is_part(request)
        else HttpResponseRedirect(address)
    )
