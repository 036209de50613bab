"""A picture of a letter, for everybody who has its address; and the page on which they are
brought."""

import uuid

from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm_project.admin import once
from crm_project.files import storing
from crm_project.files.stores import StoreFailed
from crm_project.queue.due import database_now
from crm_project.web.sizes import takes_files
from customers.models import AuditEntry
from customers.pages.shell import page, page_in_shell
from integrations.email import pictures

SHOWN = 24
YEAR = 365 * 86400


@require_safe
def picture(request, key: uuid.UUID, kind: str):
    """What lies under an address never changes, so whoever has it need not ask again."""
    file = pictures.one(key, kind, database_now())
    if file is None:
        raise Http404
    try:
        content = pictures.bytes_of(file)
    except StoreFailed:
        return HttpResponse(status=503, headers={"Retry-After": "60", "Cache-Control": "no-store"})
    answer = HttpResponse(content, content_type=pictures.KINDS[kind])
    answer["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"  # mail programs in a browser
    return answer


@takes_files
@page("campaigns.change_template")
def brought(request):
    if request.method == "POST":
        return once.once(request, lambda: kept(request))
    return shown(request)


def kept(request):
    file, problem = request.FILES.get("picture"), ""
    if file is None:
        return shown(request, _("Choose a picture."))
    try:
        with transaction.atomic():
            data = file.read(pictures.MOST_BYTES + 1)
            made = pictures.keep(data, name=file.name, by=request.user, now=database_now())
            AuditEntry.objects.create(
                by=request.user, act="picture.add", subject=f"file:{made.pk}", details={}
            )
    except (pictures.NoPicture, StoreFailed) as refused:
        problem = str(refused)
    if problem:
        return shown(request, problem)
    here = reverse("letter_pictures")
    once.made(request, here)
    return HttpResponseRedirect(here)


@require_POST
@page("campaigns.change_template")
def taken_away(request, key: uuid.UUID):
    """One that nothing names is gone; a second time changes nothing."""
    try:
        with transaction.atomic():
            file = pictures.kept().select_for_update().filter(public_id=key).first()
            if file is None:
                return HttpResponseRedirect(reverse("letter_pictures"))
            if pictures.used([file]):
                return shown(request, _("A text names this picture, so it stays."), status=409)
            AuditEntry.objects.create(
                by=request.user,
                act="picture.delete",
                subject=f"file:{file.pk}",
                details={"name": file.name},
            )
            storing.forget(file)
    except StoreFailed as failed:
        return shown(request, str(failed), status=503)
    return HttpResponseRedirect(reverse("letter_pictures"))


def shown(request, problem: str = "", *, status: int = 200):
    rows = pictures.kept().order_by("-pk")
    leaf = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    used = pictures.used(list(leaf))
    context = {
        "title": _("Pictures of letters"),
        "problem": problem,
        "leaf": leaf,
        "pictures": [
            {"file": one, "path": pictures.path_of(one), "is_used": one.pk in used} for one in leaf
        ],
    }
    return page_in_shell(request, "email/pictures.html", context, status=status)
