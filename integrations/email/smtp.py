"""To the mail server: a few connections at once, and for every letter the server's word, or none where nobody can know."""

import asyncio
import logging
import smtplib
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings

from campaigns.delivery.channels import Results, SendFailed

log = logging.getLogger(__name__)

CONNECTIONS = 4
SECONDS = 10  # for one answer of the server
TOGETHER = 14  # for one connection's share of a batch; shorter than a batch may take (campaigns/delivery/sending.py)
LATER = 60.0
# The address itself is refused (RFC 5321, 3463); other 5xx are about the letter or about us, and suppress nobody.
NO_SUCH_ADDRESS = frozenset({510, 511, 513, 550, 551, 553, 556})

_threads = ThreadPoolExecutor(max_workers=CONNECTIONS, thread_name_prefix="smtp")


@dataclass(frozen=True, slots=True)
class Envelope:
    message_id: int
    address: str
    letter: bytes


def is_set_up() -> bool:
    return bool(settings.MAIL and settings.MAIL_FROM)


async def posted(envelopes: Sequence[Envelope], results: Results) -> Results:
    """`results`, and what the server said to each envelope; nothing for one that it may or may not have taken."""
    shares = [share for first in range(CONNECTIONS) if (share := envelopes[first::CONNECTIONS])]
    running = asyncio.get_running_loop()
    carrying = [running.run_in_executor(_threads, carried, share) for share in shares]
    for found in await asyncio.gather(*carrying, return_exceptions=True):
        if isinstance(found, BaseException):
            log.error("a share of letters failed", exc_info=found)
        else:
            results |= found
    return results


def carried(share: Sequence[Envelope]) -> Results:
    """One connection's share, letter by letter; where the connection breaks, a new one takes the rest."""
    until, results, waiting = time.monotonic() + TOGETHER, {}, list(share)
    while waiting and time.monotonic() < until:
        try:
            server = connected()
        except Exception as error:  # noqa: BLE001 -- nothing has left: they are tried again
            failed = SendFailed(f"{type(error).__name__}: {error}", retry_after=LATER)
            return results | {envelope.message_id: failed for envelope in waiting}
        with server:
            while waiting and time.monotonic() < until:
                envelope = waiting.pop(0)
                answer = handed(server, envelope)
                if answer is not None:
                    results[envelope.message_id] = answer
                if server.sock is None:
                    break
    return results | {envelope.message_id: SendFailed("not reached in time", retry_after=1) for envelope in waiting}


def connected() -> smtplib.SMTP:
    """A connection on which letters can be handed over. Raises OSError and SMTPException."""
    mail = settings.MAIL
    kind = smtplib.SMTP_SSL if mail["use_ssl"] else smtplib.SMTP
    more = {"context": ssl.create_default_context()} if mail["use_ssl"] else {}
    server = kind(mail["host"], mail["port"], timeout=SECONDS, **more)
    try:
        if mail["use_tls"]:
            server.starttls(context=ssl.create_default_context())
        if mail["user"]:
            server.login(mail["user"], mail["password"])
    except BaseException:
        server.close()
        raise
    return server


def handed(server: smtplib.SMTP, envelope: Envelope) -> str | SendFailed | None:
    """The server's id for the letter, its refusal, or None where the connection broke once the letter was on its way."""
    is_under_way = False
    if not envelope.address.isprintable():  # smtplib minds the ends of lines only
        return SendFailed("an address with control characters", permanent=True)
    try:
        server.ehlo_or_helo_if_needed()
        for code, words in (server.mail(parseaddr(settings.MAIL_FROM)[1]), server.rcpt(envelope.address)):
            if code >= 300:
                server.rset()
                return refusal(code, words)
        is_under_way = True
        code, words = server.data(envelope.letter)
    except smtplib.SMTPDataError as error:  # instead of "go ahead"
        return refusal(error.smtp_code, error.smtp_error)
    except Exception as error:  # noqa: BLE001 -- this letter's; what the connection has heard of it nobody knows, so the rest gets a new one
        with suppress(Exception):
            server.close()
        if is_under_way:
            return None
        # An address that the library cannot even write down is no better later.
        return SendFailed(f"{type(error).__name__}: {error}", retry_after=1, permanent=isinstance(error, ValueError))
    return said(words) if code == 250 else refusal(code, words)


def refusal(code: int, words: bytes) -> SendFailed:
    text = f"{code} {said(words)}"
    if code in NO_SUCH_ADDRESS:
        return SendFailed(text, permanent=True)
    return SendFailed(text, retry_after=LATER if code < 500 else 60 * LATER)


def said(words: bytes) -> str:
    return words.decode("utf-8", "replace")[:128]
