"""The stand-in of WeChat keeps the platform's rules: message push."""

import json
from xml.etree import ElementTree as ET

import pytest

from demo.vendors.wechat import crypto, events

TOKEN = "a token of ours"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SEND = "/cgi-bin/message/subscribe/send"
LESSONS = {"thing1": {"value": "绘画"}, "number2": {"value": "3"}, "name3": {"value": "王小明"}}


def push_to(wechat, receiver, **other) -> dict:
    settings = {
        "url": f"{receiver.url}/push",
        "token": TOKEN,
        "aes_key": AES_KEY,
        "patience": 2,
        **other,
    }
    return wechat.tell("push", appid=wechat.appid, **settings)


def fields_of(body: bytes | str) -> dict:
    if body[:1] in (b"{", "{"):
        return json.loads(body)
    return {one.tag: one.text for one in ET.fromstring(body)}


def opened(wechat, came) -> str:
    """The text of a push in safe mode, whose signature is right."""
    encrypted = fields_of(came.body)["Encrypt"]
    query = came.query
    signed = crypto.signature(TOKEN, query["timestamp"], query["nonce"], encrypted)
    assert query["msg_signature"] == signed
    assert query["encrypt_type"] == "aes"
    return crypto.PushCrypto(AES_KEY, wechat.appid).decrypt(encrypted).decode()


# -- the address -----------------------------------------------------------------------


def test_an_address_is_kept_when_it_answers_the_echostr(wechat, receiver):
    receiver.echoes = False
    told = push_to(wechat, receiver)
    assert (told["ok"], told["said"]) == (False, "hello")
    wechat.person().do("write")
    assert wechat.pushes() == []
    receiver.echoes = True
    assert push_to(wechat, receiver)["ok"]
    query = receiver.checked[-1]
    assert query["signature"] == crypto.signature(TOKEN, query["timestamp"], query["nonce"])
    wechat.person().do("write")
    assert [row["taken"] for row in wechat.pushes()] == [True]


def test_nobody_at_the_address(wechat, receiver):
    told = push_to(wechat, receiver, url="http://127.0.0.1:1/push")
    assert (told["ok"], told["said"]) == (False, "ClientConnectorError")


# -- the three modes -------------------------------------------------------------------


def test_plain_json_is_signed_over_time_and_nonce_only(wechat, receiver):
    push_to(wechat, receiver, mode="plain")
    person = wechat.person()
    msgid = person.do("write", fields={"Content": "在吗"})["msgid"]
    wechat.pushes()
    (came,) = receiver.pushed
    assert came.kind == "application/json"
    signed = crypto.signature(TOKEN, came.query["timestamp"], came.query["nonce"])
    assert came.query["signature"] == signed
    assert set(came.query) == {"signature", "timestamp", "nonce"}
    assert json.loads(came.body) == {
        "ToUserName": wechat.account["original_id"],
        "FromUserName": person.openid,
        "CreateTime": 1_796_011_200,
        "MsgType": "text",
        "Content": "在吗",
        "MsgId": msgid,
    }


@pytest.mark.parametrize("form", ["json", "xml"])
def test_safe_mode_shows_nothing(wechat, receiver, form):
    push_to(wechat, receiver, format=form)
    person = wechat.person()
    person.do("enter", session_from="课表]]>页")
    wechat.pushes()
    (came,) = receiver.pushed
    assert person.openid.encode() not in came.body
    assert came.query["openid"] == person.openid
    said = fields_of(opened(wechat, came))
    assert (said["Event"], said["SessionFrom"]) == ("user_enter_tempsession", "课表]]>页")


def test_compatible_mode_shows_both(wechat, receiver):
    push_to(wechat, receiver, mode="compatible")
    wechat.person().do("write", fields={"Content": "在吗"})
    wechat.pushes()
    (came,) = receiver.pushed
    assert json.loads(came.body)["Content"] == json.loads(opened(wechat, came))["Content"] == "在吗"


def test_a_body_may_begin_with_a_byte_order_mark(wechat, receiver):
    push_to(wechat, receiver, mode="plain", with_bom=True)
    wechat.person().do("write")
    wechat.pushes()
    assert receiver.pushed[0].body.startswith(b"\xef\xbb\xbf{")


# -- events ----------------------------------------------------------------------------


def said(wechat, receiver) -> list[dict]:
    wechat.pushes()
    return [json.loads(opened(wechat, came)) for came in receiver.pushed]


def test_choices_are_told_one_as_an_object_more_as_an_array(wechat, receiver):
    push_to(wechat, receiver)
    person, two = (
        wechat.person(),
        [wechat.template("课时不足提醒"), wechat.template("订单发货通知")],
    )
    person.subscribe(two[0])
    wechat.pushes()
    person.subscribe(*two, accept=[two[1]])
    one, more = said(wechat, receiver)
    assert one["Event"] == "subscribe_msg_popup_event"
    assert one["CreateTime"] == "1796011200"
    assert one["List"] == {
        "TemplateId": two[0],
        "SubscribeStatusString": "accept",
        "PopupScene": "0",
    }
    assert [entry["SubscribeStatusString"] for entry in more["List"]] == ["reject", "accept"]
    push_to(wechat, receiver, single_as_array=True)
    person.subscribe(two[0])
    assert len(said(wechat, receiver)[-1]["List"]) == 1


def test_choices_in_xml(wechat, receiver):
    push_to(wechat, receiver, format="xml", mode="plain")
    person, two = (
        wechat.person(),
        [wechat.template("课时不足提醒"), wechat.template("订单发货通知")],
    )
    person.subscribe(*two)
    wechat.pushes()
    body = receiver.pushed[0].body.decode()
    lists = ET.fromstring(body).findall("SubscribeMsgPopupEvent/List")
    assert [entry.findtext("TemplateId") for entry in lists] == two
    assert "<CreateTime>1796011200</CreateTime>" in body
    assert "<PopupScene>0</PopupScene>" in body
    assert f"<TemplateId><![CDATA[{two[0]}]]></TemplateId>" in body


def test_a_silent_accept_is_told_only_if_the_app_is_set_so(wechat, receiver):
    push_to(wechat, receiver)
    person, template = wechat.person(), wechat.template("课时不足提醒")
    person.subscribe(template, always=True)
    person.subscribe(template)
    assert len(said(wechat, receiver)) == 1
    wechat.tell("app", appid=wechat.appid, tells_silent_accepts=True)
    person.subscribe(template)
    assert len(said(wechat, receiver)) == 2


def test_a_refusal_and_what_became_of_a_message_are_told(wechat, receiver):
    push_to(wechat, receiver)
    person, template, token = wechat.person(), wechat.template("课时不足提醒"), wechat.token()
    body = {"touser": person.openid, "template_id": template, "data": LESSONS}
    msgids = []
    for modes in ([], [{"kind": "lost"}]):
        wechat.misbehave(*modes)
        person.subscribe(template)
        wechat.pushes()
        msgids.append(wechat.post(SEND, body, access_token=token)["msgid"])
        wechat.pushes()
    person.refuse(template)
    told = said(wechat, receiver)
    results = [one["List"] for one in told if one["Event"] == "subscribe_msg_sent_event"]
    assert results == [
        {
            "TemplateId": template,
            "MsgID": str(msgids[0]),
            "ErrorCode": "0",
            "ErrorStatus": "success",
        },
        {
            "TemplateId": template,
            "MsgID": str(msgids[1]),
            "ErrorCode": "-1",
            "ErrorStatus": "system error",
        },
    ]
    assert [one["msgid"] for one in person.inbox] == msgids[:1]
    assert told[-1]["Event"] == "subscribe_msg_change_event"
    assert told[-1]["List"] == {"TemplateId": template, "SubscribeStatusString": "reject"}


def test_a_person_withdraws_and_changes(wechat, receiver):
    push_to(wechat, receiver)
    person = wechat.person()
    person.do("revoke", info="1")
    wechat.pushes()
    person.do("modify")
    revoked, modified = said(wechat, receiver)
    assert revoked["Event"] == "user_authorization_revoke"
    assert (revoked["OpenID"], revoked["AppID"], revoked["RevokeInfo"]) == (
        person.openid,
        wechat.appid,
        "1",
    )
    assert (modified["Event"], modified["openid"]) == ("user_info_modified", person.openid)


@pytest.mark.parametrize("form", ["json", "xml"])
def test_every_further_event_can_be_pushed(wechat, receiver, form):
    push_to(wechat, receiver, format=form)
    person = wechat.person()
    for name in events.FURTHER:
        wechat.tell("event", appid=wechat.appid, person=person.number, name=name)
    assert {row["taken"] for row in wechat.pushes()} == {True}
    told = [fields_of(opened(wechat, came))["Event"] for came in receiver.pushed]
    assert sorted(told) == sorted(events.FURTHER)


def test_any_text_can_be_pushed_as_it_stands(wechat, receiver):
    push_to(wechat, receiver)
    text = '{"order_id": 3705115058471208928, "Event": "未知"}'
    wechat.tell("event", appid=wechat.appid, person=wechat.person().number, text=text)
    wechat.pushes()
    assert opened(wechat, receiver.pushed[0]) == text


# -- answers ---------------------------------------------------------------------------


def tries(wechat) -> list[bool]:
    """Of a push that happens now: which of its tries was taken."""
    before = len(wechat.pushes())
    wechat.person().do("write")
    return [row["taken"] for row in wechat.pushes()[before:]]


def test_three_tries_at_most_until_an_answer_is_right(wechat, receiver):
    push_to(wechat, receiver)
    receiver.answers = [
        "success",
        "",
        "ok",
        "success",
        500,
        302,
        "",
        500,
        "SUCCESS",
        "<xml/>",
        "success",
    ]
    assert [tries(wechat) for _time in range(5)] == [
        [True],
        [True],
        [False, True],
        [False, False, True],
        [False, False, False],
    ]
    assert receiver.answers == ["success"]
    repeated = [json.loads(opened(wechat, came)) for came in receiver.pushed[-3:]]
    assert len({one["MsgId"] for one in repeated}) == 1
    assert len({came.query["nonce"] for came in receiver.pushed[-3:]}) == 3


def test_an_answer_that_comes_too_late_is_none(wechat, receiver):
    push_to(wechat, receiver, patience=0.15)
    receiver.answers = [0.4, 0.0]
    assert tries(wechat) == [False, True]
    assert wechat.pushes()[0]["error"] == "TimeoutError"


def test_an_encrypted_answer_is_right_when_it_is_signed(wechat, receiver):
    push_to(wechat, receiver)
    encrypted = crypto.PushCrypto(AES_KEY, wechat.appid).encrypt(b'{"demo":1}', b"r" * 16)
    good = {
        "Encrypt": encrypted,
        "MsgSignature": crypto.signature(TOKEN, "1796011200", "42", encrypted),
        "TimeStamp": 1796011200,
        "Nonce": "42",
    }
    receiver.answers = [json.dumps(good)]
    assert tries(wechat) == [True]
    receiver.answers = [
        json.dumps({**good, "Nonce": "43"}),
        json.dumps({"Encrypt": encrypted}),
        "[]",
    ]
    assert tries(wechat) == [False, False, False]


def test_an_encrypted_answer_in_xml(wechat, receiver):
    push_to(wechat, receiver, format="xml")
    encrypted = crypto.PushCrypto(AES_KEY, wechat.appid).encrypt(b"<xml/>", b"r" * 16)
    signed = crypto.signature(TOKEN, "1796011200", "42", encrypted)
    inner = f"<Encrypt>{encrypted}</Encrypt><MsgSignature>{signed}</MsgSignature>"
    shape = f"<xml>{inner}<TimeStamp>1796011200</TimeStamp><Nonce>{{}}</Nonce></xml>"
    receiver.answers = [shape.format(43), shape.format(42)]
    assert tries(wechat) == [False, True]


def test_pushes_come_twice_and_late_if_asked_for(wechat, receiver):
    push_to(wechat, receiver, late=60)
    wechat.misbehave({"kind": "twice", "only": "text"})
    assert tries(wechat) == []
    wechat.advance(60)
    assert len({json.loads(opened(wechat, came))["MsgId"] for came in receiver.pushed}) == 1
    assert [row["taken"] for row in wechat.pushes()] == [True, True]
