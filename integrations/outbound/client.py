"""One call over HTTP, within bounds of time and size; over aiohttp, whose connections stay open
between calls (decision 19).

Nobody is followed: a redirect is a failure, since it may lead anywhere. No proxy, no cookies. TLS
is verified.
"""

import asyncio
import atexit
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from campaigns.delivery import sending
from crm_project.bounds import whole_in
from integrations.outbound import addresses
from integrations.outbound.addresses import Forbidden

AT_ONCE = 50  # per provider
CONNECT_SECONDS, SECONDS = 5, 15  # shorter than a batch may take (campaigns/delivery/sending.py)
# From the first call of a batch on: what is begun later would be given up half way.
BEGIN_SECONDS = sending.SECONDS - SECONDS - 1
MOST_BYTES = 1 << 20  # of an answer
CHUNK = 1 << 16
LONGEST_PAUSE = 3600  # seconds that a receiver may ask us to wait

WORDS = {
    "bad_address": gettext_noop("The address is not understood: write https:// and the host."),
    "password_in_address": gettext_noop("The address must not hold a name or a password."),
    "not_https": gettext_noop(
        "The address must begin with https:// and use port 443 or 8443. An operator can allow"
        " another host by HUTONG_OUTBOUND_HOSTS."
    ),
    "bad_port": gettext_noop(
        "Mail goes to port 465, 587, 994, 25 or 2525. An operator can allow another host by"
        " HUTONG_OUTBOUND_HOSTS."
    ),
    "log_in": gettext_noop("It refused the user name or the password."),
    "sender": gettext_noop("It takes no letters from this sender."),
    "local_address": gettext_noop(
        "The address leads into our own network, which is not allowed. An operator can allow the"
        " host by HUTONG_OUTBOUND_HOSTS."
    ),
    "unknown_host": gettext_noop("There is no host of this name."),
    "unreachable": gettext_noop("Nobody answers at this address."),
    "tls": gettext_noop("Its certificate is not valid for this address."),
    "timeout": gettext_noop("It did not answer in time."),
    "cut": gettext_noop("It closed the connection without an answer."),
    "garbled": gettext_noop("What it answered is not HTTP."),
    "too_large": gettext_noop("Its answer is too large."),
    "redirect": gettext_noop("It sends us to another address, which we do not follow."),
    "status": gettext_noop("It refused the call."),
    "busy": gettext_noop("It has an error of its own, or is too busy."),
    "unusable": gettext_noop("No call can be made with these settings."),
}
FINAL = frozenset(
    {
        "bad_address",
        "password_in_address",
        "not_https",
        "local_address",
        "bad_port",
        "too_large",
        "redirect",
        "status",
        "unusable",
    }
)
LATER = frozenset({408, 425, 429})  # statuses under 500 after which another try is welcome


class CallFailed(Exception):
    """There is no answer to work with. `code` is one of WORDS; `is_final`: another try would end
    the same."""

    def __init__(
        self,
        code: str,
        detail: object = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        body: bytes = b"",
    ):
        said = detail or status
        super().__init__(f"{code}: {said}" if said else code)
        self.code, self.status, self.retry_after, self.body = code, status, retry_after, body

    @property
    def is_final(self) -> bool:
        return self.code in FINAL

    @property
    def has_left(self) -> bool:
        """Whether the other side may have had the whole call, so that nobody knows what it did."""
        if self.code in {"timeout", "cut", "garbled", "too_large", "redirect"}:
            # aiohttp says of a connection that never came about that it did not
            return not isinstance(self.__cause__, aiohttp.ConnectionTimeoutError)
        return self.status is not None and self.status >= 500


def in_words(error: str) -> str:
    """What a failure that was written down means, in the reader's language."""
    code, _colon, detail = error.partition(": ")
    if code not in WORDS:
        return error
    return f"{_(WORDS[code])} ({detail})" if detail else _(WORDS[code])


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class PublicOnly(AbstractResolver):
    """Names resolve to public addresses or to nothing: one local address among them is too many."""

    async def resolve(self, host, port=0, family=socket.AF_UNSPEC) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        if not all(addresses.is_public(sockaddr[0]) for *_kind, sockaddr in found):
            raise Forbidden("local_address")
        return [
            ResolveResult(
                hostname=host,
                host=sockaddr[0],
                port=port,
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, _type, proto, _name, sockaddr in found
        ]

    async def close(self) -> None:
        pass


def public_socket(info) -> socket.socket:
    """The last word: this is the address that the connection goes to, whatever was resolved."""
    kind, type_, proto, _name, sockaddr = info
    if not addresses.is_public(sockaddr[0]):
        raise Forbidden("local_address")
    return socket.socket(kind, type_, proto)


# Of each loop two sessions: one for hosts that the operator vouches for, one for all others.
_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bool, aiohttp.ClientSession]] = (
    WeakKeyDictionary()
)


def session(*, is_vouched_for: bool = False) -> aiohttp.ClientSession:
    """The running loop's session; it lives as long as the loop."""
    loop = asyncio.get_running_loop()
    if loop not in _sessions:
        _sessions[loop] = {}
        atexit.register(closed, loop)
    of_loop = _sessions[loop]
    if is_vouched_for not in of_loop:
        gates = (
            {} if is_vouched_for else {"resolver": PublicOnly(), "socket_factory": public_socket}
        )
        connector = aiohttp.TCPConnector(limit=0, limit_per_host=AT_ONCE, **gates)
        # No cookies: customers have nothing in common.
        of_loop[is_vouched_for] = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=SECONDS, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # nothing unpacks into more than was sent
            headers={"User-Agent": "Hutong", "Accept-Encoding": "identity"},
        )
    return of_loop[is_vouched_for]


def closed(loop: asyncio.AbstractEventLoop) -> None:
    """The loop's sessions are closed when the process ends, or have gone with their loop."""
    if loop.is_running():
        for known in _sessions.pop(loop, {}).values():
            asyncio.run_coroutine_threadsafe(known.close(), loop).result(1)


async def fetch(request: Request, *, most_bytes: int = MOST_BYTES) -> Answer:
    """The answer, whole, with a status under 300. Raises CallFailed."""
    try:
        url = addresses.checked(request.url)
        is_vouched_for = addresses.is_allowed(url.raw_host, url.port)
        async with session(is_vouched_for=is_vouched_for).request(
            request.method,
            url,
            data=request.body or None,
            headers=request.headers,
            allow_redirects=False,
        ) as response:
            body = await read(response, most_bytes)
            answer = Answer(response.status, response.headers, body)
    except (CallFailed, asyncio.CancelledError):
        raise
    except Exception as error:
        raise CallFailed(code_of(error), type(error).__name__) from error
    return judged(answer)


async def read(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    """Its body; the connection of one that is too large is given up."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > most_bytes:
            response.close()
            raise CallFailed("too_large")
    return bytes(body)


def judged(answer: Answer) -> Answer:
    """The same answer, if it is a good one."""
    if answer.status < 300:
        return answer
    if answer.status < 400:
        raise CallFailed("redirect", status=answer.status)
    is_busy = answer.status >= 500 or answer.status in LATER
    raise CallFailed(
        "busy" if is_busy else "status",
        status=answer.status,
        retry_after=pause_of(answer),
        body=answer.body,
    )


def pause_of(answer: Answer) -> float | None:
    """For how many seconds it wants to be left alone."""
    said = answer.headers.get("Retry-After", "")
    seconds: float | None = whole_in(said)
    if seconds is None and said:
        with suppress(ValueError, TypeError):
            seconds = (parsedate_to_datetime(said) - timezone.now()).total_seconds()
    return None if seconds is None else max(0.0, min(float(seconds), LONGEST_PAUSE))


def code_of(error: Exception) -> str:
    """What went wrong, as one of WORDS."""
    cause = getattr(error, "os_error", None) or error
    if isinstance(cause, Forbidden):
        return cause.code
    for kinds, code in (
        ((TimeoutError,), "timeout"),
        ((aiohttp.ClientSSLError,), "tls"),
        ((aiohttp.ClientConnectorDNSError,), "unknown_host"),
        ((aiohttp.ClientConnectorError,), "unreachable"),
        ((aiohttp.InvalidURL, ValueError, TypeError), "bad_address"),
        ((aiohttp.ClientResponseError,), "garbled"),
    ):
        if isinstance(error, kinds):
            return code
    return "cut"


def call(request: Request, *, most_bytes: int = MOST_BYTES) -> Answer:
    """The same for who waits for it. Raises CallFailed."""
    waited = asyncio.run_coroutine_threadsafe(fetch(request, most_bytes=most_bytes), sending.loop())
    return waited.result(SECONDS + CONNECT_SECONDS)


async def each(
    items: Iterable, call: Callable[..., Awaitable[None]], *, at_once: int = AT_ONCE
) -> list:
    """`call` was awaited for every item, for so many at the same time, as long as a call that is
    begun can end before the batch is given up (campaigns/delivery/sending.py). The items for which
    it was too late: nothing of them has left."""
    waiting, time_left = iter(items), begin_within()

    async def work() -> None:
        for item in waiting:
            await call(item)
            if not time_left():
                return

    async with asyncio.TaskGroup() as tasks:
        for _worker in range(at_once):
            tasks.create_task(work())
    return list(waiting)


def begin_within(seconds: float = BEGIN_SECONDS) -> Callable[[], bool]:
    """Whether there is still time to begin a call, asked by whoever makes several for a batch."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() < until
