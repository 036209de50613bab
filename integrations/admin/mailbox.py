"""The demo's mailbox: what would have left, as its receiver would see it."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from integrations.email import mailbox

SHOWN = 100


def page(request, template: str, title: str, **context):
    return TemplateResponse(
        request, template, {**admin.site.each_context(request), "title": title, **context}
    )


def allowed(request) -> None:
    """Raises PermissionDenied, or Http404 where no letter is kept here."""
    if not request.user.has_perm("campaigns.view_message"):
        raise PermissionDenied
    if not mailbox.is_used():
        raise Http404


@admin.site.admin_view
def letters(request):
    allowed(request)
    return page(request, "email/mailbox.html", _("Local mailbox"), letters=mailbox.latest(SHOWN))


@admin.site.admin_view
def letter(request, key: str):
    allowed(request)
    found = mailbox.one(key)
    if found is None:
        raise Http404
    return page(request, "email/kept.html", found.subject, letter=found)
