"""How long each kind of data is kept, within what the law says; what would be deleted, and the
agreement to it."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from crm_project.admin import Form, revisions, themed
from crm_project.queue.due import database_now
from customers.data_rights.retention import chosen_terms, words
from customers.data_rights.retention.base import DataKind, kinds
from customers.models import Retention
from customers.pages.shell import page, page_in_shell

LARGEST = 1200


class TermField(forms.IntegerField):
    """A number of the kind's days or months; empty where it may stay."""

    def __init__(self, kind: DataKind):
        self.kind = kind
        super().__init__(label=kind.label, required=False, min_value=0, max_value=LARGEST)

    def clean(self, value):
        number = super().clean(value)
        try:
            chosen_terms.check(self.kind, number)
        except chosen_terms.OutOfBounds as refused:
            raise forms.ValidationError(str(refused)) from None
        return number


class TermsForm(revisions.RevisedSettings, Form):
    """A field for each kind that may be set."""

    def __init__(self, *args, **kwargs):
        self.kinds = {kind.key: kind() for kind in kinds if kind.is_settable}
        super().__init__(
            *args,
            initial={key: chosen_terms.number(kind) for key, kind in self.kinds.items()},
            **kwargs,
        )
        for key, kind in self.kinds.items():
            self.fields[key] = TermField(kind)
            self.fields[key].widget.attrs["aria-describedby"] = f"bounds-{key}"
        themed(self)


@require_http_methods(["GET", "POST"])
@page("customers.view_retention")
def retention(request):
    if request.method == "POST" and "agree" in request.POST:
        return agreed(request)
    if request.method == "POST" and not request.user.has_perm(chosen_terms.CHANGE):
        raise PermissionDenied
    with revisions.one_at_a_time("retention"):
        form = TermsForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return chosen(request, form)
    rows = {row.kind: row for row in Retention.objects.select_related("agreed_by")}
    told = [line(kind(), rows, form) for kind in kinds if not kind.follows]
    waiting = [one for one in told if one["waits"]]
    context = {
        "title": _("Retention"),
        "form": form,
        "lines": told,
        "waiting": waiting,
        "is_counted": waiting and all(one["row"].ended_at for one in waiting),
        "total": sum(one["found"] for one in waiting),
        "may_change": request.user.has_perm(chosen_terms.CHANGE),
        "may_agree": request.user.has_perm(chosen_terms.AGREE),
    }
    return page_in_shell(
        request, "customers/retention.html", context, status=400 if form.errors else 200
    )


def line(kind: DataKind, rows: dict[str, Retention], form: TermsForm) -> dict:
    """What one line of the page says."""
    row = rows.get(kind.key)
    followers = [
        rows[other.key] for other in kinds if other.follows == kind.key and other.key in rows
    ]
    has_number = kind.is_cleared and chosen_terms.number(kind) is not None
    return {
        "kind": kind,
        "row": row,
        "field": form[kind.key] if kind.key in form.fields else None,
        "term": words.kept_for(kind),
        "bounds": words.bounds(kind),
        "default": words.span(kind, kind.default) if kind.default else kind.term,
        "found": sum(one.waiting for one in [row, *followers]) if row else 0,
        "oldest": (
            min(
                (one.waiting_oldest for one in [row, *followers] if one.waiting_oldest),
                default=None,
            )
            if row
            else None
        ),
        "gone": sum(one.gone for one in [row, *followers]) if row else 0,
        "waits": bool(has_number and kind.asks and row and not row.agreed_at),
    }


def chosen(request, form: TermsForm):
    changed = [
        key
        for key in form.changed_data
        if chosen_terms.choose(form.kinds[key], form.cleaned_data[key], by=request.user)
    ]
    if changed:
        said = ngettext("%(n)d term was changed.", "%(n)d terms were changed.", len(changed)) % {
            "n": len(changed)
        }
        messages.success(request, said)
    return HttpResponseRedirect(reverse("retention"))


def agreed(request):
    """To what the page has shown: the kinds that it named."""
    chosen_terms.make(database_now())
    done = chosen_terms.agree(request.POST.getlist("kind"), by=request.user)
    if done:
        messages.success(
            request, _("What has had its time is deleted from now on, in small steps.")
        )
    else:
        messages.warning(
            request, _("Nothing was agreed to: it is still being counted, or somebody was faster.")
        )
    return HttpResponseRedirect(reverse("retention"))
