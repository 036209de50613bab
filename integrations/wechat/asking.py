"""One call to the platform: JSON out, JSON in, its errcode read. Its HTTP status is 200 even when
it refuses, so the answer decides."""

import asyncio
import json
from collections.abc import Coroutine, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from yarl import URL

from campaigns.delivery import sending
from integrations.outbound import client
from integrations.outbound.client import CallFailed, Request
from integrations.wechat.account import Account
from integrations.wechat.errors import WeChatError

SHORT = 3.0  # seconds, where somebody waits for our answer
LONG = 10.0
SPARE = 1.0  # for the loop to say that the time is over


async def ask(
    account: Account,
    path: str,
    body: Mapping | None = None,
    *,
    query: Mapping[str, str] | None = None,
    method: str = "POST",
    seconds: float = LONG,
) -> dict:
    """What the platform answers. Raises WeChatError where it refuses, CallFailed where there is no
    answer."""
    try:
        async with asyncio.timeout(seconds):
            answer = await client.fetch(request_of(account, path, body, query, method))
    except TimeoutError:
        raise CallFailed("timeout") from None
    return read(answer.body)


def request_of(account, path, body, query, method) -> Request:
    """Chinese is sent as it is: WeChat shows escapes in some texts."""
    url = address_of(account.base + path, tuple((query or {}).items()))
    if method == "GET":
        return Request("GET", url)
    return Request(
        method, url, {"Content-Type": "application/json"}, msgspec.json.encode(body or {})
    )


@lru_cache(maxsize=100)  # messages of a batch differ in their bodies only
def address_of(base: str, query: tuple[tuple[str, str], ...]) -> str:
    return str(URL(base).with_query(dict(query)))


def read(raw: bytes) -> dict:
    """The answer as a dict, if it is a good one."""
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        raise CallFailed("garbled") from None
    if not isinstance(said, dict):
        raise CallFailed("garbled")
    errcode = said.get("errcode", 0)
    if not isinstance(errcode, int):
        raise CallFailed("garbled")
    if errcode:
        raise WeChatError(errcode, str(said.get("errmsg", "")).replace("\x00", ""))
    return said


def waited(call: Coroutine[Any, Any, dict], seconds: float) -> dict:
    """The same, for a thread that waits."""
    future = asyncio.run_coroutine_threadsafe(call, sending.loop())
    try:
        return future.result(seconds + SPARE)
    except TimeoutError:
        future.cancel()
        raise CallFailed("timeout") from None


def ask_and_wait(
    account: Account, path: str, body=None, *, seconds: float = SHORT, **given
) -> dict:
    return waited(ask(account, path, body, seconds=seconds, **given), seconds)


def by_secret(account: Account, call) -> dict:
    """What `call` answers, given the app secret; where WeChat knows only the one before, given that
    one: while it is changed there, nobody waits."""
    *earlier, last = account.secrets
    for secret in earlier:
        try:
            return call(secret)
        except WeChatError as refused:
            if refused.errcode not in WRONG_SECRET:
                raise
    return call(last)


WRONG_SECRET = frozenset({40001, 40125})
