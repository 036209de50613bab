"""Tencent's rules, as its stand-in keeps them."""

import hashlib

import httpx
import pytest

from demo.vendors.base import HTTP
from demo.vendors.clock import Clock
from demo.vendors.sms.stock import SIGN
from demo.vendors.tencent_sms import TencentSms
from demo.vendors.tencent_sms.caller import Caller
from demo.vendors.tencent_sms.platform import APP
from demo.vendors.tencent_sms.signing import canonical, signature
from tests.vendors.listener import Listener

NOON = 1_796_011_200  # 2026-11-30 12:00 in Beijing
CODES = [f"110{number}" for number in range(1, 6)]
CODE, NOTICE, PROMOTION, BIRTHDAY, UNDER_REVIEW = CODES
ANNA, BO = "+8613800000001", "+8613800000002"
VALUES = ["小明", "品茶", "15:00"]


@pytest.fixture
def vendor():
    with TencentSms(clock=Clock(NOON)) as vendor:
        yield vendor


@pytest.fixture
def caller(vendor):
    return Caller(vendor)


def send(caller, *numbers, template=NOTICE, values=VALUES, **more) -> dict:
    asked = {"PhoneNumberSet": list(numbers or [ANNA]), "SignName": SIGN, "TemplateId": template}
    return caller.says("SendSms", **asked | {"TemplateParamSet": values} | more)


def codes(said) -> list[str]:
    return [row["Code"].rpartition(".")[2] for row in said["SendStatusSet"]]


def test_the_published_signature():
    filters = rb'[{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]'
    body = b'{"Limit": 1, "Filters": %b}' % filters
    signed = {
        "content-type": "application/json; charset=utf-8",
        "host": "cvm.tencentcloudapi.com",
        "x-tc-action": "DescribeInstances",
    }
    request = canonical("POST", "/", "", signed, body)
    hashed = "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
    assert hashlib.sha256(request.encode()).hexdigest() == hashed
    expected = "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
    assert signature("*" * 32, 1551113065, "cvm", request) == expected


def test_the_gateway_refuses_wrong_keys_and_times(vendor, caller):
    asked = {"SmsSdkAppId": APP, "Limit": 1}

    def refused(who=caller, action="PullSmsSendStatus", **about) -> str:
        answer = who.ask(action, asked, **about)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        response = answer.json()["Response"]
        assert set(response) == {"Error", "RequestId"}
        return response["Error"]["Code"]

    assert refused(Caller(vendor, secret="wrong")) == "AuthFailure.SignatureFailure"
    assert refused(Caller(vendor, key="unknown")) == "AuthFailure.SecretIdNotFound"
    assert refused(apart=-301) == refused(apart=301) == "AuthFailure.SignatureExpire"
    assert refused(authorization="Bearer x") == "AuthFailure.InvalidAuthorization"
    assert refused(x_tc_timestamp="") == "MissingParameter"
    assert refused(x_tc_region="") == "MissingParameter"
    assert refused(x_tc_version="2019-07-11") == "NoSuchVersion"
    assert refused(action="SendPigeon") == "InvalidAction"
    assert "Error" not in caller.ask("PullSmsSendStatus", asked, apart=299).json()["Response"]


def test_a_changed_body_is_refused_and_the_same_call_is_not(vendor, caller):
    body = b'{"SmsSdkAppId": "1400006666", "Limit": 1}'
    headers = caller.headers("PullSmsSendStatus", body)
    for _time in range(2):
        again = HTTP.post(vendor.url, content=body, headers=headers)
        assert "Error" not in again.json()["Response"]
    changed = HTTP.post(vendor.url, content=body.replace(b"1}", b"2}"), headers=headers)
    assert changed.json()["Response"]["Error"]["Code"] == "AuthFailure.SignatureFailure"


def test_each_number_has_a_result_of_its_own(vendor, caller):
    vendor.tell("numbers", number=BO, do_not_disturb=True)
    said = send(caller, "13800000001", BO, "12345", SessionContext="m-1")

    good, listed, wrong = said["SendStatusSet"]
    assert good["SerialNo"].startswith("5000:")
    assert {name: good[name] for name in good if name != "SerialNo"} == {
        "PhoneNumber": ANNA,
        "Fee": 1,
        "SessionContext": "m-1",
        "Code": "Ok",
        "Message": "send success",
        "IsoCode": "CN",
    }
    assert (listed["SerialNo"], listed["Fee"]) == ("", 0)
    assert listed["Code"] == "FailedOperation.PhoneNumberInBlacklist"
    assert wrong["Code"] == "InvalidParameterValue.IncorrectPhoneNumber"
    [text] = vendor.ask("inbox")
    assert text["content"] == "【胡同茶馆】小明，您预约的品茶在15:00开始。"
    assert (text["id"], text["reference"], text["cost"]) == (good["SerialNo"], "m-1", 450)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"SignName": "别人"}, "SignatureIncorrectOrUnapproved"),
        ({"template": "404"}, "TemplateUnapprovedOrNotExist"),
        ({"template": UNDER_REVIEW, "values": ["1"]}, "TemplateUnapprovedOrNotExist"),
        ({"values": VALUES[:2]}, "TemplateParamSetNotMatchApprovedTemplate"),
        ({"values": [*VALUES, "x"]}, "TemplateParamSetNotMatchApprovedTemplate"),
        ({"values": ["小明", "www.a.cn", "1"]}, "ProhibitedUseUrlInTemplateParameter"),
        ({"values": ["小" * 21, "茶", "1"]}, "TemplateParameterLengthLimit"),
        ({"values": ["小明", "彩票", "1"]}, "ContainSensitiveWord"),
        ({"template": CODE, "values": ["12ab"]}, "TemplateParameterFormatError"),
        ({"template": CODE, "values": ["1234567"]}, "TemplateParameterFormatError"),
    ],
)
def test_what_is_wrong_with_the_text_is_said_for_each_number(vendor, caller, changes, code):
    assert codes(send(caller, ANNA, BO, **changes)) == [code, code]
    assert vendor.ask("tally")["accepted"] == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"SmsSdkAppId": "1"}, "UnauthorizedOperation.SmsSdkAppIdVerifyFail"),
        ({"PhoneNumberSet": []}, "MissingParameter.EmptyPhoneNumberSet"),
        ({"PhoneNumberSet": "13800000001"}, "InvalidParameter"),
        ({"PhoneNumberSet": [13800000001]}, "InvalidParameter"),
        ({"PhoneNumberSet": [ANNA] * 201}, "LimitExceeded.PhoneNumberCountLimit"),
        (
            {"PhoneNumberSet": [ANNA, "+85251234567"]},
            "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
        ),
        ({"TemplateId": 1102}, "InvalidParameter"),
        ({"SessionContext": "茶" * 171}, "InvalidParameterValue"),
        ({"Pigeon": True}, "UnknownParameter"),
        ({"PhoneNumberSet": [None]}, "InvalidParameter"),
        ({"PhoneNumberSet": {"a": ANNA}}, "InvalidParameter"),
        ({"TemplateParamSet": [1, 2, 3]}, "InvalidParameter"),
        ({"TemplateParamSet": {"1": "a"}}, "InvalidParameter"),
        ({"SignName": 7}, "InvalidParameter"),
        ({"SmsSdkAppId": 1400006666}, "InvalidParameter"),
        ({"ExtendCode": []}, "InvalidParameter"),
    ],
)
def test_what_is_wrong_with_the_call_is_its_error(caller, changes, code):
    said = send(caller, **changes)
    assert said["Error"]["Code"] == code
    assert "SendStatusSet" not in said


def test_odd_bodies_and_queries_are_refused_too(vendor, caller):
    for asked in [None, [], 3, "x"]:
        said = caller.ask("SendSms", asked).json()["Response"]
        assert said["Error"]["Code"] == "InvalidParameter"
    for asked in [{"Limit": True}, {"Limit": "1"}, {"Limit": 1.5}, {"Limit": None}]:
        said = caller.says("PullSmsSendStatus", **asked)
        assert said["Error"]["Code"] in {"InvalidParameter", "MissingParameter"}
    odd = caller.says("DescribeSmsTemplateList", International=0, TemplateIdSet=["x"])
    assert odd["Error"]["Code"] == "InvalidParameter"
    assert caller.says("DescribeSmsSignList")["Error"]["Code"] == "MissingParameter"


def test_a_domestic_template_does_not_go_abroad(caller):
    [row] = send(caller, "+85251234567")["SendStatusSet"]
    assert row["Code"] == "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone"
    assert row["IsoCode"] == "DEF"


def test_marketing_is_for_the_day(vendor, caller):
    def code(template=PROMOTION, values=()) -> list[str]:
        return codes(send(caller, template=template, values=list(values)))

    vendor.advance(10 * 3600 - 1)
    assert code() == ["Ok"]
    vendor.advance(1)
    assert code() == ["MarketingSendTimeConstraint"]
    assert code(NOTICE, VALUES) == ["Ok"]
    vendor.advance(10 * 3600 - 1)
    assert code() == ["MarketingSendTimeConstraint"]
    vendor.advance(1)
    assert code() == ["Ok"]


def test_a_number_gets_only_so_much(vendor, caller):
    assert codes(send(caller)) == ["Ok"]
    said = send(caller)["SendStatusSet"][0]
    assert said["Code"] == "LimitExceeded.PhoneNumberThirtySecondLimit"
    assert said["Message"].endswith("within 30 seconds exceeds the upper limit")
    for place in range(4):
        assert codes(send(caller, values=[str(place), "茶", "1"])) == ["Ok"]
    assert codes(send(caller, values=["9", "茶", "1"])) == ["PhoneNumberOneHourLimit"]
    vendor.advance(3600)
    for place in range(5):
        assert codes(send(caller, values=[str(place), "饭", "1"])) == ["Ok"]
    vendor.advance(3600)
    assert codes(send(caller)) == ["PhoneNumberDailyLimit"]
    vendor.advance(10 * 3600)  # midnight in Beijing
    assert codes(send(caller)) == ["Ok"]
    vendor.tell("limits", same_content_day=1)
    vendor.advance(30)
    assert codes(send(caller)) == ["PhoneNumberSameContentDailyLimit"]


def test_a_package_ends_in_the_middle_of_a_call(vendor, caller):
    vendor.tell("account", package=2)
    three = [ANNA, BO, "+8613800000003"]
    assert codes(send(caller, *three)) == ["Ok", "Ok", "InsufficientBalanceInSmsPackage"]
    [package] = caller.says("SmsPackagesStatistics", Limit=10, Offset=0)["SmsPackagesStatisticsSet"]
    assert (package["PackageAmount"], package["CurrentUsage"]) == (2, 2)
    vendor.tell("account", package=100, most_a_day=3)
    vendor.advance(30)
    assert codes(send(caller, *three)) == [
        "Ok",
        "AppMainlandChinaDailyLimit",
        "AppMainlandChinaDailyLimit",
    ]
    vendor.tell("account", balance=0)
    assert codes(send(caller, "+8613800000009")) == ["ServiceSuspendDueToArrears"]


def test_the_fee_is_in_parts(vendor, caller):
    vendor.tell("templates", code=NOTICE, longest={"1": 200, "2": 20, "3": 20})
    around = len("【胡同茶馆】，您预约的茶在1开始。")
    for size, fee in [(70, 1), (71, 2), (134, 2), (135, 3)]:
        [row] = send(caller, values=["客" * (size - around), "茶", "1"])["SendStatusSet"]
        assert row["Fee"] == fee
    [row] = send(caller, values=["🍵" * ((70 - around) // 2 + 1), "茶", "1"])["SendStatusSet"]
    assert row["Fee"] == 2


def test_half_is_refused(vendor, caller):
    vendor.misbehave({"kind": "half", "times": 1})
    assert codes(send(caller, ANNA, BO, "+8613800000003")) == ["Ok", "OtherError", "Ok"]
    assert vendor.ask("tally")["accepted"] == 2


def test_receipts_are_pulled_once_and_asked_by_number(vendor, caller):
    vendor.tell("numbers", number=BO, fate="off")
    vendor.tell("delay", seconds=5)
    serials = [row["SerialNo"] for row in send(caller, ANNA, BO)["SendStatusSet"]]
    assert caller.says("PullSmsSendStatus", Limit=100)["PullSmsSendStatusSet"] == []
    vendor.advance(5)
    [first] = caller.says("PullSmsSendStatus", Limit=1)["PullSmsSendStatusSet"]
    assert first == {
        "UserReceiveTime": NOON + 5,
        "CountryCode": "86",
        "SubscriberNumber": "13800000001",
        "PhoneNumber": ANNA,
        "SerialNo": serials[0],
        "ReportStatus": "SUCCESS",
        "Description": "DELIVRD",
        "SessionContext": "",
    }
    [second] = caller.says("PullSmsSendStatus", Limit=100)["PullSmsSendStatusSet"]
    assert (second["ReportStatus"], second["Description"]) == ("FAIL", "UNDELIV")
    assert caller.says("PullSmsSendStatus", Limit=100)["PullSmsSendStatusSet"] == []
    asked = {"BeginTime": NOON - 60, "Offset": 0, "Limit": 10, "PhoneNumber": BO}
    for _time in range(2):
        found = caller.says("PullSmsSendStatusByPhoneNumber", **asked)["PullSmsSendStatusSet"]
        assert found == [second]
    for wrong, code in [
        ({"BeginTime": NOON - 8 * 86_400}, "BeginTimeVerifyFail"),
        ({"EndTime": NOON - 61}, "EndTimeVerifyFail"),
        ({"Offset": 1}, "OffsetVerifyFail"),
        ({"Limit": 101}, "LimitVerifyFail"),
    ]:
        said = caller.says("PullSmsSendStatusByPhoneNumber", **asked | wrong)
        assert said["Error"]["Code"] == f"InvalidParameterValue.{code}"


def test_receipts_are_pushed_and_tried_twice_more(vendor, caller):
    with Listener({"result": 1, "errmsg": "busy"}) as ear:
        vendor.tell("addresses", receipts=f"{ear.url}/receipts")
        serials = [row["SerialNo"] for row in send(caller, ANNA, BO)["SendStatusSet"]]
        for seconds in [0, 60, 60, 6000]:
            vendor.advance(seconds)
        heard = ear.bodies("/receipts")
    assert len(heard) == 3
    assert heard[0][0] == {
        "user_receive_time": "2026-11-30 12:00:00",
        "nationcode": "86",
        "mobile": "13800000001",
        "report_status": "SUCCESS",
        "errmsg": "DELIVRD",
        "description": "用户短信送达成功",
        "sid": serials[0],
    }
    assert [row["sid"] for row in heard[2]] == serials


def test_replies_are_pushed_one_by_one_and_pulled(vendor, caller):
    with Listener({"result": 0, "errmsg": "OK"}) as ear:
        vendor.tell("addresses", replies=f"{ear.url}/replies")
        send(caller, ANNA, BO, template=PROMOTION, values=[])
        vendor.tell("reply", number=ANNA, text="td")
        vendor.tell("reply", number=BO, text="几点开门？")
        vendor.advance()
        heard = ear.bodies("/replies")
    assert len(heard) == 2
    assert vendor.pushes.manner.alone == ("replies",)  # one object has room for no more
    assert heard[0] == {
        "extend": "",
        "mobile": "13800000001",
        "nationcode": "86",
        "sign": SIGN,
        "text": "td",
        "time": NOON,
    }
    pulled = caller.says("PullSmsReplyStatus", Limit=100)["PullSmsReplyStatusSet"]
    assert [(row["SubscriberNumber"], row["ReplyContent"]) for row in pulled] == [
        ("13800000001", "td"),
        ("13800000002", "几点开门？"),
    ]
    asked = {"BeginTime": NOON - 60, "Offset": 0, "Limit": 10, "PhoneNumber": ANNA}
    hers = caller.says("PullSmsReplyStatusByPhoneNumber", **asked)["PullSmsReplyStatusSet"]
    assert hers == [pulled[0]]
    vendor.advance(30)
    said = send(caller, ANNA, BO, template=PROMOTION, values=[])
    assert codes(said) == ["PhoneNumberInBlacklist", "Ok"]
    assert codes(send(caller)) == ["Ok"]


def test_templates_and_signatures_are_listed_with_their_state(vendor, caller):
    vendor.tell("templates", code=BIRTHDAY, review="refused", reason="变量过长")
    asked = {"International": 0, "Limit": 100, "Offset": 0}
    rows = caller.says("DescribeSmsTemplateList", **asked)["DescribeTemplateStatusSet"]
    states = {row["TemplateId"]: row["StatusCode"] for row in rows}
    assert states == {1101: 0, 1102: 0, 1103: 0, 1104: -1, 1105: 1}
    assert rows[1]["TemplateContent"] == "{1}，您预约的{2}在{3}开始。"
    some = caller.says("DescribeSmsTemplateList", International=0, TemplateIdSet=[1104, 9])
    assert [row["ReviewReply"] for row in some["DescribeTemplateStatusSet"]] == ["变量过长"]
    signs = caller.says("DescribeSmsSignList", International=0)["DescribeSignListStatusSet"]
    assert [(row["SignName"], row["StatusCode"]) for row in signs] == [(SIGN, 0), ("新店", 2)]


def test_any_code_can_be_met(vendor, caller):
    code = "InvalidParameterValue.SdkAppIdNotExist"
    vendor.misbehave({"kind": "refuse", "code": code, "times": 2})
    vendor.tell("numbers", number=BO, fate="rejected", why="MA:0022")
    assert codes(send(caller, ANNA, BO)) == ["SdkAppIdNotExist"] * 2
    assert codes(send(caller, ANNA, BO)) == ["Ok", "Ok"]
    vendor.advance()
    rows = caller.says("PullSmsSendStatus", Limit=10)["PullSmsSendStatusSet"]
    assert [row["Description"] for row in rows] == ["DELIVRD", "MA:0022"]


def test_what_was_taken_though_no_answer_came(vendor, caller):
    vendor.misbehave(*[{"kind": kind, "times": 1} for kind in ["fail", "cut", "throttle"]])
    assert caller.ask("SendSms", {}).status_code == 503
    said = send(caller)
    assert said["Error"]["Code"] == "RequestLimitExceeded"
    with pytest.raises(httpx.HTTPError):
        send(caller, SessionContext="m-1")
    assert vendor.ask("inbox", number=ANNA)[0]["reference"] == "m-1"
