"""The SMS platforms' own clients, only their address changed, are content with our stand-ins."""

import json
from urllib.parse import urlsplit

import pytest

from tests.vendors.aliyun_sms import AliyunSms
from tests.vendors.aliyun_sms.platform import ACCESS_KEY, SECRET
from tests.vendors.sms.stock import SIGN

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
