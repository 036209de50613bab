"""Our own format: docs/api.md is its contract."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from customers.models import Source
from events.incoming_items import Outcome
from integrations.doors import callers, creation_limits, refusals
from integrations.doors.formats import Format, Parsed, Rejected
from integrations.doors.problems import Refused, TooManyRequests, Unauthorized, answer, problem
from integrations.native.bookings import Bookings
from integrations.native.consents import Consents
from integrations.native.customers import Customers
from integrations.native.events import Events
from integrations.native.measurements import Measurements
from integrations.native.orders import Orders
from integrations.native.products import Products
from integrations.native.refunds import Refunds

NOTHING = "Nothing of the batch could be accepted: `rejected` says why, item by item."
LATER = 60  # seconds, for who has had its share of the hour
STATUSES = {"event_too_large": 413, "server_only": 403, "id_reused": 422, creation_limits.CODE: 429}


class NativeFormat(Format):
    key = "native"
    label = _("Hutong's own")
    served = {
        "api/v1/customers": Customers(),
        "api/v1/events": Events(),
        "api/v1/orders": Orders(),
        "api/v1/refunds": Refunds(),
        "api/v1/bookings": Bookings(),
        "api/v1/measurements": Measurements(),
        "api/v1/consents": Consents(),
        "api/v1/products": Products(),
    }
    paths = tuple(served)
    guides: ClassVar = {
        "server": (
            ("curl, openssl", "integrations/connect/native_curl.txt"),
            ("Python", "integrations/connect/native_python.txt"),
            ("Node", "integrations/connect/native_node.txt"),
        ),
        "client": (
            ("wx.request", "integrations/connect/native_client_wx.txt"),
            ("curl", "integrations/connect/native_client_curl.txt"),
        ),
    }

    joining = "integrations/connect/native_join.txt"
    example = "integrations/try/native.txt"

    @property
    def is_for_pages(self) -> bool:
        return not self.served[self.path].is_server_only

    def named(self, request) -> Source | None:
        return callers.source_of(callers.named_key(request))

    def check_before_body(self, request) -> None:
        callers.check_before_body(request)

    def unproven(self, request) -> str:
        return callers.unproven(request)

    def authenticate(self, request, body: bytes) -> Source:
        source = callers.signed_source(request, body)
        if source.format != self.key:
            refusals.note(source, "wrong_format")
            raise Unauthorized
        return source

    def parse(self, body: bytes, source: Source, now: datetime) -> Parsed:
        return self.served[self.path].parse(body, source, now)

    def ack(self, request, parsed: Parsed, results: list[Outcome | Rejected]) -> HttpResponse:
        results = [refused_reuse(n, one) for n, one in enumerate(results)]
        warnings = parsed.warnings(results)
        return (
            of_single(request, results[0], warnings)
            if parsed.is_single
            else of_batch(request, results, warnings)
        )


def refused_reuse(index: int, result: Outcome | Rejected) -> Outcome | Rejected:
    if isinstance(result, Outcome) and result.status == Outcome.REUSED:
        return Rejected(
            index,
            result.id,
            "id_reused",
            "$.id",
            "This id was used for other content, which stays.",
        )
    return result


def of_single(request, result: Outcome | Rejected, warnings: list[dict]) -> HttpResponse:
    if isinstance(result, Rejected):
        refused = Refused(result.detail, code=result.code, path=result.path, id=result.id)
        refused.status = STATUSES.get(result.code, 400)
        refused.retry_after = LATER if refused.status == TooManyRequests.status else None
        return problem(request, refused)
    body = {"status": result.status, "id": result.id}
    if warnings:
        body["warnings"] = [
            {name: one[name] for name in ("code", "path", "detail")} for one in warnings
        ]
    return answer(body, 202 if result.status == Outcome.STORED else 200)


def of_batch(
    request, results: list[Outcome | Rejected], warnings: Sequence[dict] = ()
) -> HttpResponse:
    """What became of each; where none was taken, a problem that says so of each, so that every 400
    has one shape."""
    statuses = [one.status for one in results if isinstance(one, Outcome)]
    stored, duplicate = statuses.count(Outcome.STORED), statuses.count(Outcome.DUPLICATE)
    rejected = [
        {"index": one.index, "id": one.id, "code": one.code, "path": one.path, "detail": one.detail}
        for one in results
        if isinstance(one, Rejected)
    ]
    body = {"accepted": stored, "duplicate": duplicate, "rejected": rejected}
    if rejected and not statuses:
        return problem(request, Refused(NOTHING, code="nothing_accepted", **body))
    return answer({**body, "warnings": warnings} if warnings else body, 202 if stored else 200)
