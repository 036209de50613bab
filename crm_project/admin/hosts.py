"""The machines of the installation: who is there, and declaring one gone that will not come
back."""

from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from crm_project import audit
from crm_project.hosts import signs
from crm_project.login import step_up
from crm_project.models import Host
from crm_project.queue.due import database_now

SEE, DECLARE = "crm_project.view_host", "crm_project.declare_host_gone"


def hosts_view(request):
    """The page of System > Hosts; a post declares one gone."""
    if not request.user.has_perm(SEE):
        raise PermissionDenied
    if request.method == "POST":
        return declare_gone(request)
    now = database_now()
    context = {
        **admin.site.each_context(request),
        "title": _("Hosts"),
        "hosts": [
            (host, signs.one(host, now)) for host in Host.objects.order_by("gone_at", "name", "key")
        ],
        "may_declare": request.user.has_perm(DECLARE),
    }
    return TemplateResponse(request, "hutong/hosts.html", context)


def declare_gone(request):
    """Nobody waits for this host any more. One that is alive cannot be declared gone."""
    if not request.user.has_perm(DECLARE):
        raise PermissionDenied
    host = asked_for(request.POST.get("host", ""))
    if host is None:
        raise Http404
    if question := step_up.question(request):
        return question
    now = database_now()
    if signs.status(signs.seconds(host.seen_at, now)) == "up":
        messages.error(request, _("%(host)s is alive: stop it first.") % {"host": host})
    elif Host.objects.filter(pk=host.pk, gone_at=None).update(gone_at=now, gone_by=request.user):
        audit.note(
            by=request.user, act="host.gone", subject=f"host:{host.pk}", details={"name": host.name}
        )
        messages.success(
            request,
            _("%(host)s is declared gone. Should it come back, what waits there is deleted.")
            % {"host": host},
        )
    return HttpResponseRedirect(reverse("admin:hosts"))


def asked_for(key: str) -> Host | None:
    try:
        return Host.objects.filter(pk=UUID(key)).first()
    except ValueError:
        return None
