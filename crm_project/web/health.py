"""GET /livez and GET /healthz. Never an exception, no personal data, no log-in.

/livez is about this process: it serves. Balancers ask it, since a web can take events in while the
database, the workers or beat are away. /healthz is about the installation and all its hosts, for an
operator's monitor. Whoever asks it on this machine, or with HUTONG_HEALTH_TOKEN, is an operator and
gets hosts by name and figures that are counted for him. Strangers get the parts' states, which are
looked at every two seconds however many ask.
"""

import hmac
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from functools import partial

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min
from django.http import JsonResponse
from kombu import Connection

from crm_project.db import patience
from crm_project.hosts import here, signs
from crm_project.models import Host
from crm_project.queue.due import DueRow, database_now

PART_TIMEOUT = 2
KEPT_SECONDS = 2
LOCAL = frozenset({"127.0.0.1", "::1"})
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED")

# Threads of their own: a part that hangs is reported as down after its time-out and does not hold
# the request.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")


class Healthz:
    """Answers both before allowed hosts, sessions and languages are looked at: a monitor asks by
    address, and when parts are down."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path == "/livez":
            return alive()
        if request.path != "/healthz":
            return self.get_response(request)
        return answer(looked_at(counts=True) if is_operator(request) else _strangers.parts())


def alive() -> JsonResponse:
    """That this answer is there says it all; and which host gave it."""
    response = JsonResponse({"status": "up", "host": here.name()})
    response["Cache-Control"] = "no-store"
    return response


def is_operator(request) -> bool:
    """On this machine, and not for somebody else; or with the token of our environment."""
    if settings.HEALTH_TOKEN:
        _scheme, _space, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        return hmac.compare_digest(token.encode("utf-8", "replace"), settings.HEALTH_TOKEN.encode())
    return request.META.get("REMOTE_ADDR") in LOCAL and not any(
        request.META.get(name) for name in FORWARDED
    )


class CachedHealth:
    """The parts as they were a moment ago. One thread looks again, the others take what there
    is."""

    def __init__(self):
        self.at, self.last = float("-inf"), None
        self.looking = threading.Lock()

    def parts(self) -> dict:
        if time.monotonic() - self.at < KEPT_SECONDS:
            return self.last
        if self.looking.acquire(blocking=self.last is None):
            try:
                if time.monotonic() - self.at >= KEPT_SECONDS:
                    self.last, self.at = looked_at(counts=False), time.monotonic()
            finally:
                self.looking.release()
        return self.last


_strangers = CachedHealth()


def looked_at(*, counts: bool) -> dict:
    """The parts with their state; with `counts` how long rows have been due too."""
    looks = {"database": partial(_database, counts=counts), "broker": _broker}
    answers = {name: _threads.submit(look) for name, look in looks.items()}
    until = time.monotonic() + PART_TIMEOUT
    parts = {}
    for name, answer in answers.items():
        parts.update(_result(name, answer, until))
    for name in ("worker", "beat"):
        parts.setdefault(name, {"status": "unknown"})
    return parts


def answer(parts: dict) -> JsonResponse:
    """200 when every part is up on some host, else 503; the parts, and for operators the hosts,
    either way."""
    hosts = parts.get("database", {}).get("hosts")
    parts = {
        name: {key: value for key, value in part.items() if key != "hosts"}
        for name, part in parts.items()
    }
    healthy = all(part["status"] == "up" for part in parts.values())
    said = {"status": "up" if healthy else "down", "parts": parts}
    if hosts is not None:
        said["hosts"] = hosts
    response = JsonResponse(said, status=200 if healthy else 503)
    response["Cache-Control"] = "no-store"
    return response


def _result(name, answer, until):
    try:
        return answer.result(timeout=max(0.0, until - time.monotonic()))
    except TooSlow:
        answer.cancel()
        return {name: {"status": "down", "error": "no answer in time"}}
    except Exception as error:  # noqa: BLE001 (whatever is wrong is the answer)
        return {name: {"status": "down", "error": type(error).__name__}}


def _database(*, counts):
    try:
        with patience.for_seconds(PART_TIMEOUT), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {PART_TIMEOUT * 1000}")
            now = database_now()
            hosts = list(Host.objects.order_by("name", "key"))
            figures = {"oldest_due_seconds": _oldest_due(now), "hosts": signs.told(hosts, now)}
            ages = signs.of_parts(hosts, now)
            return {
                "database": {"status": "up", **(figures if counts else {})},
                "worker": _heartbeat(ages["worker"]),
                "beat": _heartbeat(ages["beat"]),
            }
    finally:
        connection.close()  # nobody else ends a connection of this thread


def _heartbeat(age):
    if age is None:
        return {"status": "down", "error": "never seen"}
    return {"status": signs.status(age), "heartbeat_age_seconds": age}


def _oldest_due(now):
    """Per queue, how long the row that waits longest has been due; null where none is. What
    somebody paused is not waiting for us."""
    ages = {}
    for model in apps.get_models():
        if issubclass(model, DueRow):
            oldest = model.objects.overdue(now).aggregate(at=Min("due_at"))["at"]
            ages[model._meta.label_lower] = (
                round((now - oldest).total_seconds(), 1) if oldest else None
            )
    return ages


def _broker():
    with Connection(
        settings.BROKER_URL,
        connect_timeout=PART_TIMEOUT,
        transport_options=(
            {"socket_timeout": PART_TIMEOUT, "socket_connect_timeout": PART_TIMEOUT}
            if settings.BROKER_IS_REDIS
            else {}
        ),
    ) as broker:
        broker.ensure_connection(max_retries=1, timeout=PART_TIMEOUT)
        if settings.BROKER_IS_REDIS:
            broker.default_channel.client.ping()
    return {"broker": {"status": "up"}}
