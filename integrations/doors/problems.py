"""Refusals and how they are told: RFC 9457 problem+json, one shape for every door."""

from http import HTTPStatus

import msgspec
import structlog
from django.core.signals import got_request_exception
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from rest_framework.exceptions import APIException
from rest_framework.views import APIView

from crm_project.db import patience

log = structlog.get_logger("hutong.doors")

LOCK_NOT_AVAILABLE = frozenset(
    {"55P03", "40P01", "40001", "57014"}
)  # somebody was in the way: at once again
AWAY_SECONDS = 5


class Refused(Exception):
    """The whole request is refused; nothing of it was stored."""

    status = 400
    code = "invalid"
    detail = "The request cannot be understood."

    def __init__(
        self,
        detail: str = "",
        *,
        code: str = "",
        path: str = "",
        retry_after: int | None = None,
        **more,
    ):
        self.detail = detail or self.detail
        self.code = code or self.code
        self.path = path
        self.retry_after = retry_after
        self.more = more
        super().__init__(self.detail)


class Unauthorized(Refused):
    # One body for every cause: it must not tell a guesser which part was wrong.
    status, code, detail = (
        401,
        "unauthorized",
        (
            "Unknown source, wrong or missing signature, or a clock that is off by more than five"
            " minutes."
        ),
    )


class ServerOnly(Refused):
    status, code, detail = 403, "server_only", "Only a server source, which signs, may do this."


class Unknown(Refused):
    status, code, detail = 404, "not_found", "There is no such thing."


class Conflict(Refused):
    status, code, detail = 409, "conflict", "That cannot be done now."


class TooLarge(Refused):
    status, code, detail = 413, "too_large", "The request is too large: send less at a time."


class UnsupportedMediaType(Refused):
    status, code, detail = (
        415,
        "unsupported_media_type",
        "Send application/json in UTF-8, plain or with Content-Encoding: gzip.",
    )


class TooManyRequests(Refused):
    status, code, detail = (
        429,
        "too_many_requests",
        "Too many requests: send again later, with the same ids.",
    )


class Unavailable(Refused):
    # The connection may be lost while the database commits: then nobody here knows.
    status, code, detail = (
        503,
        "unavailable",
        (
            "It may have been stored or not: send the same again later, with the same ids; nothing"
            " is stored twice."
        ),
    )


class TookTooLong(Unavailable):
    detail = f"{Unavailable.detail} It took too long: if it was much, send less at a time."


class Broken(Refused):
    status, code, detail = (
        500,
        "internal",
        f"Something is wrong on our side, and has been reported. {Unavailable.detail}",
    )


def when_database_fails(error: Exception) -> Unavailable:
    """What the caller hears when the database is away or somebody holds a lock too long."""
    state = getattr(error.__cause__, "sqlstate", None)
    log.warning("database unavailable", sqlstate=state, error=type(error).__name__)
    kind = TookTooLong if patience.seconds_left() == 0 else Unavailable
    return kind(retry_after=1 if state in LOCK_NOT_AVAILABLE else AWAY_SECONDS)


def answer(data, status: int = 200, content_type: str = "application/json") -> HttpResponse:
    return HttpResponse(msgspec.json.encode(data), status=status, content_type=content_type)


def problem(request, refused: Refused) -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(refused.status).phrase,
        "status": refused.status,
        "code": refused.code,
        "detail": refused.detail,
        **({"path": refused.path} if refused.path else {}),
        **refused.more,
        "request_id": getattr(request, "id", None),
    }
    response = answer(body, refused.status, "application/problem+json")
    if refused.retry_after is not None:
        response["Retry-After"] = str(refused.retry_after)
    if refused.status == Unauthorized.status:
        response["WWW-Authenticate"] = "Bearer"
    return response


def as_refused(error: Exception) -> Refused | None:
    """Anticipated failures of any kind as a refusal, in English whatever the language of the
    pages."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, OperationalError | InterfaceError | IntegrityError):
        return when_database_fails(error)
    if isinstance(error, DataError):
        # Our checks let it through; asking again would not help.
        log.error("a value is none for the database", exc_info=error)
        return Refused("A value in the request cannot be used.", code="invalid")
    if isinstance(error, Http404):
        return Unknown()
    if isinstance(error, APIException):
        refused = Refused(
            HTTPStatus(error.status_code).description or HTTPStatus(error.status_code).phrase,
            code=error.default_code,
        )
        refused.status = error.status_code
        return refused
    return None


class ProblemView(APIView):
    """A thin DRF view: no parsers (bodies are read as bytes), no sessions, every refusal a
    problem."""

    authentication_classes: list = []
    permission_classes: list = []
    parser_classes: list = []
    http_method_names = ["get", "head", "post"]
    source = None  # who is calling, once that is known

    def handle_exception(self, exc):
        refused = as_refused(exc)
        if refused is None:
            refused = Broken()
            log.error("a request failed", exc_info=exc)
            got_request_exception.send(sender=type(self), request=self.request)
        response = problem(self.request, refused)
        response.exception = True
        if refused.status == 405:
            response["Allow"] = ", ".join(self.allowed_methods)
        return response


class Absent(ProblemView):
    """Every address under those of the API that is none, whatever is done to it."""

    http_method_names = APIView.http_method_names

    def initial(self, request, *args, **kwargs):
        raise Unknown(
            "There is no such address. Those that there are end without a slash and are listed at"
            " /api/docs."
        )
