"""How large a form may be: a stranger's is small, a file comes only from who is logged in, and only
where one is asked for.

Doors look after their own bodies. The web's front asks before it reads more than FREE_BYTES
(runtime/front/), so nobody need send what is refused here.
"""

from collections.abc import Callable

from django.conf import settings
from django.shortcuts import render

from crm_project.runtime.front import wsgi
from crm_project.runtime.front.limits import FREE_BYTES

FORM_BYTES = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + FREE_BYTES
FILE_BYTES = 64 << 20  # each form with a file says its own limit in words, which is lower


def takes_files(view: Callable) -> Callable:
    """This view's form has a file in it."""
    view.takes_files = True
    return view


class Sizes:
    """Middleware: before anything, the token of the form too, is read from a body."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, *_):
        size = length_of(request)
        if size <= FREE_BYTES or getattr(view, "csrf_exempt", False):
            return None
        most = most_bytes(request, view)
        request.META[wsgi.MOST] = most
        return None if size <= most else render(request, "413.html", status=413)


def length_of(request) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isascii() and text.isdigit() else 0


def most_bytes(request, view) -> int:
    if not (request.user.is_active and request.user.is_staff):
        return FREE_BYTES
    return FILE_BYTES if getattr(view, "takes_files", False) else FORM_BYTES
