"""Segment's HTTP tracking API, which RudderStack speaks too: docs/segment.md says what of it is
understood."""

from datetime import datetime
from functools import partial
from typing import ClassVar

from django.http import HttpResponse

from customers.models import Source
from events.incoming_items import Outcome
from integrations.doors import bodies
from integrations.doors.formats import Parsed, Rejected
from integrations.doors.problems import Refused, answer, problem
from integrations.doors.reading.foreign import ForeignFormat, told, understood
from integrations.doors.reading.free_json import (
    Unfit,
    canonical,
    checked,
    loaded,
    object_of,
    spelled,
)
from integrations.doors.reading.moments import sent, zone_of
from integrations.segment import calls, keys
from integrations.segment.settings import ASKED

GZIP = b"\x1f\x8b"
MOST_ITEMS = 2500
MOST_SHARED_BYTES = 8 * 1024
ON_SERVERS = (
    ("curl", "integrations/connect/segment_curl.txt"),
    ("@segment/analytics-node", "integrations/connect/segment_node.txt"),
    ("segment-analytics-python", "integrations/connect/segment_python.txt"),
)
IN_PAGES = (
    ("@segment/analytics-next", "integrations/connect/segment_browser.txt"),
    ("@rudderstack/analytics-js", "integrations/connect/rudder_browser.txt"),
)
# By address, which calls come there: "" where each says its own. The browser's library knows the
# first letters, RudderStack's beacons a path of their own.
BEACON = "beacon/v1/batch"
PATHS = (
    {f"v1/{kind}": kind for kind in calls.KINDS}
    | {f"v1/{kind[0]}": kind for kind in calls.KINDS}
    | dict.fromkeys(("v1/batch", "v1/import", "v1/b", BEACON), "")
)


class SegmentFormat(ForeignFormat):
    key = "segment"
    label = "Segment, RudderStack"
    paths = tuple(PATHS)
    shown_paths = ("v1/track", "v1/batch")
    money_unit = Source.MoneyUnit.YUAN
    guides: ClassVar = {"server": ON_SERVERS, "client": IN_PAGES + ON_SERVERS}
    joining = "integrations/connect/segment_join.txt"
    example = "integrations/try/segment.txt"
    asked: ClassVar = ASKED

    proof = (
        "Send it as Authorization: Basic <base64 of the key and a colon>, as Authorization: Bearer"
        " <key>, as X-Write-Key, as writeKey in the address, or as writeKey in the body."
    )

    @property
    def must_keep(self) -> bool:
        """A page that sends by navigator.sendBeacon is never told what was answered."""
        return self.path == BEACON

    def key_outside(self, request) -> str:
        return keys.key_beside_body(request)

    def authenticate(self, request, body: bytes) -> Source:
        return self.source_of(self.key_outside(request) or keys.inside(self.unpack(request, body)))

    def unpack(self, request, body: bytes) -> bytes:
        """By what it is and not by what it is called: RudderStack sends gzip as a form, others name
        gzip and send none."""
        return bodies.inflate(body) if body.startswith(GZIP) else body

    def parse(self, body: bytes, source: Source, now: datetime) -> Parsed:
        envelope = loaded(body)
        if not isinstance(envelope, dict):
            raise Refused("The body is a JSON object.", code="wrong_type", path="$")
        items = envelope["batch"] if "batch" in envelope else [without_key(envelope)]
        if not isinstance(items, list):
            raise Refused("The batch is a list.", code="wrong_type", path="$.batch")
        if len(items) > MOST_ITEMS:
            raise Refused(
                f"A batch may have {MOST_ITEMS} events.", code="too_many_items", path="$.batch"
            )
        request = calls.Request(
            source=source,
            now=now,
            sent_at=sent(envelope.get("sentAt"), zone_of(source)),
            kind=PATHS[self.path],
            context=shared_context(envelope) if "batch" in envelope else {},
            members=calls.members_in(items, source, PATHS[self.path]),
        )
        shared = {name: value for name, value in envelope.items() if name in {"sentAt", "context"}}
        spell = partial(in_batch, shared) if "batch" in envelope else spelled
        understood_items = understood(items, request.incoming, calls.id_of, spell)
        return Parsed(
            understood_items,
            is_single="batch" not in envelope,
            raw=lambda number: spell(items[number]),
        )

    def ack(self, request, parsed: Parsed, results: list[Outcome | Rejected]) -> HttpResponse:
        """200 also for refused events, as Segment answers: its clients read no bodies, the
        quarantine is where to look."""
        return answer({"success": True, **told(parsed, results, "accepted")})

    def refuse(self, request, refused: Refused, body: bytes | None) -> HttpResponse:
        """A body that is too large or no JSON is 400, which tells these clients not to send it
        again."""
        if refused.status in {413, 415}:
            refused.status = 400
        return problem(request, refused)


def in_batch(shared: dict, item) -> bytes:
    """One call with what its batch said for all: read alone it means the same."""
    return spelled({**shared, "batch": [item]})


def shared_context(envelope: dict) -> dict:
    """What stands under every event of the batch, so it is small: it is stored with each of
    them."""
    try:
        context = checked(object_of(envelope, "context"))
        if len(canonical(context)) > MOST_SHARED_BYTES:
            raise Unfit(
                "event_too_large",
                "$.context",
                f"The context of a batch may have {MOST_SHARED_BYTES} bytes.",
            )
    except Unfit as unfit:
        raise Refused(str(unfit), code=unfit.code, path=unfit.path) from None
    return context


def without_key(envelope: dict) -> dict:
    return {name: value for name, value in envelope.items() if name != "writeKey"}
