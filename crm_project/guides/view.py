"""The page of a guide: everybody on the staff may read it."""

from django.contrib import admin
from django.http import Http404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from crm_project.guides import reading


@require_GET
def guide_view(request, guide: str):
    if guide not in reading.GUIDES:
        raise Http404
    shown = reading.here(guide)
    context = {
        **admin.site.each_context(request),
        "title": shown.title,
        "guide": shown,
        "guides": reading.titles(),
    }
    return TemplateResponse(request, "hutong/guide.html", context)
