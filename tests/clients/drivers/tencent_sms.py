"""Tencent's own client, only its address changed; says what it got.

Words: host:port, secret id, secret key, app, signature; the address at which somebody is let reply.
"""

import json
import sys
import time
import urllib.request

from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models
from tencentcloud.sms.v20210111.sms_client import SmsClient

endpoint, key, secret, app, sign, stand_in = sys.argv[1:]


def client(secret: str) -> SmsClient:
    profile = ClientProfile(httpProfile=HttpProfile(endpoint=endpoint, protocol="http"))
    return SmsClient(Credential(key, secret), "ap-guangzhou", profile)


ours = client(secret)


def asked(kind, **about):
    request = kind()
    request.from_json_string(json.dumps(about))
    return request


def sent(client: SmsClient, *numbers: str, template: str, values: list[str], **more):
    about = {"SmsSdkAppId": app, "SignName": sign, "TemplateId": template}
    about |= {"TemplateParamSet": values, "PhoneNumberSet": list(numbers)}
    return client.SendSms(asked(models.SendSmsRequest, **about, **more))


def refusal(act) -> str:
    try:
        act()
    except TencentCloudSDKException as refused:
        return refused.get_code()
    return "let in"


values = ["小 明+~*'(&=", "品茶", "15:00"]
both = ["+8613800000001", "13800000002"]
one = sent(ours, *both, template="1102", values=values, SessionContext="m 1")
numbers = [f"+8613900000{place:03}" for place in range(200)]
many = sent(ours, *numbers, template="1102", values=values)
refused = refusal(lambda: sent(ours, *numbers, "+8613800000009", template="1102", values=values))
stranger = refusal(lambda: sent(client("wrong"), "+8613800000001", template="1102", values=values))

reply = json.dumps({"number": "13800000001", "text": "Ｒ"}).encode()
letting = urllib.request.Request(f"{stand_in}/stand-in/reply", reply)
urllib.request.urlopen(letting, timeout=10).read()

page = {"SmsSdkAppId": app, "Limit": 100}
pulled = ours.PullSmsSendStatus(asked(models.PullSmsSendStatusRequest, **page))
replies = ours.PullSmsReplyStatus(asked(models.PullSmsReplyStatusRequest, **page))
span = {"BeginTime": int(time.time()) - 600, "EndTime": int(time.time()) + 5, "Offset": 0}
number = models.PullSmsSendStatusByPhoneNumberRequest
hers = ours.PullSmsSendStatusByPhoneNumber(asked(number, PhoneNumber=both[0], **page, **span))
listed = {"International": 0, "Limit": 100, "Offset": 0}
templates = ours.DescribeSmsTemplateList(asked(models.DescribeSmsTemplateListRequest, **listed))
signs = ours.DescribeSmsSignList(asked(models.DescribeSmsSignListRequest, **listed))
year = {"Offset": 0, "BeginTime": "2026010100", "EndTime": "2026123100"}
packages = ours.SmsPackagesStatistics(asked(models.SmsPackagesStatisticsRequest, **page, **year))

said = {"one": one, "many": many, "pulled": pulled, "replies": replies, "hers": hers}
said |= {"templates": templates, "signs": signs, "packages": packages}
said = {name: json.loads(body.to_json_string()) for name, body in said.items()}
print(json.dumps(said | {"refused": refused, "stranger": stranger}))
