"""Aliyun's own client, only its address changed; says what it got.

Words: host:port, access key, secret, signature, a template of three variables, one of one.
"""

import json
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from alibabacloud_dysmsapi20170525 import models
from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_tea_openapi.utils_models import Config

endpoint, key, secret, sign, notice, birthday = sys.argv[1:]


def client(secret: str) -> Client:
    about = {"access_key_id": key, "access_key_secret": secret}
    return Client(Config(endpoint=endpoint, protocol="http", **about))


ours = client(secret)
values = {"name": "小 明+~*'(&=", "what": "品茶", "when": "15:00"}
one = ours.send_sms(
    models.SendSmsRequest(
        phone_numbers="13800000001",
        sign_name=sign,
        template_code=notice,
        template_param=json.dumps(values, ensure_ascii=False),
        out_id="m 1",
    )
).body
numbers = [f"139000000{place:02}" for place in range(100)]
batch = ours.send_batch_sms(
    models.SendBatchSmsRequest(
        phone_number_json=json.dumps(numbers),
        sign_name_json=json.dumps([sign] * 100, ensure_ascii=False),
        template_code=birthday,
        template_param_json=json.dumps([{"name": f"客{place}"} for place in range(100)]),
    )
).body
bad = models.SendSmsRequest(phone_numbers="1", sign_name=sign, template_code=notice)
refused = ours.send_sms(bad).body
today = datetime.now(ZoneInfo("Asia/Shanghai")).strftime("%Y%m%d")
about = {"phone_number": "13800000001", "send_date": today, "page_size": 10, "current_page": 1}
details = ours.query_send_details(models.QuerySendDetailsRequest(biz_id=one.biz_id, **about)).body
page = {"page_index": 1, "page_size": 50}
templates = ours.query_sms_template_list(models.QuerySmsTemplateListRequest(**page)).body
signs = ours.query_sms_sign_list(models.QuerySmsSignListRequest(**page)).body
filed = ours.get_sms_sign(models.GetSmsSignRequest(sign_name="新店")).body
template = ours.get_sms_template(models.GetSmsTemplateRequest(template_code=notice)).body
try:
    client("wrong").send_sms(bad)
    stranger = "let in"
except Exception as refusal:  # noqa: BLE001 -- whatever the client makes of it
    stranger = [type(refusal).__name__, refusal.code, refusal.status_code]

said = {"one": one, "batch": batch, "refused": refused, "details": details, "templates": templates}
said |= {"signs": signs, "filed": filed, "template": template}
print(json.dumps({name: body.to_map() for name, body in said.items()} | {"stranger": stranger}))
