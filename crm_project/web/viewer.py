"""Whose eyes a page is for. Words and numbers made deep inside ask here, as they ask for the
language; work in the background has no viewer.

A sentence or a count that tells of data is thereby right on every page that shows it, without a
user handed down through all layers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_viewer: ContextVar = ContextVar("viewer", default=None)
_kept: ContextVar = ContextVar("kept", default=None)  # for as long as they look


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
    before, kept = _viewer.set(whose), _kept.set({})
    try:
        yield
    finally:
        _viewer.reset(before)
        _kept.reset(kept)


def may(*permissions: str) -> bool:
    """Whether the viewer has all of them; where nobody looks, nothing is hidden."""
    viewer = _viewer.get()
    return viewer is None or getattr(viewer, "user", viewer).has_perms(permissions)


def remembered(name: str, make: Callable):
    """What `make` answers, asked once while somebody looks; in the background, each time."""
    kept = _kept.get()
    if kept is None:
        return make()
    if name not in kept:
        kept[name] = make()
    return kept[name]


@contextmanager
def keeping() -> Iterator[None]:
    """In the background too, what is asked here is asked once."""
    kept = None if _kept.get() is not None else _kept.set({})
    try:
        yield
    finally:
        if kept is not None:
            _kept.reset(kept)


def forget(name: str) -> None:
    """It has changed: asked again."""
    if (kept := _kept.get()) is not None:
        kept.pop(name, None)
