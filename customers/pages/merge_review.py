"""The merge review: who is whom. Conflicts to decide, customers to find and join, merges to
undo."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm_project.admin import once
from crm_project.bounds import whole_in
from crm_project.queue.due import database_now
from customers.identity import comparing, conflicts, merging
from customers.models import Customer, Identity, IdentityConflict, Kind, Merge, Source
from customers.pages.shell import page, page_in_shell
from customers.profile import search
from customers.profile.telling_apart import with_features
from customers.profile.timeline_sources import joined_by

VIEW = "customers.view_customer"
SHOWN = 20
SHOWN_LOG_INS = 5
MOST_IDENTITIES = 10
LOOKED_AT = 2000


@require_GET
@page(VIEW)
def merge_review(request):
    term, user = search.clean(request.GET.get("q", "")), request.user
    context = {"title": _("Merge review"), "term": term}
    if term:
        context["found"] = with_identities(search.find(term, user))
    if user.has_perm("customers.view_identityconflict"):
        waiting = (
            IdentityConflict.objects.filter(settled_at=None)
            .select_related("first", "second", "source")
            .order_by("-pk")
        )
        context["conflicts"] = list(waiting[: SHOWN + 1])
        with_features([who for one in context["conflicts"] for who in (one.first, one.second)])
    if user.has_perm("customers.view_merge"):
        of_people, log_ins = latest_merges()
        with_authors([*of_people, *log_ins])
        context |= {"merges": of_people, "log_ins": log_ins}
    return page_in_shell(request, "customers/merge_review/overview.html", context)


def latest_merges() -> tuple[list[Merge], list[Merge]]:
    """Of two people; and apart from them those by which a visitor logged in, which happens all
    day."""
    latest = Merge.objects.filter(pk__in=Merge.objects.order_by("-pk").values("pk")[:LOOKED_AT])
    ordered = latest.select_related("customer", "origin_customer").order_by("-pk")
    is_log_in = Q(identity__startswith=Kind.ANONYMOUS_ID)
    return list(ordered.exclude(is_log_in)[:SHOWN]), list(ordered.filter(is_log_in)[:SHOWN_LOG_INS])


def with_authors(merges: list[Merge]) -> list[Merge]:
    """`author`: the person or the source that joined them, by name; and what tells each of the two
    apart from namesakes."""
    names = dict(Source.objects.values_list("pk", "name"))
    with_features([merge.customer for merge in merges])
    with_features([merge.origin_customer for merge in merges], origin=True)
    for merge in merges:
        kind, _colon, name = merge.by.partition(":")
        merge.author = (
            names.get(number, "")
            if kind == "source" and (number := whole_in(name)) is not None
            else name or merge.by
        )
        merge.joined_by = joined_by(merge.identity)
    return merges


def with_identities(found: list[search.Found]) -> list[search.Found]:
    """What tells people of one name apart."""
    by_id = {one.customer.pk: one.customer for one in found}
    for customer in by_id.values():
        customer.known = []
    for identity in Identity.objects.filter(customer__in=by_id).order_by("kind", "pk"):
        if len(by_id[identity.customer_id].known) < MOST_IDENTITIES:
            by_id[identity.customer_id].known.append(identity)
    return found


@require_http_methods(["GET", "POST"])
@page(VIEW, "customers.view_identityconflict")
@once.sent_once
def conflict_page(request, pk):
    """Both side by side, and what each decision does."""
    conflict = get_object_or_404(
        IdentityConflict.objects.select_related("first", "second", "source"), pk=pk
    )
    if request.method == "POST":
        return decided(request, conflict)
    first, second = (one.merged_into or one for one in (conflict.first, conflict.second))
    context = {"title": _("Identity conflict"), "conflict": conflict, "is_one": first == second}
    if not conflict.settled_at and not context["is_one"]:
        context["preview"] = with_both(comparing.preview(first, second))
    return page_in_shell(request, "customers/merge_review/conflict.html", context)


def decided(request, conflict: IdentityConflict):
    if not request.user.has_perm("customers.change_identityconflict"):
        messages.error(request, _("You may look at conflicts, and not decide them."))
    elif conflict.settled_at:
        messages.warning(request, _("This was decided already."))
    elif request.POST.get("decision") == "join":
        return joined(
            request,
            lambda now: conflicts.join(conflict, by=request.user, now=now),
            back=conflict.get_absolute_url(),
        )
    elif request.POST.get("decision") == "leave":
        conflicts.leave(conflict, by=request.user, now=database_now())
        once.made(request, reverse("merge_review"))
        messages.success(request, _("They stay two customers."))
    return HttpResponseRedirect(reverse("merge_review"))


def joined(request, join, *, back: str):
    try:
        merge = join(database_now())
    except conflicts.CannotJoin as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(back)
    messages.success(
        request, _("The two customers are one. This can be undone in the merge review.")
    )
    once.made(request, Customer.objects.get(pk=merge.customer_id).get_absolute_url())
    return HttpResponseRedirect(request.made_page)


class PairForm(forms.Form):
    """Two customers by their public ids."""

    first = forms.ModelChoiceField(queryset=Customer.objects.alive(), to_field_name="public_id")
    second = forms.ModelChoiceField(
        queryset=Customer.objects.alive(), to_field_name="public_id", required=False
    )

    def clean(self):
        data = super().clean()
        if data.get("first") and data.get("first") == data.get("second"):
            raise forms.ValidationError(_("These two are the same customer."))
        return data


@require_http_methods(["GET", "POST"])
@page(VIEW, "customers.add_merge")
@once.sent_once
def merge_page(request):
    """One customer is given; the other is looked for, compared, and joined."""
    form = PairForm(request.POST or request.GET)
    if not form.is_valid():
        for texts in form.errors.values():
            messages.error(request, " ".join(texts))
        return HttpResponseRedirect(reverse("merge_review"))
    first, second = form.cleaned_data["first"], form.cleaned_data["second"]
    here = f"{reverse('merge')}?first={first.public_id}"
    if request.method == "POST" and second:
        return joined(
            request,
            lambda now: conflicts.join_pair(first.pk, second.pk, by=request.user, now=now),
            back=here,
        )
    term = search.clean(request.GET.get("q", ""))
    context = {"title": _("Merge two customers"), "first": first, "second": second, "term": term}
    if second:
        context["preview"] = with_both(comparing.preview(first, second))
    elif term:
        context["found"] = with_identities(
            [one for one in search.find(term, request.user) if one.customer != first]
        )
    return page_in_shell(request, "customers/merge_review/merge.html", context)


def with_both(preview: comparing.MergePreview) -> comparing.MergePreview:
    with_identities([search.Found(preview.survivor, []), search.Found(preview.loser, [])])
    return preview


@require_http_methods(["GET", "POST"])
@page(VIEW, "customers.view_merge")
@once.sent_once
def undo_page(request, pk):
    """What an undo gives back, what it leaves, and the undo."""
    merge = get_object_or_404(Merge.objects.select_related("customer", "origin_customer"), pk=pk)
    with_authors([merge])
    may_undo = request.user.has_perm("customers.change_merge")
    if request.method == "POST" and may_undo:
        try:
            with transaction.atomic():
                merge = Merge.objects.select_for_update().get(pk=pk)
                merging.undo(merge, by=str(request.user), user=request.user, now=database_now())
        except merging.CannotUndo as refusal:
            messages.error(request, str(refusal))
        else:
            once.made(request, merge.get_absolute_url())
            messages.success(request, _("The two customers are apart again."))
        return HttpResponseRedirect(merge.get_absolute_url())
    undoing = None if merge.undone_at else comparing.undoing(merge)
    return page_in_shell(
        request,
        "customers/merge_review/undo.html",
        {"title": _("Merge"), "merge": merge, "undoing": undoing, "may_undo": may_undo},
    )
