"""A form that is sent twice makes one thing: it carries a token, and who comes second is led to
what the first one made."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps

from django.contrib import messages
from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from crm_project.models import Submission
from crm_project.templatetags.hutong import ONCE

LASTS = timedelta(days=2)
is_token = re.compile(r"[A-Za-z0-9_-]{16,64}").fullmatch
TAKE = "INSERT INTO crm_project_submission (token, user_id) VALUES (%s, %s) ON CONFLICT DO NOTHING"


def forget_old(now: datetime) -> None:
    """A form that old is not sent again."""
    Submission.objects.filter(at__lt=now - LASTS).delete()


def made(request, page: str) -> None:
    """This request has made something, which stands on this page."""
    request.made_page = page


def once(request, view: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer of `view`; where a post with the same token has made something already, the way to
    it.

    A second post that comes while the first is under way waits for it. What made nothing may be
    sent again.
    """
    token = request.POST.get(ONCE, "") if request.method == "POST" else ""
    if not is_token(token):
        return view()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [token, request.user.pk])
            is_first = cursor.rowcount == 1
        if is_first:
            response = view()
            page = getattr(request, "made_page", "")
            submitted = Submission.objects.filter(pk=token)
            submitted.update(page=page) if page else submitted.delete()
            return response
    earlier = Submission.objects.filter(pk=token, user_id=request.user.pk).first()
    messages.info(request, _("This was sent twice and is saved once."))
    return HttpResponseRedirect(earlier.page if earlier and earlier.page else request.path)


def sent_once(view: Callable) -> Callable:
    """For views: whatever a post makes or does is done once."""

    @wraps(view)
    def answered(request, *args, **kwargs):
        return once(request, lambda: view(request, *args, **kwargs))

    return answered
