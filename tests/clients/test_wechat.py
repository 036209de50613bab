"""wechatpy, only its base URL changed, is content with our stand-in of WeChat; so is its crypto."""

import json
from random import Random
from xml.etree import ElementTree as ET

import pytest

from demo.vendors.wechat import WeChat, crypto, events
from tests.vendors.receiver import Receiver

pytestmark = pytest.mark.proof

TOKEN = "a token of ours"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"  # Tencent's demo: not canonical base64
MESSAGES = 1000
CHARS = "abc 019<>&]\"'{}\n胡同茶馆，。￥🍵🎨é\u2028"


def test_its_client(wechatpy):
    with WeChat() as wechat, Receiver() as receiver:
        person = wechat.person(phone="13800138000")
        template = wechat.template("课时不足提醒")
        person.subscribe(template)
        address = {"url": f"{receiver.url}/push", "token": TOKEN, "aes_key": AES_KEY}
        assert wechat.tell("push", appid=wechat.appid, **address)["ok"]
        checked = {"token": TOKEN, **receiver.checked[0]}
        del checked["echostr"]
        me, phone = person.login(), person.do("phone")["code"]
        words = [wechat.url, wechat.appid, wechat.secret, me["code"], phone, me["openid"], template]
        said = json.loads(wechatpy.run("wechatpy_client.py", *words, json.dumps(checked)))
        [message] = person.inbox

    assert said["token"].startswith("91_")
    assert (said["session"]["openid"], said["session"]["unionid"]) == (me["openid"], me["unionid"])
    assert said["same code"] == 40163
    assert said["phone"]["phone_info"]["purePhoneNumber"] == "13800138000"
    assert len(said["templates"]) == len(wechat.account["templates"]) == 7
    assert said["sent"]["msgid"] == message["msgid"]
    assert message["data"]["thing1"] == "少儿绘画 🎨"
    assert said["sent again"] == 43101
    assert said["stranger"] == 40013
    assert bytes.fromhex(said["picture"]) == b"\x89PNG"
    assert (said["after an end"], said["fetched"]) == (7, 3)


def texts() -> list[str]:
    """Every length around the blocks' borders, and longer ones."""
    random = Random(1)
    lengths = [*range(100), *(random.randrange(5000) for _time in range(MESSAGES - 100))]
    return ["".join(random.choices(CHARS, k=length)) for length in lengths]


def test_its_crypto_agrees_both_ways(wechatpy, tmp_path):
    random, appid = Random(2), "wxba5fad812f8e6fb9"
    ours = crypto.PushCrypto(AES_KEY, appid)
    messages = []
    for text in texts():
        encrypted = ours.encrypt(text.encode(), random.randbytes(16))
        timestamp, nonce = str(random.randrange(10**9, 2 * 10**9)), str(random.randrange(10**9))
        signature = crypto.signature(TOKEN, timestamp, nonce, encrypted)
        body = events.as_xml(events.Event({"ToUserName": "gh_1", "Encrypt": encrypted}))
        words = {"signature": signature, "timestamp": timestamp, "nonce": nonce}
        messages.append({"body": body, **words})
    given, told = tmp_path / "given.json", tmp_path / "told.json"
    asked = {"token": TOKEN, "aes_key": AES_KEY, "appid": appid, "messages": messages}
    given.write_text(json.dumps(asked))
    wechatpy.run("wechatpy_crypto.py", given, told)
    said = json.loads(told.read_text())

    assert said["opened"] == texts()
    assert said["refused"] == 2 * MESSAGES
    for text, made in zip(texts(), said["made"], strict=True):
        fields = {one.tag: one.text for one in ET.fromstring(made)}
        parts = (fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
        assert crypto.signature(TOKEN, *parts) == fields["MsgSignature"]
        assert ours.decrypt(fields["Encrypt"]).decode() == text
