"""A connected mini-program, as calls need it: plain values, so that nothing on the event loop asks
the database or opens a seal."""

import time
from dataclasses import dataclass, field
from datetime import datetime

from crm_project.db.clock import reckoned_now
from customers.models import Connection

VENDOR = "wechat"
BASE = "https://api.weixin.qq.com"
REMEMBERED_SECONDS = 2.0  # what staff change in a connection is in force this much later
MOST_REMEMBERED = 1000

_remembered: dict[str, tuple[float, Connection]] = {}


@dataclass(frozen=True, slots=True)
class Account:
    """`secrets`: the app secret, and the one before while it may still be the valid one."""

    connection_id: int
    app_id: str
    base: str
    secrets: tuple[str, ...] = field(repr=False)


def account_of(row: Connection) -> Account:
    """Raises NotDecipherable where its settings cannot be read."""
    settings = row.settings
    secrets = [settings.get("secret", "")]
    if is_valid(settings.get("previous_secret_until", "")):
        secrets.append(settings["previous_secret"])
    base = (row.base_url or BASE).rstrip("/")
    return Account(row.pk, row.account, base, tuple(secrets))


def is_valid(until: str) -> bool:
    """Whether a moment that was written down has not come yet."""
    return bool(until) and datetime.fromisoformat(until) > reckoned_now()


def connected(app_id: str) -> Connection | None:
    """The connection in use for this app."""
    known = _remembered.get(app_id)
    if known and known[0] > time.monotonic():
        return known[1]
    row = (
        Connection.objects.select_related("namespace")
        .filter(vendor=VENDOR, account=app_id, is_active=True)
        .first()
        if "\x00" not in app_id
        else None
    )
    if row is None:
        _remembered.pop(app_id, None)
        return None
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[app_id] = (time.monotonic() + REMEMBERED_SECONDS, row)
    return row


def forget() -> None:
    """The next call reads its connection again."""
    _remembered.clear()
