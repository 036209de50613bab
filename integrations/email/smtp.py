"""To the mail server: a few connections at once, and for each letter the server's word.

There is none for a letter that the server may or may not have taken: nobody can know.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr

import aiosmtplib

from campaigns.delivery.channels import Results, SendFailed
from integrations.email.servers import STARTTLS, TLS, MailServer, reached
from integrations.outbound import client as http
from integrations.outbound.addresses import Forbidden

log = logging.getLogger(__name__)

CONNECTIONS = 2  # for one batch, of which two are under way at most (campaigns/delivery/sender.py)
SECONDS = 10  # for one answer of the server
TOGETHER = 14  # for a batch; shorter than one may take (campaigns/delivery/sending.py)
LATER = 60.0
# The address itself is refused (RFC 5321, 3463); other 5xx are about the letter or about us, and
# suppress nobody.
NO_SUCH_ADDRESS = frozenset({510, 511, 513, 550, 551, 553, 556})


@dataclass(frozen=True, slots=True)
class Envelope:
    message_id: int
    address: str
    letter: bytes


async def posted(server: MailServer, envelopes: Sequence[Envelope], results: Results) -> Results:
    """`results`, and what the server said to each envelope, where anybody can know."""
    shares = [share for first in range(CONNECTIONS) if (share := envelopes[first::CONNECTIONS])]
    carrying = [carried(server, share) for share in shares]
    for found in await asyncio.gather(*carrying, return_exceptions=True):
        if isinstance(found, BaseException):
            log.error("a share of letters failed", exc_info=found)
        else:
            results |= found
    return results


async def carried(server: MailServer, share: Sequence[Envelope]) -> Results:
    """One connection's share, letter by letter; where it breaks, a new one takes the rest."""
    clock = asyncio.get_running_loop().time
    until, results, waiting = clock() + TOGETHER, {}, list(share)
    while waiting and clock() < until:
        try:
            line = await connected(server)
        except Exception as error:  # noqa: BLE001 -- nothing has left: they are tried again
            failed = SendFailed(why(error), retry_after=LATER, is_of_account=True)
            return results | {envelope.message_id: failed for envelope in waiting}
        try:
            while waiting and clock() < until:
                envelope = waiting.pop(0)
                answer = await handed(line, envelope, server.sender)
                if answer is not None:
                    results[envelope.message_id] = answer
                if not line.is_connected:
                    break
            with suppress(aiosmtplib.SMTPException):
                await line.quit()
        finally:
            line.close()
    late = SendFailed("not reached in time", retry_after=1)
    return results | {envelope.message_id: late for envelope in waiting}


async def connected(server: MailServer) -> aiosmtplib.SMTP:
    """Connected and logged in; certificates are checked. Raises whatever stands in the way."""
    async with asyncio.timeout(SECONDS):
        line = await reached(server)
    where = {"port": server.port} if line is None else {"sock": line}
    client = aiosmtplib.SMTP(
        hostname=server.host,
        **where,
        username=server.user or None,
        password=server.password or None,
        use_tls=server.security == TLS,
        start_tls=server.security == STARTTLS,
        timeout=SECONDS,
    )
    try:
        await client.connect()
    except BaseException:
        client.close()  # the socket too, once TLS has taken leave: until then its number is taken
        raise
    return client


def why(error: Exception) -> str:
    """What stood in the way, as `client.in_words` reads it."""
    cause = error.__cause__ or error
    for kinds, code in (
        ((aiosmtplib.SMTPAuthenticationError,), "log_in"),
        ((aiosmtplib.SMTPSenderRefused,), "sender"),
        ((aiosmtplib.SMTPTimeoutError,), "timeout"),
        ((ssl.SSLError,), "tls"),
        ((socket.gaierror,), "unknown_host"),
        ((aiosmtplib.SMTPServerDisconnected,), "cut"),
        ((aiosmtplib.SMTPResponseException,), "status"),
        ((aiosmtplib.SMTPConnectError, ConnectionError), "unreachable"),
        ((TimeoutError,), "timeout"),
        ((Forbidden,), ""),  # says itself why
        ((aiosmtplib.SMTPException,), "tls"),  # what is left: it knows no STARTTLS
        ((OSError,), "unreachable"),
    ):
        if isinstance(error, kinds) or isinstance(cause, kinds):
            return f"{code or http.code_of(error)}: {said_by(error)}"
    return f"{http.code_of(error)}: {said_by(error)}"


def said_by(error: Exception) -> str:
    """The server's own words where it said any, else what kind of failure it was."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message[:128]}"
    return type(error).__name__


async def handed(
    server: aiosmtplib.SMTP, envelope: Envelope, sender: str
) -> str | SendFailed | None:
    """The server's id for the letter, or its refusal.

    None where the connection broke once the letter was on its way.
    """
    is_under_way = False
    if not envelope.address.isprintable():
        return SendFailed("an address with control characters", permanent=True)
    try:
        await server.mail(parseaddr(sender)[1])
        await server.rcpt(envelope.address)
        is_under_way = True
        answer = await server.data(envelope.letter)
    except aiosmtplib.SMTPResponseException as error:
        if not is_under_way:
            await forget(server)
        return refusal(error)
    except Exception as error:  # noqa: BLE001 -- it is this letter's
        server.close()  # nobody knows what it has heard; the rest gets a new connection
        if is_under_way:
            return None
        # An address that the library cannot even write down is no better later.
        is_permanent = isinstance(error, ValueError)
        why = f"{type(error).__name__}: {error}"
        return SendFailed(why, retry_after=1, permanent=is_permanent)
    # Some servers say the same of every letter; of one connection no two ids are alike.
    return f"{envelope.message_id} {answer.message}"[:128]


async def forget(server: aiosmtplib.SMTP) -> None:
    """The server expects the next letter, or there is no connection any more."""
    try:
        await server.rset()
    except Exception:  # noqa: BLE001 -- a new connection expects it too
        server.close()


def refusal(error: aiosmtplib.SMTPResponseException) -> SendFailed:
    text = f"{error.code} {error.message[:128]}"
    is_about_us = isinstance(error, aiosmtplib.SMTPSenderRefused | aiosmtplib.SMTPHeloError)
    retry_after = LATER if error.code < 500 else 60 * LATER
    if is_about_us:
        return SendFailed(why(error), retry_after=retry_after, is_of_account=True)
    if error.code in NO_SUCH_ADDRESS:
        return SendFailed(text, permanent=True)
    return SendFailed(text, retry_after=retry_after)
