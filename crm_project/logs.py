"""Logs as JSON lines on stdout, each request with an id; no bodies, no query strings, no addresses:
logs hold no personal data.

What an exception or another library says may quote what somebody sent, so of exceptions only their
kind and place are logged, and of other libraries' lines only the words and numbers.
"""

import logging
import time
import traceback
import uuid

import structlog

log = structlog.get_logger("hutong.request")

OURS = ("hutong", "crm_project", "customers", "events", "campaigns", "integrations", "demo")
NAMES = ("name", "id", "hostname", "runtime")  # what Celery says of a task besides its error
DEEPEST_CHAIN = 5


def where_it_failed(exc_info) -> str:
    """Kinds and places of an exception and its causes; the database also names the rule that was
    broken."""
    error, lines = exc_info[1], []
    while error is not None and len(lines) < DEEPEST_CHAIN:
        frames = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        diagnosis = getattr(error, "diag", None)
        rule = [
            getattr(diagnosis, name, None) for name in ("sqlstate", "table_name", "constraint_name")
        ]
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        lines.append(
            " ".join([kind, *filter(None, rule)]) + "".join(f"\n  {frame}" for frame in frames)
        )
        error = error.__cause__ or error.__context__
    return "\nbecause of ".join(lines)


def without_values(_logger, _method, event):
    """A line of another library, without what it was given to print."""
    record, given = event["_record"], event.pop("positional_args", ())
    if record.name.partition(".")[0] not in OURS:
        event["event"] = words(record, given)
    return event


def words(record: logging.LogRecord, given) -> str:
    if record.name.startswith("django.security"):  # these lines are an exception's text
        return "refused by Django"
    text = str(record.msg)
    if isinstance(given, dict):
        shown = {
            name: value if name in NAMES or isinstance(value, int | float) else "…"
            for name, value in given.items()
        }
    else:
        shown = tuple(value if isinstance(value, int | float) else "…" for value in given or ())
    try:
        return text % shown if shown else text
    except (TypeError, ValueError, KeyError):
        return text


_shared = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.ExceptionRenderer(where_it_failed),
]


def configure(level: str) -> dict:
    """structlog and the standard library write the same JSON lines; the answer is Django's
    LOGGING."""
    logging.raiseExceptions = (
        False  # a line that cannot be formatted would be printed with all it was given
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "pass_foreign_args": True,
                "foreign_pre_chain": [without_values, *_shared],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            },
        },
        "filters": {"not_health": {"()": lambda: _not_health}},
        "handlers": {
            "stdout": {
                "filters": ["not_health"],
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "json",
            }
        },
        "root": {"handlers": ["stdout"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            # Its lines repeat ours and would hold whole paths; the server's own errors come as
            # django.request with a trace.
            "django.request": {"level": "ERROR"},
            "django.db.backends": {"level": "INFO"},  # its statements hold values
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "django_celery_beat": {"level": "WARNING"},
        },
    }


def _not_health(record) -> bool:
    """A monitor that asks every second during an outage must not fill the log."""
    return getattr(getattr(record, "request", None), "path", "") != "/healthz"


class RequestLog:
    """One line per request: method, route (the pattern, not the path, which may name a person),
    status, milliseconds."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        started = time.perf_counter()
        request.id = uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.id)
        response = self.get_response(request)
        response["X-Request-Id"] = request.id
        route = getattr(request.resolver_match, "route", None)
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        log.info(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            ms=milliseconds,
        )
        return response
