"""Which pages in a browser may read what the doors answer (CORS).

Origins stand on each client source. A preflight carries no key, so it is judged by what all client
sources of the format allow, and so is an answer to a caller that is not known; every other answer
is judged by its source alone. It is the browser that obeys: a public key in another hand sends as
before, and nothing here keeps anybody out.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from django.db import Error
from django.http import HttpResponse
from django.urls import Resolver404, resolve
from django.utils.cache import patch_vary_headers

from customers.models import Source

log = structlog.get_logger("hutong.doors")

# A preflight's answer is kept by the browser for so long, and what client sources allow by each
# process of ours.
PREFLIGHT_SECONDS = 600
REMEMBERED_SECONDS = 2.0
EXPOSED = ("Retry-After", "X-Request-Id", "RateLimit", "RateLimit-Policy")
ANY = "*"

_name = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch  # of a header, by HTTP

_remembered: dict[str, tuple[float, frozenset[str]]] = {}


@dataclass(frozen=True)
class PageAccess:
    """What pages may ask of a view: sources of which format count, and by which methods."""

    format: str
    methods: tuple[str, ...]


class Cors:
    """Middleware. Views that pages may reach carry their PageAccess as `reach`; an answer says as
    `source` whose it is, where that is known."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        origin = request.headers.get("Origin")
        if (
            origin
            and request.method == "OPTIONS"
            and "Access-Control-Request-Method" in request.headers
        ):
            reach = reach_of(request)
            if reach is not None:
                return preflight(reach, origin, request.headers)
        response = self.get_response(request)
        reach = reach_of(request)
        if reach is not None:
            patch_vary_headers(response, ["Origin"])
            if origin and request.method in reach.methods:
                allow(response, origin, allowed_by(getattr(response, "source", None), reach))
        return response


def reach_of(request) -> PageAccess | None:
    """Of the view at this address; what was answered before a view was chosen (a time-out, a
    redirect) counts too."""
    try:
        match = request.resolver_match or resolve(request.path_info)
    except Resolver404:
        return None
    return getattr(match.func, "reach", None)


def preflight(reach: PageAccess, origin: str, headers: Mapping[str, str]) -> HttpResponse:
    """May a page of this origin ask at all? An unknown one is told nothing, which to a browser is
    no.

    Whatever headers it wants to send it may send: the SDKs add some of their own, which nobody here
    reads, and other ones when they try again (RudderStack's Rsa-Retry-Attempt). A list of ours
    would cost the events of those it does not know.
    """
    method, wanted = (
        headers["Access-Control-Request-Method"],
        headers.get("Access-Control-Request-Headers", ""),
    )
    response = HttpResponse(status=204)
    patch_vary_headers(response, ["Origin", "Access-Control-Request-Headers"])
    if method in reach.methods and allow(response, origin, allowed_by_any(reach.format)):
        response["Access-Control-Allow-Methods"] = ", ".join(reach.methods)
        if names := [name for name in map(str.strip, wanted.split(",")) if _name(name)]:
            response["Access-Control-Allow-Headers"] = ", ".join(names)
        response["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response


def allow(response: HttpResponse, origin: str, allowed: frozenset[str]) -> bool:
    """An origin that is named may send its cookies along too (beacons do); the doors do not look at
    them. With `*` nobody may."""
    if origin in allowed and origin != ANY:
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Credentials"] = "true"
    elif ANY in allowed:
        response["Access-Control-Allow-Origin"] = ANY
    else:
        return False
    response["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)
    return True


def allowed_by(source: Source | None, reach: PageAccess) -> frozenset[str]:
    if source is None:
        return allowed_by_any(reach.format)
    if source.is_server:
        return frozenset()
    until, origins = _remembered.get(reach.format, (0.0, frozenset()))
    if (
        not source.origins <= origins
    ):  # remembered for when the database is away: not every request has a preflight
        _remembered[reach.format] = until, origins | source.origins
    return source.origins


def allowed_by_any(format_key: str) -> frozenset[str]:
    """The origins of all client sources of a format; while the database is away, those that were
    remembered last."""
    until, origins = _remembered.get(format_key, (0.0, frozenset()))
    if until < time.monotonic():
        origins = read(format_key, origins)
        _remembered[format_key] = time.monotonic() + REMEMBERED_SECONDS, origins
    return origins


def read(format_key: str, otherwise: frozenset[str]) -> frozenset[str]:
    try:
        return frozenset().union(
            *(source.origins for source in Source.objects.for_pages(format_key))
        )
    except Error as error:
        log.warning(
            "origins are those remembered: the database is away", error=type(error).__name__
        )
        return otherwise


def forget() -> None:
    """The next request reads what sources allow again."""
    _remembered.clear()
