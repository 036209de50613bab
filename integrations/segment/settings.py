"""What the browser's libraries ask before they send anything: their settings, without which neither
of them starts.

There are no destinations to load, nothing to measure, and nothing leaves but to us.
"""

from drf_spectacular.utils import extend_schema

from customers.models import Source
from integrations.doors import callers
from integrations.doors.cors import PageAccess
from integrations.doors.problems import ProblemView, Unknown, answer
from integrations.segment import keys

KEEP_SECONDS = 60
KEY = "segment"  # of the format, whose sources may ask


@extend_schema(exclude=True)  # not ours: what other libraries expect
class Settings(ProblemView):
    http_method_names = ("get",)

    def get(self, request, key: str = ""):
        self.source = source_of(key or keys.key_beside_body(request))
        response = answer(self.told(request, self.source.key))
        response["Cache-Control"] = f"max-age={KEEP_SECONDS}"
        response.source = self.source
        return response

    def told(self, request, key: str) -> dict:
        raise NotImplementedError


def source_of(key: str) -> Source:
    """A client source: no page holds the key of another."""
    source = callers.source_of(key)
    if source is None or source.is_server or source.format != KEY:
        raise Unknown
    return source


@extend_schema(exclude=True)
class Analytics(Settings):
    """Of @segment/analytics-next, whose `cdnURL` is our address."""

    def told(self, request, key: str) -> dict:
        here = {"apiKey": key, "apiHost": f"{request.get_host()}/v1", "protocol": request.scheme}
        return {"integrations": {"Segment.io": here}, "metrics": {"sampleRate": 0}}


@extend_schema(exclude=True)
class Rudder(Settings):
    """Of @rudderstack/analytics-js, whose `configUrl` is our address."""

    def told(self, request, key: str) -> dict:
        silent = {"errors": {"enabled": False}, "metrics": {"enabled": False}}
        source = {
            "id": key,
            "name": key,
            "writeKey": key,
            "enabled": True,
            "workspaceId": "hutong",
            "updatedAt": "2026-01-01T00:00:00Z",
        }
        source |= {"config": {"statsCollection": silent}, "connections": [], "destinations": []}
        return {"source": source, "updatedAt": source["updatedAt"]}


def reachable(view):
    view.reach = PageAccess(KEY, ("GET",))
    return view


ASKED = {
    "v1/projects/<str:key>/settings": reachable(Analytics.as_view()),
    "sourceConfig/": reachable(Rudder.as_view()),
    "sourceConfig": reachable(Rudder.as_view()),
}
