"""The SMS platforms' own clients, only their address changed, are content with our stand-ins."""

import json
import re
from urllib.parse import urlsplit

import pytest

from demo.vendors.aliyun_sms import AliyunSms
from demo.vendors.aliyun_sms.platform import ACCESS_KEY, SECRET
from demo.vendors.sms.stock import SIGN
from demo.vendors.tencent_sms import TencentSms
from demo.vendors.tencent_sms.platform import APP, SECRET_ID, SECRET_KEY, SERVICE
from integrations.aliyun_sms import signing as aliyun
from integrations.tencent_sms import signing as tencent

pytestmark = pytest.mark.proof


def signed_in(call: dict) -> dict[str, str]:
    """The headers of a client's call that it has signed, by its own word."""
    names = re.search(r"SignedHeaders=([^,]+)", call["headers"]["authorization"])[1].split(";")
    return {name: call["headers"][name] for name in names}


def plain(header: str) -> str:
    return header.replace(" ", "")


def test_aliyuns_client(sms_clients):
    with AliyunSms() as vendor:
        host = urlsplit(vendor.url).netloc
        words = [host, ACCESS_KEY, SECRET, SIGN, "SMS_202600002", "SMS_202600004"]
        said = json.loads(sms_clients.run("aliyun_sms.py", *words))
        inbox = vendor.ask("inbox")
        first = vendor.ask("inbox", number="13800000001")
        calls = vendor.ask("calls")

    # Of the same nonce, time and body ours is the same signature.
    good = [call for call in calls if call["status"] == 200]
    assert len(good) == 8
    for call in good:
        _path, _mark, query = call["path"].partition("?")
        theirs = call["headers"]["authorization"]
        signed = signed_in(call)
        assert {"host", "x-acs-date", "x-acs-signature-nonce"} <= set(signed)
        ours = aliyun.authorization(ACCESS_KEY, SECRET, "POST", "/", query, signed)
        assert plain(ours) == plain(theirs)

    done = ["one", "batch", "details", "templates", "signs", "filed"]
    assert {said[name]["Code"] for name in done} == {"OK"}
    assert said["refused"]["Code"] == "isv.MOBILE_NUMBER_ILLEGAL"
    assert said["stranger"] == ["ClientException", "SignatureDoesNotMatch", 400]
    assert len(inbox) == 101
    assert {text["id"] for text in inbox} == {said["one"]["BizId"], said["batch"]["BizId"]}
    assert first[0]["content"] == f"【{SIGN}】小 明+~*'(&=，您预约的品茶在15:00开始。"
    [detail] = said["details"]["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
    assert (detail["OutId"], detail["SendStatus"], detail["ErrCode"]) == ("m 1", 3, "DELIVERED")
    assert detail["Content"] == first[0]["content"]
    assert len(said["templates"]["SmsTemplateList"]) == said["templates"]["TotalCount"] == 5
    assert said["templates"]["SmsTemplateList"][4]["AuditStatus"] == "AUDIT_STATE_INIT"
    assert [row["SignName"] for row in said["signs"]["SmsSignList"]] == [SIGN, "新店"]
    assert {row["RegisterStatus"] for row in said["filed"]["SignIspRegisterDetailList"]} == {-1}
    assert said["template"]["TemplateStatus"] == "1"


def test_tencents_client(sms_clients):
    with TencentSms() as vendor:
        vendor.tell("numbers", number="13800000002", do_not_disturb=True)
        vendor.tell("account", package=1000)
        words = [urlsplit(vendor.url).netloc, SECRET_ID, SECRET_KEY, APP, SIGN, vendor.url]
        said = json.loads(sms_clients.run("tencent_sms.py", *words))
        inbox = vendor.ask("inbox")
        [first] = vendor.ask("inbox", number="13800000001")
        calls = vendor.ask("calls")

    known = [call for call in calls if "AuthFailure" not in call["answer"]]
    assert len(known) == 9
    for call in known:  # of the same time and body ours is the same signature
        at, body = int(call["headers"]["x-tc-timestamp"]), call["body"].encode()
        ours = tencent.authorization(SECRET_ID, SECRET_KEY, at, SERVICE, signed_in(call), body)
        assert plain(ours) == plain(call["headers"]["authorization"])

    good, listed = said["one"]["SendStatusSet"]
    assert (good["Code"], good["Fee"], good["SessionContext"]) == ("Ok", 1, "m 1")
    assert (listed["Code"], listed["SerialNo"]) == ("FailedOperation.PhoneNumberInBlacklist", "")
    assert first["content"] == f"【{SIGN}】小 明+~*'(&=，您预约的品茶在15:00开始。"
    assert {row["Code"] for row in said["many"]["SendStatusSet"]} == {"Ok"}
    assert len(inbox) == 201
    assert said["refused"] == "LimitExceeded.PhoneNumberCountLimit"
    assert said["stranger"] == "AuthFailure.SignatureFailure"
    pulled = said["pulled"]["PullSmsSendStatusSet"]
    assert len(pulled) == 100
    assert {row["ReportStatus"] for row in pulled} == {"SUCCESS"}
    [hers] = said["hers"]["PullSmsSendStatusSet"]
    assert hers["SerialNo"] == good["SerialNo"]
    assert [row["ReplyContent"] for row in said["replies"]["PullSmsReplyStatusSet"]] == ["Ｒ"]
    templates = said["templates"]["DescribeTemplateStatusSet"]
    assert [row["StatusCode"] for row in templates] == [0, 0, 0, 0, 1]
    assert [row["SignName"] for row in said["signs"]["DescribeSignListStatusSet"]] == [SIGN, "新店"]
    [package] = said["packages"]["SmsPackagesStatisticsSet"]
    assert (package["PackageAmount"], package["CurrentUsage"]) == (1000, 201)
