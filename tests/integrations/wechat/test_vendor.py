"""A mini-program is connected by the words of its page, and its test says what is wrong."""

import asyncio
import json
import re

import pytest
from django.urls import reverse

from campaigns.delivery import sending
from customers.models import AuditEntry, Connection
from demo.vendors.wechat.errors import WORDS
from integrations.connections.vendors import vendors
from integrations.outbound.client import CallFailed
from integrations.wechat import client, errors, vendor
from integrations.wechat.account import account_of
from integrations.wechat.errors import Kind, WeChatError
from tests.integrations.outbound.test_connection_pages import ADD, acted, boss, page_of, posted

__all__ = ["boss"]
pytestmark = pytest.mark.django_db(transaction=True)
SEND = "/cgi-bin/message/subscribe/send"


def given(platform, **changed) -> dict:
    fields = {"app_id": platform.appid, "secret": platform.secret}
    fields |= {"phones_a_day": "1000", **changed}
    return {f"vendor-{name}": value for name, value in fields.items()}


def connected(boss, platform, **changed):
    page = reverse(ADD) + "?vendor=wechat"
    return posted(boss, page, base_url=platform.url, **given(platform, **changed))


def test_it_is_connected_and_what_must_be_entered_there_is_shown(boss, platform, settings):
    settings.PUBLIC_URL = "https://crm.example.com"
    shown = connected(boss, platform).content.decode()
    row = Connection.objects.get()
    page = boss.get(page_of(row)).content.decode()

    token, key = row.settings["push_token"], row.settings["aes_key"]
    assert vendor.PUSH_TOKEN.fullmatch(token)
    assert vendor.AES_KEY.fullmatch(key)
    for secret in (token, key):
        assert secret in shown
        assert secret not in page
    assert platform.secret not in shown + page
    assert f"https://crm.example.com/wechat/{platform.appid}/push" in page
    assert "安全模式" in page
    assert platform.secret not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("app_id", "gh_0123456789abcdef"),
        ("app_id", "wx 0123456789abcde"),
        ("app_id", ""),
        ("secret", "short"),
        ("secret", ""),
        ("secret", "一" * 32),
        ("push_token", "with space"),
        ("aes_key", "A" * 42),
        ("phones_a_day", "-1"),
        ("app_id", "wx\x000123456789abcd"),
    ],
)
def test_what_cannot_be_right_is_said_at_its_field(boss, platform, field, value):
    answer = connected(boss, platform, **{field: value})

    assert answer.status_code == 200
    assert "error" in answer.content.decode()
    assert not Connection.objects.exists()


def test_it_never_becomes_another_app(boss, app, platform):
    answer = posted(boss, page_of(app), **given(platform, app_id="wx" + "9" * 16, secret=""))

    assert "rests on this account" in answer.content.decode()
    assert Connection.objects.get().account == platform.appid


def test_new_keys_of_the_push_are_shown_once_and_the_old_ones_stay_for_a_week(boss, app):
    old = vendor.push_keys(app)
    row = Connection.objects.get()
    row.settings = vendor.WeChat().completed(row.settings)
    row.save()
    shown = acted(boss, row, "new_secret").content.decode()
    row.refresh_from_db()

    now, before = vendor.push_keys(row)
    assert [before] == old
    assert now.token in shown
    assert now.aes_key in shown


def test_a_changed_secret_keeps_the_one_before_for_a_day(boss, platform):
    connected(boss, platform)
    row = Connection.objects.get()
    posted(boss, page_of(row), base_url=platform.url, **given(platform, secret="n" * 32))

    row.refresh_from_db()
    assert account_of(row).secrets == ("n" * 32, platform.secret)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"is_frozen": True}, "frozen"),
        ({"addresses": []}, "127.0.0.1"),
        ({"confirmation": 89503}, "administrator"),
        ({"secret": "0" * 32}, "app secret is wrong"),
    ],
)
def test_the_test_says_what_is_wrong(boss, app, platform, change, says):
    platform.tell("app", appid=platform.appid, **change)

    page = acted(boss, app, "test").content.decode()

    assert says in page
    assert says in boss.get(page_of(app)).content.decode()


def test_the_test_says_that_all_is_well_again(boss, app, platform):
    platform.tell("app", appid=platform.appid, addresses=[])
    acted(boss, app, "test")
    platform.tell("app", appid=platform.appid, addresses=None)

    assert "WeChat knows the app" in acted(boss, app, "test").content.decode()
    assert "data-problem" not in boss.get(page_of(app)).content.decode()


@pytest.mark.parametrize("kind", ["fail", "drop", "cut", "garbage", "busy", "throttle"])
def test_a_rude_platform_is_named_and_nothing_falls_over(boss, app, platform, kind):
    platform.misbehave({"kind": kind})

    page = acted(boss, app, "test").content.decode()

    assert "WeChat knows the app" not in page
    assert "data-problem" in page


def test_every_refusal_that_is_documented_has_words():
    answers = {40129, 40165, 40212, 40066, 43001, 43002, 44004, 44990, 44993, 70000, 85401, 85402}
    links = {code for code in WORDS if code >= 200_000} | {40008}
    missing = WORDS.keys() - errors.MEANINGS.keys()

    assert missing <= answers | links  # of parts that this product does not call


def test_an_unknown_refusal_is_shown_as_it_came():
    refused = WeChatError(99999, "strange rid: 6123-abcd-ef01")

    assert "99999 strange" in errors.in_words(str(refused))
    assert refused.rid == "6123-abcd-ef01"
    assert refused.kind is Kind.CONTENT


def test_calls_on_the_loop_renew_a_token_that_has_ended(app, platform):
    """As when many messages leave: each is sent, and the token is renewed once."""
    account, template = account_of(app), platform.template("课时不足提醒")
    people = [platform.person() for _n in range(40)]
    for one in people:
        one.subscribe(template)
    client.call_and_wait(account, "/wxaapi/newtmpl/gettemplate", method="GET")
    platform.tell("expire_tokens", appid=platform.appid)
    data = {"thing1": {"value": "绘画"}, "number2": {"value": "3"}, "name3": {"value": "王小明"}}

    async def all_of_them():
        body = {"template_id": template, "data": data}
        calls = [client.call(account, SEND, {**body, "touser": one.openid}) for one in people]
        return await asyncio.gather(*calls)

    sent = asyncio.run_coroutine_threadsafe(all_of_them(), sending.loop()).result(20)

    assert len({one["msgid"] for one in sent}) == 40
    counts = {(row["path"], row["errcode"]): row["times"] for row in platform.ask("counts")}
    assert counts["/cgi-bin/stable_token", 0] == 2
    assert counts[SEND, 0] == 40


def test_chinese_travels_as_it_is(app, platform):
    with pytest.raises(WeChatError):
        client.call_and_wait(account_of(app), SEND, {"touser": "o", "template_id": "课时"})

    [call] = [one for one in platform.ask("calls") if one["name"] == SEND]
    assert json.loads(call["body"])["template_id"] == "课时"
    assert re.search("课时", call["body"])


def test_who_is_slow_is_not_waited_for(app, platform):
    client.call_and_wait(account_of(app), "/wxaapi/newtmpl/gettemplate", method="GET")
    platform.misbehave({"kind": "slow", "seconds": 5})

    with pytest.raises(CallFailed, match="timeout"):
        client.call_and_wait(account_of(app), SEND, {}, seconds=0.2)


def test_an_app_is_a_vendor_of_the_list():
    assert vendors["wechat"].has_base_url
