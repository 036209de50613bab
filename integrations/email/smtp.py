"""To the mail server: a few connections at once, and for each letter the server's word.

There is none for a letter that the server may or may not have taken: nobody can know.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr

import aiosmtplib
from django.conf import settings

from campaigns.delivery.channels import Results, SendFailed

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


def is_set_up() -> bool:
    return bool(settings.MAIL and settings.MAIL_FROM)


async def posted(envelopes: Sequence[Envelope], results: Results) -> Results:
    """`results`, and what the server said to each envelope, where anybody can know."""
    shares = [share for first in range(CONNECTIONS) if (share := envelopes[first::CONNECTIONS])]
    for found in await asyncio.gather(*map(carried, shares), return_exceptions=True):
        if isinstance(found, BaseException):
            log.error("a share of letters failed", exc_info=found)
        else:
            results |= found
    return results


async def carried(share: Sequence[Envelope]) -> Results:
    """One connection's share, letter by letter; where it breaks, a new one takes the rest."""
    clock = asyncio.get_running_loop().time
    until, results, waiting = clock() + TOGETHER, {}, list(share)
    while waiting and clock() < until:
        server = client()
        try:
            await server.connect()
        except Exception as error:  # noqa: BLE001 -- nothing has left: they are tried again
            failed = SendFailed(f"{type(error).__name__}: {error}", retry_after=LATER)
            return results | {envelope.message_id: failed for envelope in waiting}
        try:
            while waiting and clock() < until:
                envelope = waiting.pop(0)
                answer = await handed(server, envelope)
                if answer is not None:
                    results[envelope.message_id] = answer
                if not server.is_connected:
                    break
            with suppress(aiosmtplib.SMTPException):
                await server.quit()
        finally:
            server.close()
    late = SendFailed("not reached in time", retry_after=1)
    return results | {envelope.message_id: late for envelope in waiting}


def client() -> aiosmtplib.SMTP:
    """Not connected yet; certificates are checked."""
    mail = settings.MAIL
    return aiosmtplib.SMTP(
        hostname=mail["host"],
        port=mail["port"],
        username=mail["user"] or None,
        password=mail["password"] or None,
        use_tls=mail["use_ssl"],
        start_tls=mail["use_tls"],
        timeout=SECONDS,
    )


async def handed(server: aiosmtplib.SMTP, envelope: Envelope) -> str | SendFailed | None:
    """The server's id for the letter, or its refusal.

    None where the connection broke once the letter was on its way.
    """
    is_under_way = False
    if not envelope.address.isprintable():
        return SendFailed("an address with control characters", permanent=True)
    try:
        await server.mail(parseaddr(settings.MAIL_FROM)[1])
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
    return answer.message[:128]


async def forget(server: aiosmtplib.SMTP) -> None:
    """The server expects the next letter, or there is no connection any more."""
    try:
        await server.rset()
    except Exception:  # noqa: BLE001 -- a new connection expects it too
        server.close()


def refusal(error: aiosmtplib.SMTPResponseException) -> SendFailed:
    text = f"{error.code} {error.message[:128]}"
    is_about_us = isinstance(error, aiosmtplib.SMTPSenderRefused | aiosmtplib.SMTPHeloError)
    if error.code in NO_SUCH_ADDRESS and not is_about_us:
        return SendFailed(text, permanent=True)
    return SendFailed(text, retry_after=LATER if error.code < 500 else 60 * LATER)
