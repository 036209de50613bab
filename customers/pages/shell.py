"""Pages of ours inside the admin's session and shell."""

from functools import wraps

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse


def page(*permissions: str):
    """The view is the admin's: whoever is not logged in logs in first, whoever lacks one of the
    permissions is refused."""

    def mark(view):
        @wraps(view)
        def checked(request, *args, **kwargs):
            if not request.user.has_perms(permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return admin.site.admin_view(checked)

    return mark


def page_in_shell(request, template: str, context: dict, **more) -> TemplateResponse:
    """A whole page: with the sidebar, the header and `title`."""
    request.current_app = admin.site.name
    return TemplateResponse(
        request, template, {**admin.site.each_context(request), **context}, **more
    )


def is_part(request) -> bool:
    """HTMX asks for a piece of a page, not for a whole one."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )
