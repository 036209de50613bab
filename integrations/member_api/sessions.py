"""Sessions begin, are found by their token, and end."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from crm_project.db import prepared
from crm_project.db.clock import Now
from customers.identity import resolution
from customers.models import AuditEntry, Connection, Customer, Identity, Source
from events import ingest
from events.incoming_items import Incoming, Named
from integrations.member_api.models import MemberSession
from integrations.member_api.providers import Proven

LOGGED_IN = "Logged In"
LASTS = timedelta(days=7)  # then the mini-program logs in again, which nobody sees
MOST_OF_ONE = 10  # of one identity: the newest ones
PREFIX = "hms_"
TOKEN_LENGTH = len(PREFIX) + 43  # 256 bits in base64


# One statement, whole by itself: the session is there, and of its identity only the newest stay.
BEGIN = """
WITH oldest AS (
  SELECT identity_id, id FROM integrations_membersession WHERE identity_id = %s
   ORDER BY id DESC OFFSET %s LIMIT 1),
gone AS (
  DELETE FROM integrations_membersession s USING oldest
   WHERE s.identity_id = oldest.identity_id AND s.id < oldest.id)
INSERT INTO integrations_membersession (connection_id, identity_id, digest, created_at, expires_at)
VALUES (%s, %s, %s, %s, %s) RETURNING id
"""


class Vanished(Exception):
    """Somebody has just been erased."""


def source_of(connection: Connection) -> Source:
    """By which is recorded what we see ourselves of this account's people: trusted, since the
    platform has proven them to us, and in no list."""
    own = Source.objects.select_related("namespace", "connection")
    known = own.filter(key=key_of(connection)).first()
    if known:
        return known
    made, _is_new = Source.objects.get_or_create(
        key=key_of(connection),
        defaults={
            "namespace": connection.namespace,
            "name": f"Hutong {connection.vendor} {connection.account}"[:100],
            "format": Source.OWN,
            "trust": Source.Trust.SERVER,
            "app_id": connection.account[:64],
            "connection": connection,
            "is_active": False,
        },
    )
    return made


def key_of(connection: Connection) -> str:
    return f"{Source.OWN}-{connection.pk}"


def begin(
    connection: Connection, proven: Proven, anonymous_id: str, now: datetime
) -> tuple[str, MemberSession]:
    """The token and the session of whom the platform has proven; the visitor whom this device was
    until now is the same person. Raises Vanished."""
    first = proven.identities[0]
    named = list(proven.identities)
    if anonymous_id:
        named.append(Named("anonymous_id", anonymous_id))
    source = source_of(connection)
    recorded(source, LOGGED_IN, named, f"login:{first.value}:{anonymous_id}", now)
    identity = identity_of(source, first)
    if identity is None:
        raise Vanished
    token = PREFIX + secrets.token_urlsafe(32)
    session = MemberSession(
        connection=connection,
        identity=identity,
        digest=hash_of(token),
        created_at=now,
        expires_at=now + LASTS,
    )
    ((session.pk,),) = prepared.rows(
        BEGIN,
        identity.pk,
        MOST_OF_ONE - 2,
        connection.pk,
        identity.pk,
        session.digest,
        now,
        session.expires_at,
    )
    return token, session


def record(connection: Connection, name: str, named: list[Named], what: str, now: datetime) -> None:
    recorded(source_of(connection), name, named, what, now)


def recorded(source: Source, name: str, named: list[Named], what: str, now: datetime) -> None:
    """It is an event of this person, once an hour, and their identities belong together."""
    key = f"{name}:{hashlib.sha256(what.encode()).hexdigest()[:40]}:{now:%Y%m%d%H}"
    item = Incoming(
        key,
        key.encode(),
        name,
        now,
        identities=named,
        properties={"app": source.connection.account},
    )
    ingest.record(source, [item], now=now)


def identity_of(source: Source, named: Named) -> Identity | None:
    """The row of this identity."""
    key = resolution.key_of(source, named.kind, named.value, named.scope)
    return Identity.objects.filter(kind=key.kind, scope=key.scope, value=key.value).first()


def hash_of(token: str) -> bytes:
    """The token is 256 random bits: nothing needs to be added to it."""
    return hashlib.sha256(token.encode()).digest()


def found(token: str) -> MemberSession | None:
    """The session of this token, if it is in force; with its identity and customer, and with `now`,
    the moment at which it was asked for."""
    if len(token) != TOKEN_LENGTH or not token.startswith(PREFIX) or not token.isascii():
        return None
    rows = MemberSession.objects.select_related(
        "identity__customer", "connection__namespace"
    ).annotate(now=Now())
    return rows.filter(
        digest=hash_of(token),
        revoked_at=None,
        expires_at__gt=Now(),
        connection__is_active=True,
        identity__customer__erased_at=None,
    ).first()


def customer_of(session: MemberSession) -> Customer:
    """Whose it is now, also while a merge is still under way."""
    customer = session.identity.customer
    while customer.merged_into_id:
        customer = customer.merged_into
    return customer


def end(session: MemberSession) -> None:
    MemberSession.objects.filter(pk=session.pk, revoked_at=None).update(revoked_at=Now())


def end_all(identities: Collection[int]) -> int:
    """All sessions of these identities (their primary keys) are over; how many were not yet."""
    rows = MemberSession.objects.filter(identity__in=identities, revoked_at=None)
    return rows.filter(expires_at__gt=Now()).update(revoked_at=Now())


def end_restored(*, now: datetime, **_restore) -> None:
    """A backup has come back: what was ended since it was taken would be in force again. Everybody
    logs in anew, which nobody sees."""
    MemberSession.objects.filter(revoked_at=None).update(revoked_at=now)


def end_all_of(customer: Customer, *, by) -> int:
    """The same for a customer, by staff."""
    ids = list(Identity.objects.filter(customer=customer).values_list("pk", flat=True))
    ended = end_all(ids)
    AuditEntry.objects.create(
        by=by,
        act="customer.end_log_ins",
        subject=f"customer:{customer.pk}",
        details={"ended": ended},
    )
    return ended
