"""Aliyun's rules, as its stand-in keeps them."""

import json

import httpx
import pytest

from demo.vendors.aliyun_sms import AliyunSms
from demo.vendors.aliyun_sms.caller import Caller
from demo.vendors.aliyun_sms.signing import canonical, sha256, signature
from demo.vendors.clock import Clock
from demo.vendors.sms.stock import SIGN
from tests.vendors.listener import Listener

NOON = 1_796_011_200  # 2026-11-30 12:00 in Beijing
CODES = [f"SMS_20260000{number}" for number in range(1, 6)]
CODE, NOTICE, PROMOTION, BIRTHDAY, UNDER_REVIEW = CODES
ANNA, BO = "13800000001", "13800000002"
VALUES = {"name": "小明", "what": "品茶", "when": "15:00"}


@pytest.fixture
def vendor():
    with AliyunSms(clock=Clock(NOON)) as vendor:
        yield vendor


@pytest.fixture
def caller(vendor):
    return Caller(vendor)


def send(caller, to=ANNA, template=PROMOTION, values=None, **more) -> dict:
    asked = {"PhoneNumbers": to, "SignName": SIGN, "TemplateCode": template}
    return caller.says("SendSms", **asked, TemplateParam=json.dumps(values or {}), **more)


def batch(caller, numbers, template=BIRTHDAY, **more) -> dict:
    asked = {
        "PhoneNumberJson": json.dumps(numbers),
        "SignNameJson": json.dumps([SIGN] * len(numbers)),
        "TemplateParamJson": json.dumps([{"name": f"客{place}"} for place in range(len(numbers))]),
    }
    return caller.says("SendBatchSms", **asked | more, TemplateCode=template)


def details(caller, number=ANNA, day="20261130", **more) -> dict:
    asked = {"PhoneNumber": number, "SendDate": day, "PageSize": "50", "CurrentPage": "1"}
    return caller.says("QuerySendDetails", **asked | more)


def fates(vendor, caller, number=ANNA) -> list:
    vendor.advance()
    rows = details(caller, number)["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
    return [(row["SendStatus"], row.get("ErrCode")) for row in rows]


def test_the_published_signature():
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": sha256(b""),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    image = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"
    request = canonical("POST", "/", f"RegionId=cn-shanghai&ImageId={image}", headers, sha256(b""))
    hashed = "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
    assert sha256(request.encode()) == hashed
    expected = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    assert signature("YourAccessKeySecret", request) == expected


def test_the_gateway_refuses_wrong_keys_times_and_nonces(vendor, caller):
    asked = {"PageSize": "1"}

    def refused(who=caller, action="QuerySmsTemplateList", **other) -> tuple[int, str]:
        answer = who.ask(action, asked, **other)
        assert set(answer.json()) == {"Code", "Message", "RequestId", "HostId", "Recommend"}
        return answer.status_code, answer.json()["Code"]

    assert refused(Caller(vendor, secret="wrong")) == (400, "SignatureDoesNotMatch")
    assert refused(Caller(vendor, key="unknown")) == (404, "InvalidAccessKeyId.NotFound")
    assert refused(x_acs_date="2026-11-30T03:44:59Z") == (400, "InvalidTimeStamp.Expired")
    assert refused(x_acs_date="2026-11-30T04:15:01Z") == (400, "InvalidTimeStamp.Expired")
    assert refused(x_acs_date="30.11.2026") == (400, "InvalidTimeStamp.Format")
    assert refused(x_acs_content_sha256=sha256(b"other")) == (400, "SignatureDoesNotMatch")
    assert refused(version="2018-05-01") == (400, "InvalidVersion")
    assert refused(action="SendPigeon") == (404, "InvalidAction.NotFound")
    assert httpx.post(vendor.url).json()["Code"] == "IncompleteSignature"

    assert caller.ask("QuerySmsSignList", asked, x_acs_signature_nonce="n1").json()["Code"] == "OK"
    assert refused(x_acs_signature_nonce="n1") == (400, "SignatureNonceUsed")
    vendor.advance(31 * 60)
    assert caller.ask("QuerySmsSignList", asked, x_acs_signature_nonce="n1").json()["Code"] == "OK"


def test_a_header_that_is_not_signed_and_a_changed_query_are_refused(vendor, caller):
    headers = caller.headers("QuerySmsTemplateList", "PageSize=1")
    changed = httpx.post(f"{vendor.url}/?PageSize=2", headers=headers)
    assert changed.json()["Code"] == "SignatureDoesNotMatch"
    headers = caller.headers("QuerySmsTemplateList", "PageSize=1") | {"x-acs-extra": "1"}
    more = httpx.post(f"{vendor.url}/?PageSize=1", headers=headers)
    assert more.json()["Code"] == "SignatureDoesNotMatch"


@pytest.mark.parametrize("number", [ANNA, f"+86{ANNA}", f"0086{ANNA}", f"86{ANNA}"])
def test_a_text_arrives_whichever_way_its_number_is_written(vendor, caller, number):
    said = send(caller, number, NOTICE, VALUES, OutId="m-1")

    assert set(said) == {"Code", "Message", "RequestId", "BizId"}
    assert (said["Code"], said["Message"]) == ("OK", "OK")
    assert said["BizId"].endswith("^0")
    [text] = vendor.ask("inbox", number=ANNA)
    assert text["content"] == "【胡同茶馆】小明，您预约的品茶在15:00开始。"
    assert (text["number"], text["parts"], text["cost"], text["reference"]) == (
        "+8613800000001",
        1,
        450,
        "m-1",
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": "1380000000"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"to": "+85251234567"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"to": ",".join(["13800000001"] * 1001)}, "isv.MOBILE_COUNT_OVER_LIMIT"),
        ({"template": "SMS_404"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"template": UNDER_REVIEW, "values": {"number": "1"}}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"template": NOTICE, "values": {"name": "小明"}}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"template": NOTICE, "values": VALUES | {"name": 7}}, "isv.INVALID_JSON_PARAM"),
        ({"template": NOTICE, "values": VALUES | {"what": "t.cn/x"}}, "isv.PARAM_NOT_SUPPORT_URL"),
        (
            {"template": NOTICE, "values": VALUES | {"what": "https://a"}},
            "isv.PARAM_NOT_SUPPORT_URL",
        ),
        ({"template": NOTICE, "values": VALUES | {"what": "茶" * 21}}, "isv.PARAM_LENGTH_LIMIT"),
        (
            {"template": NOTICE, "values": VALUES | {"what": "【假】"}},
            "isv.TEMPLATE_PARAMS_ILLEGAL",
        ),
        ({"template": NOTICE, "values": VALUES | {"what": "彩票"}}, "isv.SMS_CONTENT_ILLEGAL"),
        ({"template": CODE, "values": {"code": "12"}}, "isv.TEMPLATE_PARAMS_ILLEGAL"),
    ],
)
def test_what_is_wrong_with_a_call_is_said_in_code(vendor, caller, changes, code):
    said = send(caller, **changes)
    assert said["Code"] == code
    assert "BizId" not in said
    assert vendor.ask("tally")["accepted"] == 0


def test_missing_parameters_are_the_gateways_business(caller):
    answer = caller.ask("SendSms", {"PhoneNumbers": ANNA, "SignName": SIGN})
    assert (answer.status_code, answer.json()["Code"]) == (400, "MissingTemplateCode")


@pytest.mark.parametrize(
    "odd",
    [
        {"PhoneNumberJson": "[null]"},
        {"PhoneNumberJson": "{}"},
        {"PhoneNumberJson": "[[1]]"},
        {"PhoneNumberJson": '["１３８00000001"]'},
        {"SignNameJson": '[["x"]]'},
        {"SignNameJson": "["},
        {"TemplateParamJson": "[null]"},
        {"TemplateParamJson": '["x"]'},
        {"TemplateParamJson": '[{"name": null}]'},
        {"TemplateParamJson": "[NaN]"},
    ],
)
def test_odd_input_is_refused_in_the_vendors_words(vendor, caller, odd):
    assert batch(caller, [ANNA], **odd)["Code"].startswith("isv.")
    assert vendor.ask("tally")["accepted"] == 0


def test_signatures_by_their_review_and_scene(vendor, caller):
    vendor.tell("signatures", name=SIGN, review="refused", reason="不完整")
    assert send(caller)["Code"] == "isv.SMS_SIGNATURE_ILLEGAL"
    vendor.tell("signatures", name=SIGN, review="passed", codes_only=True)
    assert send(caller)["Code"] == "isv.SMS_SIGNATURE_SCENE_ILLEGAL"
    assert send(caller, template=CODE, values={"code": "123456"})["Code"] == "OK"


def test_carriers_refuse_a_signature_that_is_not_filed_and_what_they_do_not_like(vendor, caller):
    vendor.tell("templates", code="SMS_9", text="全场八折", kind="promotion")
    assert send(caller, template="SMS_9")["Code"] == "OK"
    assert fates(vendor, caller) == [(2, "CONTENT_ERROR")]
    send(caller, BO, BIRTHDAY, {"name": "小明🍵"})
    assert fates(vendor, caller, BO) == [(2, "isv.UNSUPPORTED_CONTENT")]
    vendor.tell("signatures", name=SIGN, filing="under_way")
    send(caller, "13800000003", NOTICE, VALUES)
    assert fates(vendor, caller, "13800000003") == [(2, "PORT_NOT_REGISTERED")]
    assert vendor.ask("inbox") == []


def test_codes_are_limited_by_minute_hour_and_day(vendor, caller):
    def code() -> str:
        said = send(caller, template=CODE, values={"code": "123456"})
        return said["Message"] if said["Code"] == "isv.BUSINESS_LIMIT_CONTROL" else said["Code"]

    assert [code(), code()] == ["OK", "触发分钟级流控Permits:1"]
    for _time in range(4):
        vendor.advance(60)
        assert code() == "OK"
    vendor.advance(60)
    assert code() == "触发小时级流控Permits:5"
    for _time in range(5):
        vendor.advance(3600)
        assert code() == "OK"
    vendor.advance(3600)
    assert code() == "触发天级流控Permits:10"
    vendor.advance(86_400)
    assert code() == "OK"


def test_other_texts_are_limited_to_fifty_a_day_by_template(vendor, caller):
    said = [send(caller)["Code"] for _time in range(51)]
    assert said == ["OK"] * 50 + ["isv.BUSINESS_LIMIT_CONTROL"]
    assert send(caller, template=BIRTHDAY, values={"name": "小明"})["Code"] == "OK"


def test_a_number_that_comes_too_often_in_one_batch(vendor, caller):
    assert batch(caller, [ANNA] * 51)["Code"] == "OK"
    said = fates(vendor, caller)
    last = details(caller, PageSize="1", CurrentPage="51")["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
    assert said[:2] == [(2, "MOBILE_SEND_LIMIT"), (3, "DELIVERED")]
    assert last[0]["SendStatus"] == 3


def test_a_number_that_must_not_be_written_to(vendor, caller):
    vendor.tell("numbers", number=ANNA, do_not_disturb=True)
    assert send(caller)["Code"] == "OK"  # a receipt says it, as of several in a call
    assert send(caller, f"{ANNA},{BO}")["Code"] == "OK"
    assert fates(vendor, caller) == [(2, "MOBILE_IN_BLACK")] * 2
    assert fates(vendor, caller, BO) == [(3, "DELIVERED")]
    vendor.tell("numbers", number=ANNA, do_not_disturb=False)
    assert send(caller)["Code"] == "OK"


def test_a_batch_has_one_number_and_each_of_it_a_fate(vendor, caller):
    numbers = [f"1390000{place:04}" for place in range(100)]
    said = batch(caller, numbers)
    assert said["Code"] == "OK"
    assert batch(caller, [*numbers, ANNA])["Code"] == "isv.MOBILE_COUNT_OVER_LIMIT"
    assert batch(caller, numbers, SignNameJson="[]")["Code"] == "isv.INVALID_JSON_PARAM"
    one_sign = json.dumps([SIGN])
    assert batch(caller, numbers, SignNameJson=one_sign)["Code"] == "isv.INVALID_PARAMETERS"
    inbox = vendor.ask("inbox")
    assert len(inbox) == 100
    assert {text["id"] for text in inbox} == {said["BizId"]}
    assert vendor.ask("inbox", number=numbers[7])[0]["content"].startswith("【胡同茶馆】客7，")


def test_half_of_a_batch_is_refused(vendor, caller):
    vendor.misbehave({"kind": "half", "times": 1})
    numbers = [f"1390000000{place}" for place in range(4)]
    assert batch(caller, numbers)["Code"] == "OK"
    found = [fates(vendor, caller, number) for number in numbers]
    assert found == [[(3, "DELIVERED")], [(2, "SP_UNKNOWN_ERROR")]] * 2


def test_money_goes_by_parts_and_may_end(vendor, caller):
    vendor.tell("account", balance=1650)
    assert send(caller)["Code"] == "OK"
    assert vendor.ask("account")["balance"] == 1100
    assert batch(caller, [ANNA, BO, "13800000003"])["Code"] == "isv.AMOUNT_NOT_ENOUGH"
    assert batch(caller, [ANNA, BO])["Code"] == "OK"
    assert send(caller)["Code"] == "isv.AMOUNT_NOT_ENOUGH"
    answer = caller.ask("QueryAccountBalance", {}, version="2017-12-14")
    assert answer.json()["Data"]["AvailableAmount"] == "0.00"
    vendor.tell("account", balance=None, most_a_day=4)
    assert [send(caller)["Code"] for _time in range(2)] == ["OK", "isv.DAY_LIMIT_CONTROL"]


def test_parts_are_counted_in_utf16_units(vendor, caller):
    around = len("【胡同茶馆】，生日快乐，到店送您一壶龙井。拒收请回复R")
    vendor.tell("templates", code=BIRTHDAY, longest={"name": 200})
    sizes = [70 - around, 71 - around, 134 - around, 135 - around]
    for size in sizes:
        send(caller, template=BIRTHDAY, values={"name": "客" * size})
    assert [text["parts"] for text in vendor.ask("inbox", number=ANNA)] == [1, 2, 2, 3]
    send(caller, BO, BIRTHDAY, {"name": "客" * (69 - around) + "🍵"})
    tally = vendor.ask("tally")
    assert (tally["accepted"], tally["parts"]) == (5, 10)  # the emoji is two units


def test_what_became_of_a_text_can_be_asked_by_its_day(vendor, caller):
    vendor.tell("delay", seconds=5)
    first, second = send(caller, OutId="m-1")["BizId"], send(caller, OutId="m-2")["BizId"]
    assert fates(vendor, caller) == [(1, None), (1, None)]
    vendor.advance(5)
    found = details(caller, BizId=first)
    [row] = found["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
    assert found["TotalCount"] == 1
    assert row == {
        "PhoneNum": ANNA,
        "SendDate": "2026-11-30 12:00:00",
        "ReceiveDate": "2026-11-30 12:00:05",
        "SendStatus": 3,
        "ErrCode": "DELIVERED",
        "TemplateCode": PROMOTION,
        "Content": "【胡同茶馆】会员日全场八折，欢迎光临。拒收请回复R",
        "OutId": "m-1",
    }
    page = details(caller, PageSize="1")["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
    assert ([row["OutId"] for row in page], second != first) == (["m-2"], True)
    assert details(caller, day="20261129")["TotalCount"] == 0
    for wrong in [
        {"day": "20261001"},
        {"day": "2026-11-30"},
        {"PageSize": "51"},
        {"PageSize": "x"},
    ]:
        assert details(caller, **wrong)["Code"] == "isv.INVALID_PARAMETERS"


def test_templates_and_signatures_are_listed_with_their_review(vendor, caller):
    found = caller.says("QuerySmsTemplateList", PageIndex="1", PageSize="50")
    rows = {row["TemplateCode"]: row for row in found["SmsTemplateList"]}
    assert (found["TotalCount"], found["CurrentPage"], found["PageSize"]) == (5, 1, 50)
    assert [rows[code]["TemplateType"] for code in (CODE, NOTICE, PROMOTION)] == [2, 0, 1]
    assert [rows[code]["OuterTemplateType"] for code in (CODE, NOTICE, PROMOTION)] == [0, 1, 2]
    assert rows[UNDER_REVIEW]["AuditStatus"] == "AUDIT_STATE_INIT"
    vendor.tell("templates", code=UNDER_REVIEW, review="refused", reason="变量过长")
    last = caller.says("QuerySmsTemplateList", PageIndex="5", PageSize="1")["SmsTemplateList"][0]
    assert (last["AuditStatus"], last["Reason"]["RejectInfo"]) == (
        "AUDIT_STATE_NOT_PASS",
        "变量过长",
    )
    signs = {row["SignName"]: row for row in caller.says("QuerySmsSignList")["SmsSignList"]}
    assert signs[SIGN]["AuditStatus"] == "AUDIT_STATE_PASS"
    filed = caller.says("GetSmsSign", SignName="新店")["SignIspRegisterDetailList"]
    assert {row["RegisterStatus"] for row in filed} == {-1}
    one = caller.says("GetSmsTemplate", TemplateCode=NOTICE)
    assert (one["TemplateType"], list(json.loads(one["VariableAttribute"]))) == ("1", list(VALUES))


def test_receipts_are_pushed_in_arrays_and_again_until_taken(vendor, caller):
    with Listener({"code": 0, "msg": "接收成功"}) as ear:
        vendor.tell("addresses", receipts=f"{ear.url}/receipts")
        vendor.tell("numbers", number=BO, fate="gone")
        ear.misbehave({"kind": "fail", "times": 3})
        biz_id = send(caller, f"{ANNA},{BO}", OutId="m-1")["BizId"]
        for seconds in [0, 60, 300]:
            vendor.advance(seconds)
        assert not any(row["taken"] for row in vendor.ask("pushes"))
        vendor.advance(600)
        heard = ear.bodies("/receipts")
    assert [row["at"] - NOON for row in vendor.pushes.tries] == [0, 60, 360, 960]
    assert heard[0] == heard[-1]
    assert heard[-1][0] == {
        "phone_number": ANNA,
        "send_time": "2026-11-30 12:00:00",
        "report_time": "2026-11-30 12:00:00",
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "用户接收成功",
        "sms_size": "1",
        "biz_id": biz_id,
        "out_id": "m-1",
    }
    assert (heard[-1][1]["success"], heard[-1][1]["err_code"]) == (False, "INVALID_NUMBER")


def test_an_address_must_answer_a_get_first(vendor):
    with Listener({"ok": True}) as ear, pytest.raises(ValueError, match="error"):
        vendor.tell("addresses", receipts=f"{ear.url}/receipts")
    assert vendor.ask("addresses") == {}


def test_a_reply_is_pushed_and_ends_advertising_only(vendor, caller):
    with Listener({"code": 0}) as ear:
        vendor.tell("addresses", replies=f"{ear.url}/replies")
        send(caller)
        vendor.tell("reply", number=ANNA, text=" ｒ")
        vendor.advance()
        [[row]] = ear.bodies("/replies")
    assert set(row) == {"phone_number", "content", "send_time", "dest_code", "sequence_id"}
    assert (row["phone_number"], row["content"]) == (ANNA, " ｒ")
    assert send(caller)["Code"] == "isv.CUSTOMER_REFUSED"
    assert send(caller, template=NOTICE, values=VALUES)["Code"] == "OK"
    with pytest.raises(ValueError, match="nothing was sent"):
        vendor.tell("reply", number=BO, text="R")


def test_receipts_may_come_before_the_answer_and_twice(vendor, caller):
    with Listener({"code": 0}) as ear:
        vendor.tell("addresses", receipts=f"{ear.url}/receipts")
        vendor.misbehave({"kind": "early"}, {"kind": "twice", "times": 1})
        said = send(caller)
        heard = ear.bodies("/receipts")
    assert [row["biz_id"] for row in heard[0]] == [said["BizId"]] * 2


def test_a_silent_phone_has_read_it_and_says_nothing(vendor, caller):
    vendor.tell("numbers", number=ANNA, fate="silent")
    send(caller)
    assert fates(vendor, caller) == [(1, None)]
    assert len(vendor.ask("inbox", number=ANNA)) == 1


def test_any_code_can_be_met(vendor, caller):
    code = "isv.PRODUCT_UN_SUBSCRIPT"
    vendor.misbehave({"kind": "refuse", "only": "SendSms", "code": code, "times": 1})
    vendor.tell("numbers", number=ANNA, fate="rejected", why="CONTENT_KEYWORD_9")
    assert [send(caller)["Code"] for _time in range(2)] == [code, "OK"]
    assert fates(vendor, caller) == [(2, "CONTENT_KEYWORD_9")]


def test_what_was_taken_though_no_answer_came(vendor, caller):
    vendor.misbehave(*[{"kind": kind, "times": 1} for kind in ["fail", "cut", "garbage"]])
    asked = {"PhoneNumbers": ANNA, "SignName": SIGN, "TemplateCode": PROMOTION}
    answer = caller.ask("SendSms", asked)
    assert (answer.status_code, answer.json()["Code"]) == (503, "ServiceUnavailable")
    with pytest.raises(httpx.HTTPError):
        send(caller, OutId="m-1")
    with pytest.raises(ValueError, match="Expecting value"):
        send(caller, OutId="m-2")
    assert send(caller, OutId="m-2")["Code"] == "OK"
    tally = vendor.ask("tally")
    assert (tally["accepted"], [key[1] for key in tally["twice"]]) == (3, ["m-2"])
    vendor.tell("pace", per_second=0)
    assert send(caller)["Code"] == "Throttling.User"
