"""The platform itself: which calls it has, what it pushes."""

from urllib.parse import parse_qsl, urlsplit

import aiohttp
from aiohttp import web

from demo.vendors.aliyun_sms.answers import SAID, Refused, answer
from demo.vendors.aliyun_sms.queries import Queries
from demo.vendors.aliyun_sms.sending import Sending
from demo.vendors.aliyun_sms.signing import Gateway
from demo.vendors.pushes import Manner
from demo.vendors.sms import stock
from demo.vendors.sms.phones import Fate, Reply, Text
from demo.vendors.sms.stand_in import SmsStandIn

ACCESS_KEY, SECRET = "LTAI5tStandInOfAliyun", "a-secret-that-only-tests-know"
VERSION, VERSION_OF_BILLS = "2017-05-25", "2017-12-14"
RECEIPTS = {
    Fate.DELIVERED: ("DELIVERED", "用户接收成功"),
    Fate.OFF: ("MOBILE_NOT_ON_SERVICE", "手机停机、空号、暂停服务、关机或不在服务区"),
    Fate.GONE: ("INVALID_NUMBER", "号码状态异常"),
    Fate.BLACKLISTED: ("MOBILE_IN_BLACK", "手机号在黑名单中"),
    Fate.REJECTED: ("CONTENT_KEYWORD", "内容关键字拦截"),
}


class AliyunSms(SmsStandIn):
    """It pushes in arrays, again after 1, 5 and 10 minutes; an address must first answer a GET."""

    vendor = "Aliyun SMS"

    def __init__(self, **about):
        super().__init__(**about)
        stock.fill(self.catalogue, self.clock.now(), code="SMS_20260000{}")
        self.gateway = Gateway(self.clock, {ACCESS_KEY: SECRET})
        sending, queries = Sending(self), Queries(self)
        self.actions = {
            (VERSION, "SendSms"): sending.one_text,
            (VERSION, "SendBatchSms"): sending.batch,
            (VERSION, "QuerySendDetails"): queries.details,
            (VERSION, "QuerySmsTemplateList"): queries.templates,
            (VERSION, "QuerySmsSignList"): queries.signatures,
            (VERSION, "GetSmsTemplate"): queries.template,
            (VERSION, "GetSmsSign"): queries.signature,
            (VERSION_OF_BILLS, "QueryAccountBalance"): queries.balance,
        }

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/", self.call)]

    def name_of(self, request: web.Request) -> str:
        return request.headers.get("x-acs-action", "")

    async def call(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            self.gateway.check(request, body)
            act = self._action(request)
            if mode := self.modes.take("refuse", self.name_of(request)):
                raise Refused(mode.code, SAID.get(mode.code, mode.code))
            pairs = parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)
            if request.content_type == "application/x-www-form-urlencoded":
                pairs += parse_qsl(body.decode(), keep_blank_values=True)
            return answer(**act(dict(pairs)))
        except Refused as refused:
            return refused.response(request.host)

    def _action(self, request: web.Request):
        version, action = request.headers["x-acs-version"], request.headers["x-acs-action"]
        if version not in {VERSION, VERSION_OF_BILLS}:
            raise Refused("InvalidVersion", "Specified parameter Version is not valid.", 400)
        if (version, action) not in self.actions:
            said = "Specified api is not found, please check your url and method."
            raise Refused("InvalidAction.NotFound", said, 404)
        return self.actions[version, action]

    def broken(self, status: int) -> web.Response:
        said = "The request has failed due to a temporary failure of the server."
        return answer("ServiceUnavailable", said=said, status=status)

    def throttled(self) -> web.Response:
        said = "Request was denied due to user flow control."
        return answer("Throttling.User", said=said, status=400)

    def when(self, at: float) -> str:
        return f"{self.clock.in_beijing(at):%Y-%m-%d %H:%M:%S}"

    # What it pushes

    def manner(self) -> Manner:
        return Manner(lambda _kind, items: {"json": items}, is_taken, pauses=(60, 300, 600))

    async def prove_address(self, url: str) -> None:
        patience = aiohttp.ClientTimeout(total=0.7)
        try:
            async with self.pushes.session.get(url, timeout=patience) as said:
                is_right = said.status == 200 and (await said.json(content_type=None))["code"] == 0
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as wrong:
            raise ValueError(f"GET {urlsplit(url).path}: {type(wrong).__name__}") from None
        if not is_right:
            raise ValueError('the address must answer a GET with {"code": 0} within 700 ms')

    def said_of(self, text: Text) -> tuple[str, str]:
        return (text.why, text.why) if text.why else RECEIPTS[text.fate]

    def receipt(self, text: Text) -> dict:
        code, said = self.said_of(text)
        return {
            "phone_number": text.number.removeprefix("+86"),
            "send_time": self.when(text.sent_at),
            "report_time": self.when(text.settled_at),
            "success": text.fate is Fate.DELIVERED,
            "err_code": code,
            "err_msg": said,
            "sms_size": str(text.parts),
            "biz_id": text.id,
            "out_id": text.reference,
        }

    def reply_row(self, reply: Reply) -> dict:
        return {
            "phone_number": reply.number.removeprefix("+86"),
            "content": reply.content,
            "send_time": self.when(reply.at),
            "dest_code": reply.extend or "1069",
            "sequence_id": reply.id,
        }


def is_taken(status: int, _body: str) -> bool:
    """Its documentation: the status alone decides, the content of `code` is not looked at."""
    return status == 200
