"""The platform itself: which calls it has, what it pushes."""

import json

from aiohttp import web

from demo.vendors.pushes import Manner
from demo.vendors.sms import stock
from demo.vendors.sms.phones import Fate, Reply, Text
from demo.vendors.sms.stand_in import SmsStandIn
from demo.vendors.tencent_sms.answers import SAID, Refused, answer, missing, typed
from demo.vendors.tencent_sms.queries import Queries
from demo.vendors.tencent_sms.sending import Sending
from demo.vendors.tencent_sms.signing import Gateway

SECRET_ID, SECRET_KEY, APP = "AKIDstandInOfTencent", "a-key-that-only-tests-know", "1400006666"
SERVICE, VERSION = "sms", "2021-01-11"
RECEIPTS = {
    Fate.DELIVERED: ("DELIVRD", "用户短信送达成功"),
    Fate.OFF: ("UNDELIV", "用户关机、停机或不在服务区"),
    Fate.GONE: ("MK:0001", "空号"),
    Fate.BLACKLISTED: ("BLACK", "运营商黑名单"),
    Fate.REJECTED: ("REJECTD", "短信被运营商拒绝"),
}


class TencentSms(SmsStandIn):
    """It pushes receipts as an array, replies one by one; it tries twice more, when is not known.

    SendSms meets the mode `refuse` once for each number.

    POST limits {"same_content_in_30_s", "hour", "day", "same_content_day"}: what a number may get.
    """

    vendor = "Tencent Cloud SMS"

    def __init__(self, **about):
        super().__init__(**about)
        stock.fill(self.catalogue, self.clock.now(), code="110{}", positional=True)
        self.gateway = Gateway(self.clock, SERVICE, {SECRET_ID: SECRET_KEY})
        sending, queries = Sending(self), Queries(self)
        self.limits = sending.limits
        self.doors["limits"] = self._limits
        self.actions = {
            "SendSms": sending.send,
            "PullSmsSendStatus": queries.send_status,
            "PullSmsReplyStatus": queries.reply_status,
            "PullSmsSendStatusByPhoneNumber": queries.send_status_of_number,
            "PullSmsReplyStatusByPhoneNumber": queries.reply_status_of_number,
            "DescribeSmsTemplateList": queries.templates,
            "DescribeSmsSignList": queries.signatures,
            "SmsPackagesStatistics": queries.packages,
        }

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/", self.call)]

    def name_of(self, request: web.Request) -> str:
        return request.headers.get("X-TC-Action", "")

    async def call(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            self.gateway.check(request, body)
            act, name = self._action(request), self.name_of(request)
            if name != "SendSms" and (mode := self.modes.take("refuse", name)):
                raise Refused(mode.code, SAID.get(mode.code, mode.code))
            return answer(**act(self._asked(body)))
        except Refused as refused:
            return refused.response()

    def _action(self, request: web.Request):
        action, version = request.headers["X-TC-Action"], request.headers["X-TC-Version"]
        if version != VERSION:
            raise Refused("NoSuchVersion", "The requested Version does not exist.")
        if action not in self.actions:
            raise Refused("InvalidAction", f"The request action={action} is invalid or not found.")
        if not request.headers.get("X-TC-Region"):
            raise missing("Region")
        return self.actions[action]

    def _asked(self, body: bytes) -> dict:
        try:
            asked = json.loads(body)
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            raise Refused("InvalidParameter", "The request body is not a JSON object.")
        return asked

    def check_app(self, asked: dict) -> None:
        if typed(asked, "SmsSdkAppId", str) != APP:
            raise Refused("UnauthorizedOperation.SmsSdkAppIdVerifyFail")

    def throttled(self) -> web.Response:
        return Refused("RequestLimitExceeded", SAID["RequestLimitExceeded"]).response()

    # What it pushes

    def manner(self) -> Manner:
        return Manner(request_of, is_taken, pauses=(60, 60), alone=("replies",))

    def said_of(self, text: Text) -> tuple[str, str]:
        return (text.why, text.why) if text.why else RECEIPTS[text.fate]

    def receipt(self, text: Text) -> dict:
        code, said = self.said_of(text)
        return {
            "user_receive_time": f"{self.clock.in_beijing(text.settled_at):%Y-%m-%d %H:%M:%S}",
            "nationcode": "86",
            "mobile": text.number.removeprefix("+86"),
            "report_status": "SUCCESS" if text.fate is Fate.DELIVERED else "FAIL",
            "errmsg": code,
            "description": said,
            "sid": text.id,
        }

    def reply_row(self, reply: Reply) -> dict:
        return {
            "extend": reply.extend,
            "mobile": reply.number.removeprefix("+86"),
            "nationcode": "86",
            "sign": reply.sign,
            "text": reply.content,
            "time": int(reply.at),
        }

    def _limits(self, **given: int) -> dict:
        if unknown := set(given) - set(self.limits):
            raise ValueError(f"unknown: {', '.join(unknown)}")
        self.limits.update(given)
        return self.limits


def request_of(kind: str, items: list) -> dict:
    return {"json": items[0] if kind == "replies" else items}


def is_taken(status: int, body: str) -> bool:
    try:
        return status == 200 and json.loads(body)["result"] == 0
    except (ValueError, KeyError, TypeError):
        return False
