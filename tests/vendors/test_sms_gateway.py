"""A smaller seller's rules, as the stand-in of its gateway keeps them."""

import httpx
import pytest

from demo.vendors.base import HTTP
from demo.vendors.clock import Clock
from demo.vendors.sms_gateway import SmsGateway
from demo.vendors.sms_gateway.caller import Caller
from demo.vendors.sms_gateway.platform import SECRET
from demo.vendors.sms_gateway.signing import of_headers
from tests.vendors.listener import Listener

NOON = 1_796_011_200  # 2026-11-30 12:00 in Beijing
ANNA, BO, CAI = "13800000001", "13800000002", "13800000003"
NOTICE = "【胡同茶馆】您预约的品茶在15:00开始。"
PROMOTION = "【胡同茶馆】会员日全场八折。拒收请回复R"


@pytest.fixture
def vendor():
    with SmsGateway(clock=Clock(NOON)) as vendor:
        yield vendor


@pytest.fixture
def caller(vendor):
    return Caller(vendor)


def send(caller, mobile=ANNA, content=NOTICE, kind="notice", **about) -> dict:
    asked = {"mobile": mobile, "content": content, "type": kind, "ref": about.pop("ref", "")}
    return caller.send(asked, **about).json()


def codes(said) -> list[int]:
    return [row["code"] for row in said["data"]]


def test_only_who_signs_is_let_in_and_each_nonce_once(vendor, caller):
    def refused(who=caller, **about) -> tuple[int, int]:
        answer = who.send({"mobile": ANNA}, **about)
        return answer.status_code, answer.json()["code"]

    assert refused(Caller(vendor, secret="wrong")) == (401, 1001)
    assert refused(Caller(vendor, account="unknown")) == (401, 1002)
    assert refused(apart=-301) == refused(apart=301) == (401, 1003)
    assert send(caller, nonce="n1")["code"] == 0
    assert refused(nonce="n1") == (401, 1004)
    headers = caller.headers(b"{}")
    changed = HTTP.post(f"{vendor.url}/v2/send", content=b"[]", headers=headers)
    assert changed.json()["code"] == 1001
    for body in ["[]", "3", '"x"']:
        signed = caller.headers(body.encode())
        said = HTTP.post(f"{vendor.url}/v2/send", content=body, headers=signed).json()
        assert said["code"] == 2000


def test_a_result_for_each_number(vendor, caller):
    said = send(caller, [ANNA, "1", BO], ref="m-1")
    assert (said["code"], codes(said)) == (0, [0, 2001, 0])
    [text] = vendor.ask("inbox", number=ANNA)
    assert (text["id"], text["content"]) == (said["data"][0]["id"], NOTICE)
    assert (text["reference"], text["parts"], text["cost"]) == ("m-1", 1, 450)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"content": "您预约的品茶"}, 3001),
        ({"content": "【别人】您预约的品茶"}, 3001),
        ({"content": "【新店】您预约的品茶"}, 3001),
        ({"content": "【胡同茶馆】彩票"}, 3002),
        ({"content": "【胡同茶馆】" + "茶" * 495}, 3003),
        ({"content": "【胡同茶馆】八折", "kind": "promotion"}, 3004),
        ({"content": PROMOTION + "，拒收请回复R", "kind": "promotion"}, 3004),
        ({"content": PROMOTION}, 3006),
        ({"kind": "pigeon"}, 2000),
        ({"content": 7}, 2000),
        ({"mobile": []}, 2000),
        ({"content": None}, 2000),
        ({"kind": ["notice"]}, 2000),
        ({"ref": 7}, 2000),
        ({"mobile": [ANNA] * 1001}, 2004),
    ],
)
def test_what_is_wrong_with_the_text(vendor, caller, changes, code):
    assert send(caller, **changes)["code"] == code
    assert vendor.ask("tally")["accepted"] == 0


def test_an_odd_number_is_a_wrong_one(vendor, caller):
    assert codes(send(caller, [None, 7, {"a": 1}, [ANNA]])) == [2001] * 4
    assert vendor.ask("tally")["accepted"] == 0


def test_promotions_are_for_the_day_and_three_of_them(vendor, caller):
    for expected in [0, 0, 0, 2003]:
        assert codes(send(caller, ANNA, PROMOTION, "promotion")) == [expected]
        vendor.advance(60)
    vendor.advance(10 * 3600)
    assert send(caller, ANNA, PROMOTION, "promotion")["code"] == 3005
    assert codes(send(caller)) == [0]


def test_a_number_gets_two_a_minute(vendor, caller):
    assert [codes(send(caller))[0] for _time in range(3)] == [0, 0, 2003]
    vendor.advance(60)
    assert codes(send(caller)) == [0]


def test_lists_money_and_half_a_batch(vendor, caller):
    vendor.tell("numbers", number=ANNA, do_not_disturb=True)
    vendor.tell("account", balance=900)
    assert codes(send(caller, [ANNA, BO, CAI, "13800000004"])) == [2002, 0, 0, 4001]
    assert caller.get("balance")["data"]["balance"] == 0
    vendor.tell("account", balance=None, most_a_day=3)
    assert codes(send(caller, [BO, CAI])) == [0, 4002]
    vendor.tell("account", most_a_day=None)
    vendor.misbehave({"kind": "half", "times": 1, "code": "2009"})
    assert codes(send(caller, ["13900000001", "13900000002"])) == [0, 2009]


def test_a_repeat_is_a_second_message_unless_it_is_keyed(vendor, caller):
    first, second = (send(caller, ref="m-1", key="k")["data"][0]["id"] for _time in range(2))
    assert first != second
    vendor.tell("keyed", is_on=True)
    first, second = (send(caller, BO, key="k2")["data"][0]["id"] for _time in range(2))
    assert first == second
    assert codes(send(caller, CAI)) == codes(send(caller, CAI)) == [0]
    assert len(vendor.ask("inbox", number=CAI)) == 2
    twice = vendor.ask("tally")["twice"]
    assert twice == [[f"+86{ANNA}", "m-1", NOTICE], [f"+86{CAI}", "", NOTICE]]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_by_fields_the_answer_is_a_line(vendor, caller, method):
    good = caller.send_by_fields(method, mobile=ANNA, content=NOTICE, type="notice", ref="m-1")
    code, _comma, number = good.text.partition(",")
    assert (code, number) == ("0", vendor.ask("inbox")[0]["id"])
    bad = caller.send_by_fields(method, mobile="1", content=NOTICE, type="notice")
    assert bad.text == "2001,手机号码错误"
    stranger = caller.send_by_fields(method, mobile=ANNA, content=NOTICE, type="notice", sign="0")
    assert (stranger.status_code, stranger.text) == (401, "1001,签名错误")
    late = caller.send_by_fields(method, mobile=ANNA, content=NOTICE, type="notice", ts="1")
    assert late.text.startswith("1003,")


def test_reports_and_replies_are_pulled_once(vendor, caller):
    vendor.tell("numbers", number=BO, fate="gone")
    send(caller, [ANNA, BO], ref="m-1")
    vendor.advance()
    rows = caller.get("reports", limit=10)["data"]
    assert [(row["mobile"], row["status"], row["ref"]) for row in rows] == [
        (ANNA, "DELIVRD", "m-1"),
        (BO, "MK:0001", "m-1"),
    ]
    assert caller.get("reports")["data"] == []
    vendor.tell("reply", number=ANNA, text="退订")
    assert [row["content"] for row in caller.get("replies")["data"]] == ["退订"]
    assert caller.get("replies", limit=0)["code"] == 2000
    assert codes(send(caller, ANNA, PROMOTION, "promotion")) == [2002]
    assert codes(send(caller)) == [0]


def test_pushes_are_signed_and_tried_three_times_more(vendor, caller):
    with Listener("busy") as ear:
        for kind in ["receipts", "replies"]:
            vendor.tell("addresses", **{kind: f"{ear.url}/{kind}"})
        send(caller, [ANNA, BO])
        vendor.advance()
        [call] = ear.ask("calls", name="/receipts")
        ear.said = "success"
        vendor.advance(300)
        vendor.tell("reply", number=ANNA, text="Ｔ")
        vendor.advance(6000)
        receipts, replies = ear.bodies("/receipts"), ear.bodies("/replies")
        signed = ear.headers[0]
    expected = of_headers(SECRET, signed["X-Timestamp"], signed["X-Nonce"], call["body"].encode())
    assert signed["X-Signature"] == expected
    assert len(receipts) == 2
    assert [row["mobile"] for row in receipts[1]["receipts"]] == [ANNA, BO]
    assert [row["content"] for row in replies[0]["replies"]] == ["Ｔ"]


def test_any_code_can_be_met(vendor, caller):
    vendor.misbehave({"kind": "refuse", "code": "7777", "times": 1})
    assert [send(caller)["code"] for _time in range(2)] == [7777, 0]


def test_bad_manners(vendor, caller):
    vendor.misbehave(*[{"kind": kind, "times": 1} for kind in ["fail", "cut", "garbage"]])
    assert caller.send({}).status_code == 503
    with pytest.raises(httpx.HTTPError):
        send(caller, ref="m-1")
    assert "<html>" in caller.send({"mobile": BO, "content": NOTICE, "type": "notice"}).text
    vendor.tell("pace", per_second=1)
    answers = [caller.send({}) for _time in range(2)]
    assert answers[1].status_code == 429
    assert vendor.ask("tally")["accepted"] == 2
