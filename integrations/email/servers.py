"""The mail servers that letters leave through: those that were connected in the admin, and the one
that the installation was started with (EMAIL_URL)."""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings

from customers import connection_health
from customers.models import Connection
from customers.privacy.sealing import NotDecipherable
from integrations.outbound import addresses
from integrations.outbound.addresses import Forbidden

VENDOR = "smtp"
STARTTLS, TLS, PLAIN = "starttls", "tls", "plain"
# Of mail: 25 between servers, 465, 587 and 994 of providers, 2525 where a cloud closes port 25.
PORTS = frozenset({25, 465, 587, 994, 2525})


@dataclass(frozen=True, slots=True)
class MailServer:
    """One server, and the sender in whose name it takes letters (`Name <address>`)."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    security: str
    sender: str
    is_vouched_for: bool = False  # the operator's own word: it may stand in our own network


def installed() -> MailServer | None:
    """The installation's own."""
    mail = settings.MAIL
    if not (mail and settings.MAIL_FROM):
        return None
    security = TLS if mail["use_ssl"] else STARTTLS if mail["use_tls"] else PLAIN
    return MailServer(
        mail["host"],
        mail["port"],
        mail["user"],
        mail["password"],
        security,
        settings.MAIL_FROM,
        is_vouched_for=True,
    )


class Unusable(Exception):
    """What is stored of a connection cannot be read, or describes no server."""


def described(row: Connection) -> MailServer:
    """The server that a connection's settings describe. Raises Unusable."""
    try:
        return from_settings(row.settings)
    except (NotDecipherable, KeyError, ValueError) as error:
        raise Unusable(type(error).__name__) from error


def from_settings(said: Mapping) -> MailServer:
    host, port = said["host"], int(said["port"])
    return MailServer(
        host,
        port,
        said.get("user", ""),
        said.get("password", ""),
        said["security"],
        said["sender"],
        is_vouched_for=addresses.is_allowed(host, port),
    )


def lanes() -> list[int | None]:
    """Through which connections letters may leave, the one to take first standing first: those of
    the admin, then the installation's own server (None), then those that fail."""
    rows = Connection.objects.filter(vendor=VENDOR, is_active=True).order_by("pk")
    rows = rows.only("last_ok_at", "last_error_at")
    well, failing = [], []
    for row in rows:
        (failing if connection_health.is_failing(row) else well).append(row.pk)
    return [*well, *([None] if installed() else []), *failing]


def through(connection_id: int | None) -> MailServer | None:
    """The server of one lane; None where it is gone or was never set up. Raises Unusable."""
    if connection_id is None:
        return installed()
    row = Connection.objects.filter(pk=connection_id, vendor=VENDOR).first()
    return described(row) if row else None


async def reached(server: MailServer) -> socket.socket | None:
    """A socket to a public address of the server, so that a name that changes its answer in
    between gains nothing; None where the operator vouches for it. Raises Forbidden, OSError."""
    if server.is_vouched_for:
        return None
    if server.port not in PORTS:
        raise Forbidden("bad_port")
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    if not all(addresses.is_public(sockaddr[0]) for *_kind, sockaddr in found):
        raise Forbidden("local_address")
    failure: OSError = OSError(f"{server.host} has no address")
    for family, kind, proto, _name, sockaddr in found:
        line = socket.socket(family, kind, proto)
        line.setblocking(False)
        try:
            await loop.sock_connect(line, sockaddr)
        except OSError as error:
            line.close()
            failure = error
        except BaseException:
            line.close()
            raise
        else:
            return line
    raise failure
