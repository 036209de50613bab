"""The one view behind every door: read, authenticate, parse, record, acknowledge.

The answer is given after the commit; nothing else happens in the request.
"""

import contextlib
from dataclasses import replace
from datetime import datetime

import structlog
from django.db import InterfaceError, OperationalError
from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema

from crm_project.db import patience
from crm_project.db.clock import reckoned_now
from crm_project.runtime.front import wsgi
from crm_project.web.addresses import network_of
from customers.models import Source
from events.incoming_items import Incoming, Outcome
from integrations.doors import bisecting, creation_limits, quarantine, refusals, spool, throttle
from integrations.doors.formats import Format, Parsed, Rejected, Told
from integrations.doors.problems import (
    ProblemView,
    Refused,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    as_refused,
)

log = structlog.get_logger("hutong.doors")

LATER = frozenset({TooManyRequests.status, Unavailable.status})
NOTED_AT_ONCE = 3


@extend_schema(
    exclude=True
)  # docs/api.md is their contract; bodies are checked by msgspec, which spectacular cannot read
class DoorView(ProblemView):
    door: Format = None
    body: bytes | None = None  # also where the request is refused before it is looked at (?format=)

    def get(self, request, **named):
        """Some clients put their events into the address (Sensors)."""
        return self.post(request, **named)

    def post(self, request, **_named):
        """What the address names the format reads for itself: a request out of the spool has no
        other."""
        self.body = None
        self.door.check_headers(request)
        if wsgi.is_ask(request.META):
            with contextlib.suppress(
                OperationalError, InterfaceError
            ):  # then we see when the body is there
                self.door.check_before_body(request)
        self.body = self.door.read(request)
        if self.door.must_keep and spool.is_database_away():
            raise Unavailable
        self.source = self.door.authenticate(request, self.body)
        throttle.count(self.source)
        if self.door.only_asks(request):
            return self.door.answered(request, self.source)
        parsed, results = take(self.door, request, self.body, self.source, reckoned_now())
        note_rejected(
            self.source,
            [] if self.door.keeps_rejected else results,
            parsed.warnings(results) if results else [],
            self.door,
            self.body,
        )
        return self.door.ack(request, parsed, results)

    def finalize_response(self, request, response, *args, **kwargs):
        """Whose answer it is decides which pages may read it (integrations/doors/cors.py)."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.source = self.source
        if self.source is not None:
            for name, value in throttle.headers(self.source).items():
                response[name] = value
        return response

    def handle_exception(self, exc):
        refused = as_refused(exc)
        if refused is not None and refused.status == 405:
            return super().handle_exception(exc)
        if (
            self.door.must_keep
            and self.body is not None
            and (refused is None or refused.status in LATER)
            and not self.door.is_dry(self.request)
            and not self.door.only_asks(self.request)
        ):
            return self.kept(exc)
        if refused is None:
            return super().handle_exception(exc)
        if refused.status == Unauthorized.status:
            refused.detail = self.door.unproven(self.request)
        if refused.status == TooLarge.status and self.source is None:
            self.source = self.named()
        if self.source and not (
            self.door.keeps_rejected and self.body
        ):  # those are in the quarantine
            shown = refusals.payload(self.door, self.body)
            refusals.note(self.source, refused.code, refused.path, payload=shown)
        return self.door.refuse(self.request, refused, self.body)

    def named(self) -> Source | None:
        """Whose request it would be if its body were not too large to look at."""
        try:
            return self.door.named(self.request)
        except (OperationalError, InterfaceError):
            return None

    def kept(self, exc):
        """The sender forgets on any answer: the bytes are safe on the disk before it gets one, or
        it gets none."""
        refused = as_refused(exc)
        log.warning("spooled", error=type(exc).__name__, exc_info=refused is None)
        if refused is not None and refused.status == Unavailable.status:
            spool.note_away()
        try:
            spool.keep(self.request.META, self.body, reckoned_now())
        except (OSError, spool.Full):
            log.exception("nothing could be kept: the connection is closed without an answer")
            return hung_up()
        return self.door.ack(self.request, Parsed(), [])


def note_rejected(
    source: Source,
    results: list[Outcome | Rejected],
    warnings: list[dict],
    door: Format,
    body: bytes,
) -> None:
    """The first few, for whoever connects this source."""
    for one in warnings[:NOTED_AT_ONCE]:
        refusals.note(source, one["code"], one["path"], is_warning=True)
    for one in [one for one in results if isinstance(one, Rejected)][:NOTED_AT_ONCE]:
        shown = refusals.payload(door, body, one.index)
        refusals.note(source, one.code, one.path, payload=shown)


def take(
    door: Format, request, body: bytes, source: Source, now: datetime
) -> tuple[Parsed, list[Outcome | Rejected]]:
    """What the request held, and what became of it: stored, or in the quarantine."""
    is_dry = door.is_dry(request)
    try:
        parsed = understood(door, request, body, source, now)
    except Refused as refused:
        if door.keeps_rejected and not is_dry:
            whole = Rejected(0, None, refused.code, refused.path, refused.detail, body)
            quarantine.keep(
                source=source, format_key=door.key, rejected=[whole], now=now, door=door.path
            )
        raise
    return parsed, [] if is_dry else record(door, source, parsed, now, network=network_of(request))


def understood(door: Format, request, body: bytes, source: Source, now: datetime) -> Parsed:
    try:
        return door.parse(door.unpack(request, body), source, now)
    except Exception as error:
        if not bisecting.is_of_the_item(error):
            raise
        bisecting.alarm(error, "a request could not be understood", source=source.pk)
        raise Refused(bisecting.DETAIL, code=bisecting.CODE, path="$") from error


def record(
    door: Format,
    source: Source,
    parsed: Parsed,
    now: datetime,
    *,
    network: str | None = None,
    is_history: bool = False,
) -> list[Outcome | Rejected]:
    """What became of each item, in their order; everything that could be stored is committed.
    `network`: whose request it is; `is_history`: it sets nothing in motion."""
    creation_limits.enforce_limits(source, network, parsed)
    incoming = [item for item in parsed.items if isinstance(item, Incoming)]
    patience.allow(patience.ITEM_SECONDS * len(incoming))
    outcomes = iter(bisecting.store_bisecting(source, incoming, is_history=is_history))
    told = [item for item in parsed.items if isinstance(item, Told)]
    taken = iter(door.take_told(source, told, now) if told else ())
    results = [
        item
        if isinstance(item, Rejected)
        else in_place(n, next(taken if isinstance(item, Told) else outcomes))
        for n, item in enumerate(parsed.items)
    ]
    creation_limits.count_new_customers(source, network, results)
    door.follow(source, parsed, now)
    if door.keeps_rejected:
        results = [
            reused(n, *pair) for n, pair in enumerate(zip(parsed.items, results, strict=True))
        ]
        rejected = [with_bytes(one, parsed) for one in results if isinstance(one, Rejected)]
        if rejected:
            quarantine.keep(
                source=source, format_key=door.key, rejected=rejected, now=now, door=door.path
            )
    return results


def reused(
    index: int, item: Incoming | Rejected | Told, result: Outcome | Rejected
) -> Outcome | Rejected:
    """Other content under a known id: refused like anything that cannot be stored."""
    if (
        isinstance(result, Outcome)
        and result.status == Outcome.REUSED
        and isinstance(item, Incoming)
    ):
        return Rejected(
            index,
            result.id,
            "id_reused",
            "$",
            "This id was used for other content, which stays.",
            item.content,
        )
    return result


def in_place(index: int, result: Outcome | Rejected) -> Outcome | Rejected:
    """The refused one says which of the request's items it is."""
    return replace(result, index=index) if isinstance(result, Rejected) else result


def with_bytes(rejected: Rejected, parsed: Parsed) -> Rejected:
    """What the database refused has its bytes too, so that it can be tried again."""
    return (
        rejected
        if rejected.raw or parsed.raw is None
        else replace(rejected, raw=parsed.raw(rejected.index))
    )


def hung_up() -> StreamingHttpResponse:
    """An answer that breaks before its first byte: the server closes the connection, and the client
    knows that nothing was kept."""

    def broken():
        raise ConnectionAbortedError
        yield

    return StreamingHttpResponse(broken(), headers={"Content-Length": "1"})
