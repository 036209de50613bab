"""Whose eyes a page is for. Words and numbers made deep inside ask here, as they ask for the
language; work in the background has no viewer.

A sentence or a count that tells of data is thereby right on every page that shows it, without a
user handed down through all layers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_viewer: ContextVar = ContextVar("viewer", default=None)


class Viewer:
    """The middleware: while a request lasts, whoever sent it is the viewer."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with seen_by(request):
            return self.get_response(request)


@contextmanager
def seen_by(whose) -> Iterator[None]:
    """`whose` is a user, or a request whose user is asked for only when it matters."""
    before = _viewer.set(whose)
    try:
        yield
    finally:
        _viewer.reset(before)


def may(*permissions: str) -> bool:
    """Whether the viewer has all of them; where nobody looks, nothing is hidden."""
    viewer = _viewer.get()
    return viewer is None or getattr(viewer, "user", viewer).has_perms(permissions)
