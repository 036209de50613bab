"""The seam: what every listed format keeps, and that a foreign one needs nothing from
integrations/doors/webhooks.py."""

import base64
import json
from datetime import UTC, datetime

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from customers.models import Source
from events import ingest
from events.incoming_items import Incoming, Named
from events.models import Event
from integrations.doors.formats import Format, Parsed, Rejected, formats
from integrations.doors.problems import Unauthorized
from integrations.doors.webhooks import DoorView
from integrations.models import Quarantine
from tests.factories import a_source

pytestmark = pytest.mark.django_db

DOORS = [
    pytest.param(door, id=f"{entry.key}:{door.path}") for entry in formats for door in entry.doors()
]


@pytest.mark.parametrize("door", DOORS)
def test_a_stranger_is_refused_everywhere(door, client):
    answer = client.post(f"/{door.path}", b"{}", content_type="application/json")

    assert answer.status_code in {401, 403}


@pytest.mark.parametrize("door", DOORS)
def test_the_key_of_another_format_opens_nothing(door, client):
    source = a_source(trust="client", format="another")

    answer = client.post(
        f"/{door.path}",
        b"{}",
        content_type="application/json",
        headers={"authorization": f"Bearer {source.key}"},
    )

    assert answer.status_code in {401, 403}


def test_no_address_is_served_twice():
    paths = [door.path for entry in formats for door in entry.doors()]

    assert len(paths) == len(set(paths))


class Lines(Format):
    """A sender of plain lines that knows no refusal, as some SDKs are."""

    key = "lines"
    label = "lines"
    paths = ("lines",)
    keeps_rejected = True

    def check_headers(self, request):
        pass

    def authenticate(self, request, body):
        source = Source.objects.filter(key=request.GET.get("k")).first()
        if source is None:
            raise Unauthorized
        return source

    def parse(self, body, source, now):
        lines = enumerate(body.decode().split())
        return Parsed([self.item(n, line, now) for n, line in lines])

    def item(self, n, line, now):
        if line.startswith("!"):
            return Rejected(n, None, "bang", "$", "A bang.", line.encode())
        return Incoming(line, line.encode(), "Line", now, identities=[Named("anonymous_id", line)])

    def ack(self, request, parsed, results):
        return HttpResponse(f"ok {len(results)}")

    def refuse(self, request, refused, body):
        return HttpResponse(f"ok anyway {refused.code} {len(body)}")


def posted(body, key="") -> HttpResponse:
    request = RequestFactory().post(f"/lines?k={key}", body, content_type="text/plain")
    return DoorView.as_view(door=Lines("lines"))(request)


def test_a_foreign_format_answers_in_its_own_way_and_its_rejects_are_kept():
    source = a_source(trust="client", format="lines")

    assert posted(b"a b !c", source.key).content == b"ok 3"
    assert Event.objects.count() == 2
    kept = Quarantine.objects.get()
    assert (kept.source, kept.format, kept.code, base64.b64decode(kept.raw)) == (
        source,
        "lines",
        "bang",
        b"!c",
    )
    assert b"!c" not in bytes(
        Quarantine.objects.extra(select={"sealed": "raw"}).values_list("sealed", flat=True)[0]
    )


def test_a_foreign_format_decides_what_a_failure_answers(monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("away")

    source = a_source(trust="client", format="lines")
    monkeypatch.setattr(ingest, "record", away)

    assert posted(b"a", source.key).content == b"ok anyway unavailable 1"
    assert posted(b"a", "unknown").content == b"ok anyway unauthorized 1"


def test_the_native_doors_keep_no_rejects(sender):
    server = sender(a_source())

    server.post("events", {"id": "e1"})
    answer = server.post(
        "events",
        {
            "id": "e1",
            "name": "x",
            "occurred_at": datetime.now(UTC).isoformat(),
            "identities": {"member_id": "1"},
        },
    )

    assert json.loads(answer.content)["status"] == "stored"
    assert not Quarantine.objects.exists()
