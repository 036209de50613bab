"""Calls to the platform with the app's token. Where it refuses the token, another one is fetched
and the call made once more: it had not been carried out."""

import asyncio
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from django.db import connections

from integrations.wechat import asking, tokens
from integrations.wechat.account import Account
from integrations.wechat.errors import Kind, WeChatError

_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, asyncio.Lock]] = WeakKeyDictionary()


async def call(
    account: Account,
    path: str,
    body: Mapping | None = None,
    *,
    query: Mapping[str, str] | None = None,
    method: str = "POST",
    seconds: float = asking.LONG,
) -> dict:
    """What the platform answers; for the event loop, where many are under way at once. Raises
    WeChatError where it refuses, CallFailed where there is no answer: whether the call was carried
    out is not known then."""
    token = await token_for(account)
    try:
        return await asked(account, path, body, query, method, seconds, token)
    except WeChatError as refused:
        if refused.kind is not Kind.TOKEN:
            raise
    token = await token_for(account, stale=token)
    return await asked(account, path, body, query, method, seconds, token)


def call_and_wait(
    account: Account,
    path: str,
    body: Mapping | None = None,
    *,
    query: Mapping[str, str] | None = None,
    method: str = "POST",
    seconds: float = asking.SHORT,
) -> dict:
    """The same for a thread that waits; not inside of a transaction."""
    token = tokens.current(account)
    for is_last in (False, True):
        try:
            call = asked(account, path, body, query, method, seconds, token)
            return asking.waited(call, seconds)
        except WeChatError as refused:
            if is_last or refused.kind is not Kind.TOKEN:
                raise
        token = tokens.current(account, stale=token)
    raise AssertionError


async def asked(account, path, body, query, method, seconds, token: str) -> dict:
    given = {"access_token": token, **(query or {})}
    return await asking.ask(account, path, body, query=given, method=method, seconds=seconds)


async def token_for(account: Account, *, stale: str = "") -> str:
    """The token, from memory or else from the row, which a thread reads: one for each app, whoever
    wants it."""
    if value := tokens.remembered(account, stale):
        return value
    gates = _gates.setdefault(asyncio.get_running_loop(), {})
    async with gates.setdefault(account.connection_id, asyncio.Lock()):
        if value := tokens.remembered(account, stale):
            return value
        return await asyncio.to_thread(token_apart, account, stale)


def token_apart(account: Account, stale: str) -> str:
    """In a thread that gives its connection to the database back."""
    try:
        return tokens.current(account, stale=stale)
    finally:
        connections.close_all()
