"""A connected mini-program, and the pushes of its platform as they come to our door."""

import itertools
import json

from campaigns import automation
from customers.models import Connection, Customer, Identity, Kind
from demo.vendors.wechat import crypto, events
from integrations.wechat import account
from integrations.wechat.subscribe.models import SubscribeTemplate
from tests.factories import NOW, a_customer, a_namespace

APPID = "wx0123456789abcdef"
SECRET = "0123456789abcdef0123456789abcdef"
TOKEN, AES_KEY = "aTokenOfOurs", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
KEYWORDS = [
    {"key": "thing1", "kind": "thing", "label": "课程名称", "example": "少儿绘画", "choices": []},
    {"key": "number2", "kind": "number", "label": "剩余课时", "example": "3", "choices": []},
    {"key": "name3", "kind": "name", "label": "学员姓名", "example": "王小明", "choices": []},
]
count = itertools.count(1)


class App:
    """As the stand-in's events want it."""

    original_id, appid = "gh_0123456789ab", APPID


def an_app(appid: str = APPID, *, base_url: str = "", **settings) -> Connection:
    account.forget()
    return Connection.objects.create(
        vendor="wechat",
        namespace=a_namespace(),
        name=f"app {next(count)}",
        account=appid,
        base_url=base_url,
        settings={
            "app_id": appid,
            "secret": SECRET,
            "push_token": TOKEN,
            "aes_key": AES_KEY,
            **settings,
        },
    )


def a_template(row: Connection, **more) -> SubscribeTemplate:
    return SubscribeTemplate.objects.create(
        **{
            "connection": row,
            "key": f"template-{next(count)}",
            "title": "课时不足提醒",
            "kind": "one_time",
            "keywords": KEYWORDS,
            "about": "account",
            **more,
        }
    )


def a_person(openid: str = "", *, appid: str = APPID, customer: Customer | None = None) -> Identity:
    customer = customer or a_customer()
    return Identity.objects.create(
        customer=customer,
        origin_customer=customer,
        kind=Kind.WX_OPENID,
        scope=appid,
        value=openid or f"openid-{next(count)}",
        is_strong=True,
        first_seen_at=NOW,
    )


def as_text(one, *, form: str = "json") -> str:
    if not isinstance(one, events.Event):
        return one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
    return events.as_json(one) if form == "json" else events.as_xml(one)


def pushed(
    client,
    one,
    *,
    form: str = "json",
    token: str = TOKEN,
    key: str = AES_KEY,
    appid: str = APPID,
    door: str = APPID,
    **query,
):
    """Our answer to a push in security mode."""
    sealed = crypto.PushCrypto(key, appid).encrypt(as_text(one, form=form).encode(), b"r" * 16)
    words = {"timestamp": "1796011200", "nonce": "12345"}
    signed = crypto.signature(token, *words.values(), sealed)
    given = {**words, "encrypt_type": "aes", "msg_signature": signed, **query}
    body = (
        json.dumps({"ToUserName": App.original_id, "Encrypt": sealed})
        if form == "json"
        else f"<xml><ToUserName>x</ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    )
    return client.generic(
        "POST",
        f"/wechat/{door}/push",
        body.encode(),
        "application/json" if form == "json" else "text/xml",
        query_params=given,
    )


def react() -> None:
    """What was pushed has had its effect, as a worker sees to it within a moment."""
    while automation.process_reactions():
        pass
