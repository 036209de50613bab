"""Which platform somebody logs in with, and what is noted when it fails."""

import time

from crm_project.queue.due import database_now
from customers import connection_health as health
from customers.models import Connection
from integrations.doors.problems import Unknown
from integrations.member_api.providers import (
    CodeRefused,
    LoginProvider,
    PersonRefused,
    providers,
)
from integrations.outbound.client import CallFailed

AGAIN = 5  # seconds
NOTED_APART = 10.0  # seconds between two notes of one connection by one process
REMEMBERED_SECONDS = 2.0
MOST_REMEMBERED = 1000
REFUSALS = (CodeRefused, PersonRefused)

_noted: dict[int, float] = {}
_remembered: dict[str, tuple[float, Connection]] = {}


def connected(app: str) -> tuple[Connection, LoginProvider]:
    """The account of this app, and how one logs in there. Raises Unknown."""
    known = _remembered.get(app)
    if not known or known[0] < time.monotonic():
        rows = Connection.objects.select_related("namespace").filter(
            account=app, vendor__in=list(providers.by_key), is_active=True
        )
        row = rows.order_by("pk").first()
        if row is None:
            _remembered.pop(app, None)
            raise Unknown("No app of this id is connected here.", code="unknown_app", path="$.app")
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        known = _remembered[app] = (time.monotonic() + REMEMBERED_SECONDS, row)
    return known[1], providers[known[1].vendor]()


def provider_of(connection: Connection) -> LoginProvider:
    """Raises Unknown where its vendor lets nobody log in any more."""
    if connection.vendor not in providers:
        raise Unknown("No app of this id is connected here.", code="unknown_app")
    return providers[connection.vendor]()


def note(connection: Connection, error: Exception) -> None:
    """The platform has failed: whoever looks after the connection sees it, now and then."""
    if _noted.get(connection.pk, 0.0) < time.monotonic() - NOTED_APART:
        _noted[connection.pk] = time.monotonic()
        words = str(error) if isinstance(error, CallFailed) else "timeout"
        health.failed({connection.pk: words}, database_now())


def forget() -> None:
    _noted.clear()
    _remembered.clear()
