"""The list of everything in the admin: Django makes it for each page, and hardly one shows it."""

from collections.abc import Callable
from functools import wraps

from django.utils.functional import SimpleLazyObject


def when_asked(listed: Callable[..., list[dict]]) -> Callable[..., SimpleLazyObject]:
    """The same list, made when somebody looks into it."""

    @wraps(listed)
    def later(request, app_label=None) -> SimpleLazyObject:
        return SimpleLazyObject(lambda: listed(request, app_label))

    return later
