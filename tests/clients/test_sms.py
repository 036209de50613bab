"""The SMS platforms' own clients, only their address changed, are content with our stand-ins."""

import json
from urllib.parse import urlsplit

import pytest

from demo.vendors.aliyun_sms import AliyunSms
from demo.vendors.aliyun_sms.platform import ACCESS_KEY, SECRET
from demo.vendors.sms.stock import SIGN
from demo.vendors.tencent_sms import TencentSms
from demo.vendors.tencent_sms.platform import APP, SECRET_ID, SECRET_KEY

pytestmark = pytest.mark.proof


def test_aliyuns_client(sms_clients):
    with AliyunSms() as vendor:
        host = urlsplit(vendor.url).netloc
        words = [host, ACCESS_KEY, SECRET, SIGN, "SMS_202600002", "SMS_202600004"]
        said = json.loads(sms_clients.run("aliyun_sms.py", *words))
        inbox = vendor.ask("inbox")
        first = vendor.ask("inbox", number="13800000001")

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
