"""The page of all ways in (integrations/sync/home.py), and trying again what one refused."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from crm_project.admin import once
from crm_project.queue.due import database_now
from customers.models import Source
from customers.pages.shell import page, page_in_shell
from integrations.doors import replaying
from integrations.models import Quarantine
from integrations.sync import home

REPLAY = "integrations.change_quarantine"


@require_GET
@page("customers.view_source")
def ways_in(request):
    now, user = database_now(), request.user
    context = {
        "title": _("Ways in"),
        "ways": home.ways(now),
        "may_replay": user.has_perm(REPLAY),
        "may_see": {
            "refused": user.has_perm("integrations.view_quarantine"),
            "queues": user.has_perm("integrations.view_queuesource"),
            "reconciliation": user.has_perm("integrations.view_reconciliation"),
            "files": user.has_perm("integrations.add_fileimport"),
        },
    }
    return page_in_shell(request, "integrations/sync/ways_in.html", context)


@page("customers.view_source")
def replay(request, pk: int):
    """All that this source has sent and was refused is tried again, in the background."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm(REPLAY):
        raise PermissionDenied
    return once.once(request, lambda: tried(request, pk))


def tried(request, pk: int):
    source = Source.objects.filter(pk=pk).first()
    if source is None:
        raise Http404
    rows = Quarantine.objects.filter(source=source)
    n = replaying.ask(rows, by=request.user, now=database_now())
    text = ngettext("%(n)s refusal is tried again.", "%(n)s refusals are tried again.", n)
    messages.success(request, text % {"n": n})
    return HttpResponseRedirect(reverse("ways_in"))
