"""One token for all, renewed once, whoever wants it."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from crm_project.queue.due import database_now
from customers.models import Connection
from integrations.outbound.client import CallFailed
from integrations.wechat import client, tokens
from integrations.wechat.account import account_of
from integrations.wechat.errors import Kind, WeChatError
from integrations.wechat.models import AccessToken
from tests.integrations.wechat.conftest import answered

pytestmark = pytest.mark.django_db(transaction=True)
TEMPLATES = "/wxaapi/newtmpl/gettemplate"


def asked_by_many(account, callers=64, **given) -> set:
    """What so many threads are told at once."""

    def ask(_n):
        try:
            return client.call_and_wait(account, TEMPLATES, method="GET", **given)["errcode"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(callers) as threads:
        return set(threads.map(ask, range(callers)))


def test_the_token_is_asked_for_once_and_kept_sealed(app, platform):
    account = account_of(app)
    first = tokens.current(account)
    tokens.forget()  # as another process, or another host

    assert tokens.current(account) == first
    assert answered(platform, tokens.PATH) == 1
    assert first.encode() not in bytes(AccessToken.objects.values_list("sealed_value")[0][0])


def test_many_with_a_token_that_has_ended_make_one_renewal(app, platform):
    account = account_of(app)
    tokens.current(account)
    platform.tell("expire_tokens", appid=platform.appid)

    assert asked_by_many(account) == {0}
    assert answered(platform, tokens.PATH) == 2  # the first one, and one renewal
    # all 64 at most were refused once, and none twice
    assert answered(platform, TEMPLATES, 0) == 64


def test_many_who_find_no_token_ask_once(app, platform):
    platform.misbehave({"kind": "slow", "only": tokens.PATH, "seconds": 0.3})

    assert asked_by_many(account_of(app), callers=16) == {0}
    assert answered(platform, tokens.PATH) == 1


def test_processes_that_know_nothing_of_each_other_renew_once(app, platform, monkeypatch):
    """Without what one process shares, the row alone decides."""
    account = account_of(app)
    monkeypatch.setattr(tokens, "remembered", lambda account, stale="": "")
    monkeypatch.setattr(tokens, "_locks", EveryTimeAnother())
    platform.misbehave({"kind": "slow", "only": tokens.PATH, "seconds": 0.3})

    assert asked_by_many(account, callers=12) == {0}
    assert answered(platform, tokens.PATH) == 1


class EveryTimeAnother:
    def __getitem__(self, _key):
        return tokens.threading.Lock()


def test_it_is_renewed_before_it_ends_and_the_old_one_serves_meanwhile(app, platform):
    account = account_of(app)
    first = tokens.current(account)
    tokens.forget()
    AccessToken.objects.update(expires_at=database_now() + timedelta(seconds=200))
    platform.advance(7200 - 200)

    second = tokens.current(account)

    assert second != first
    tokens.forget()
    platform.misbehave({"kind": "fail"})
    AccessToken.objects.update(expires_at=database_now() + timedelta(seconds=200))
    assert tokens.current(account) == second  # nobody is hurt while it is still good


def test_one_that_the_platform_has_killed_itself_is_not_believed(app, platform):
    """Somebody else has forced a new one: it is taken, and nothing is forced by us."""
    account = account_of(app)
    tokens.current(account)
    body = {"grant_type": "client_credential", "appid": platform.appid, "secret": platform.secret}
    theirs = platform.post(tokens.PATH, body | {"force_refresh": True})["access_token"]

    assert client.call_and_wait(account, TEMPLATES, method="GET")["errcode"] == 0
    assert tokens.current(account) == theirs
    assert AccessToken.objects.get().forced_at is None


def test_one_that_is_refused_though_the_platform_still_gives_it_is_forced_once(app, platform):
    account = account_of(app)
    stale = tokens.current(account)

    assert tokens.current(account, stale=stale) != stale
    assert AccessToken.objects.get().forced_at is not None
    with pytest.raises(WeChatError) as refused:
        tokens.current(account, stale=tokens.current(account))
    assert refused.value.kind is Kind.LATER


def test_a_platform_that_is_away_is_asked_once_and_not_by_everybody(app, platform):
    platform.misbehave({"kind": "fail"})
    began = time.monotonic()

    def fails(_n):
        try:
            with pytest.raises(CallFailed):
                tokens.current(account_of(app))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(fails, range(16)))

    assert time.monotonic() - began < 4
    assert len([one for one in platform.ask("calls") if one["name"] == tokens.PATH]) <= 2
    assert Connection.objects.get().last_error.startswith("busy")


def test_whoever_died_while_renewing_is_replaced(app, moved_clock):
    account = account_of(app)
    tokens.read(account)
    AccessToken.objects.update(renewing_until=database_now() + tokens.LEASE)
    with pytest.raises(CallFailed):
        tokens.current(account, seconds=0.2)

    moved_clock.by(seconds=11)
    tokens.forget()
    assert tokens.current(account)


def test_the_secret_before_serves_until_the_new_one_is_in_force_there(app, platform):
    row = Connection.objects.get()
    row.settings = {
        **row.settings,
        "secret": "n" * 32,
        "previous_secret": platform.secret,
        "previous_secret_until": (database_now() + timedelta(days=1)).isoformat(),
    }
    row.save()

    assert tokens.current(account_of(row))
    row.settings = row.settings | {"previous_secret_until": "2020-01-01T00:00:00+00:00"}
    row.save()
    tokens.forget()
    AccessToken.objects.update(expires_at=database_now())
    with pytest.raises(WeChatError) as refused:
        tokens.current(account_of(row))
    assert refused.value.errcode == 40125
