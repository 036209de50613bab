"""The access token of an app: one row, shared by all hosts (`stable_token`).

It is renewed before it ends, by one who holds the row's lease; everybody else goes on with the old
one, which the platform takes for these minutes. Of one process only one thread asks, and what it
found, or that it found nothing, serves the others.
"""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from crm_project.db.clock import Now, database_now
from customers import connection_health as health
from integrations.outbound.client import CallFailed
from integrations.wechat import asking
from integrations.wechat.account import Account
from integrations.wechat.errors import WeChatError, errcode_of
from integrations.wechat.models import AccessToken

PATH = "/cgi-bin/stable_token"
# The platform makes another 300 s before the end of one, so a little later there is one to be had.
EARLY = timedelta(seconds=290)
LEASE = timedelta(seconds=10)  # longer than the platform is waited for, twice
FORCED_APART = timedelta(seconds=30)  # the platform's own bound
REMEMBERED = 60.0  # seconds; then the row is read again
FAILED_FOR = 2.0  # seconds in which a failure serves everybody
PAUSE = 0.05  # seconds between two looks at a row that somebody else is renewing


@dataclass(frozen=True, slots=True)
class Held:
    value: str
    until: float  # by the monotonic clock


_held: dict[int, Held] = {}
_failures: dict[int, tuple[float, str]] = {}
_locks: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)


def current(account: Account, *, stale: str = "", seconds: float = asking.SHORT) -> str:
    """A token that is not `stale` (one that the platform has just refused). Raises CallFailed where
    there is none within about `seconds`. Not to be called inside of a transaction."""
    if value := remembered(account, stale):
        return value
    lock = _locks[account.connection_id]
    if not lock.acquire(timeout=seconds + asking.SPARE):
        raise CallFailed("timeout")
    try:
        return remembered(account, stale) or looked_up(account, stale, seconds)
    except CallFailed as failed:
        _failures[account.connection_id] = (time.monotonic() + FAILED_FOR, str(failed))
        raise
    finally:
        lock.release()


def remembered(account: Account, stale: str = "") -> str:
    """The token that this process knows, or "". Raises what everybody has just failed with."""
    pk = account.connection_id
    held = _held.get(pk)
    if held and held.value != stale and held.until > time.monotonic():
        return held.value
    until, error = _failures.get(pk, (0.0, ""))
    if until > time.monotonic():
        raise failure_of(error)
    return ""


def forget() -> None:
    """The rows are read again."""
    _held.clear()
    _failures.clear()


def looked_up(account: Account, stale: str, seconds: float) -> str:
    """The row's token; where it is none any more, another one, asked for by us or by somebody
    else."""
    began, until = database_now(), time.monotonic() + seconds
    while True:
        row, now = read(account)
        is_good = bool(row.expires_at and row.expires_at > now and value_of(row) != stale)
        if is_good and row.expires_at - now > EARLY:
            return remember(row, now)
        if claim(row, now):
            try:
                return remember(renewed(account, row, stale, now, seconds), now)
            except CallFailed as failed:
                note_failure(row, failed)
                if is_good:
                    return value_of(row)
                raise
        if is_good:
            return value_of(row)
        row, _now = read(account)
        if row.failed_at and row.failed_at >= began:
            raise failure_of(row.error)
        if time.monotonic() > until:
            raise CallFailed("timeout")
        time.sleep(PAUSE)


def tried(account: Account) -> None:
    """The platform has given us a token just now, and it is kept. Raises CallFailed."""
    row, now = read(account)
    try:
        remember(renewed(account, row, "", now, asking.LONG), now)
    except CallFailed as failed:
        note_failure(row, failed)
        raise


def read(account: Account) -> tuple[AccessToken, datetime]:
    rows = AccessToken.objects.annotate(now=Now())
    row = rows.filter(pk=account.connection_id).first()
    if row is None:
        AccessToken.objects.bulk_create(
            [AccessToken(connection_id=account.connection_id)], ignore_conflicts=True
        )
        row = rows.get(pk=account.connection_id)
    return row, row.now


def claim(row: AccessToken, now: datetime) -> bool:
    """Whether it is ours now to renew it: nobody else is at it, or has done so meanwhile."""
    free = AccessToken.objects.filter(Q(renewing_until=None) | Q(renewing_until__lt=now))
    same = free.filter(pk=row.pk, renewed_at=row.renewed_at)
    return same.update(renewing_until=now + LEASE) > 0


def renewed(
    account: Account, row: AccessToken, stale: str, now: datetime, seconds: float
) -> AccessToken:
    """The row with the platform's current token, made anew by force only where the platform itself
    still holds the one that it has refused."""
    said = asked(account, seconds)
    forced_at = row.forced_at
    if said["access_token"] == stale:
        if forced_at and now - forced_at < FORCED_APART:
            raise WeChatError(45011, "a token was forced less than 30 seconds ago")
        said, forced_at = asked(account, seconds, force=True), now
    row.sealed_value = said["access_token"]
    row.expires_at = now + timedelta(seconds=said["expires_in"])
    row.renewed_at, row.forced_at, row.renewing_until = now, forced_at, None
    row.failed_at, row.error = None, ""
    row.save()
    health.worked([row.pk], now)
    return row


def asked(account: Account, seconds: float, *, force: bool = False) -> dict:
    """A token and its seconds, as the platform gives them."""

    def call(secret: str) -> dict:
        body = {"grant_type": "client_credential", "appid": account.app_id, "secret": secret}
        return asking.ask_and_wait(account, PATH, body | {"force_refresh": force}, seconds=seconds)

    said = asking.by_secret(account, call)
    token, lasts = said.get("access_token"), said.get("expires_in")
    if not (isinstance(token, str) and 0 < len(token) <= 2048 and type(lasts) is int):
        raise CallFailed("garbled")
    return {"access_token": token, "expires_in": min(max(lasts, 0), 7200)}


def remember(row: AccessToken, now: datetime) -> str:
    """The process goes on with it until it is to be renewed, a second at least."""
    left = (row.expires_at - now - EARLY).total_seconds()
    until = time.monotonic() + min(max(left, 1.0), REMEMBERED)
    _held[row.pk] = Held(value_of(row), until)
    _failures.pop(row.pk, None)
    return value_of(row)


def note_failure(row: AccessToken, failed: CallFailed) -> None:
    now = database_now()
    AccessToken.objects.filter(pk=row.pk).update(
        failed_at=now, error=str(failed)[:300], renewing_until=None
    )
    health.failed({row.pk: str(failed)}, now)


def value_of(row: AccessToken) -> str:
    return row.sealed_value or ""


def failure_of(error: str) -> CallFailed:
    """What was written down, raised anew."""
    errcode = errcode_of(error)
    code, _colon, detail = error.partition(": ")
    return CallFailed(code, detail) if errcode is None else WeChatError(errcode, detail)
