"""All rows of a list at once: the page that asks what is to be done. How far it is stands on the
job's page (crm_project/admin/jobs.py)."""

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.admin import Form, once, pages
from crm_project.jobs.models import Job
from crm_project.login import step_up
from crm_project.queue.due import database_now
from crm_project.templatetags.hutong import page_of
from customers.bulk import job as bulk
from customers.bulk import scheduled
from customers.bulk.acts import StartForm, offered
from customers.bulk.listing import listed

SHORTEST_REASON = 4
LIST, ACT = "_list", "_act"


class ReasonForm(Form):
    reason = forms.CharField(label=gettext_lazy("why"), max_length=200, min_length=SHORTEST_REASON)


def counted(rows) -> tuple[int, bool]:
    """How many rows there are, and whether there are more than is counted."""
    most = 10_000
    found = rows.order_by()[: most + 1].count()
    return min(found, most), found > most


def begin_view(request):
    """`_list` names the list, `_act` what is chosen, all else is the list's own filter. Sent
    twice it begins once."""
    return once.once(request, lambda: begun(request))


def begun(request):
    query = QueryDict(request.META.get("QUERY_STRING", ""), mutable=True)
    label, key = query.pop(LIST, [""])[-1], query.pop(ACT, [""])[-1]
    list_admin = admin_of(request, label)
    offers = offered(request.user, label)
    chosen = next((one for one in offers if one.key == key), None)
    if not offers or (key and chosen is None):
        raise PermissionDenied
    filtered = query.urlencode()
    wanted = {"list": label, "query": filtered}
    found, is_more = counted(listed(Job(params=wanted, by=request.user), list_admin))
    posted = request.POST if request.method == "POST" else None
    form = chosen and chosen().form_for(request.user, list_admin, posted)
    reason = chosen and chosen.needs_reason and ReasonForm(posted)
    start = chosen and chosen.moves_customers and StartForm(posted)
    if (
        chosen
        and form.is_valid()
        and (not reason or reason.is_valid())
        and (not start or start.is_valid())
    ):
        if chosen.is_confirmed and (question := step_up.question(request)):
            return question
        said = {
            "params": chosen().params(form),
            "reason": reason.cleaned_data["reason"] if reason else "",
        }
        said["starts_journeys"] = bool(start) and start.cleaned_data["starts_journeys"]
        if said["params"].get("schedule"):
            made = scheduled.make(label=label, query=filtered, by=request.user, **said)
            once.made(request, page_of(made))
            return HttpResponseRedirect(page_of(made))
        job = bulk.begin(
            chosen, label=label, query=filtered, by=request.user, now=database_now(), **said
        )
        once.made(request, page_of(job))
        return HttpResponseRedirect(page_of(job))
    context = {
        **admin.site.each_context(request),
        "title": _("All of the list: %(list)s") % {"list": list_admin.opts.verbose_name_plural},
        "offers": [{"act": one, "url": address(query, label, one.key)} for one in offers],
        "chosen": chosen,
        "form": form,
        "reason": reason,
        "start": start,
        "found": found,
        "is_more": is_more,
        "back": f"{list_admin.list_page()}?{filtered}",
    }
    return TemplateResponse(request, "customers/bulk/begin.html", context)


def admin_of(request, label: str):
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        raise Http404 from None
    found = admin.site._registry.get(model)  # noqa: SLF001 -- what is no list is not found
    if found is None:
        raise Http404
    if not found.has_view_permission(request):
        raise PermissionDenied
    return found


def address(query: QueryDict, label: str, key: str) -> str:
    own = query.copy()
    own[LIST], own[ACT] = label, key
    return f"?{own.urlencode()}"


def moved(request, rest: str = ""):
    """What stood at addresses of acts on lists until there was one page for all background work."""
    where = reverse("admin:bulk_begin" if rest == "begin/" else "admin:crm_project_job_changelist")
    query = request.META.get("QUERY_STRING", "") if rest == "begin/" else ""
    return HttpResponseRedirect(f"{where}?{query}" if query else where)


view = admin.site.admin_view
pages += [
    path("bulk/", view(begin_view), name="bulk_begin"),
    path("customers/bulkrun/", view(moved)),
    path("customers/bulkrun/<path:rest>", view(moved)),
]
