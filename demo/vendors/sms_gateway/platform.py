"""The gateway itself.

    POST /v2/send   JSON {"mobile": one or a list, "content", "type": code, notice or promotion,
                    "ref"?}, signed by headers; {"code": 0, "msg", "data": [a row per number]}.
                    With `keyed` the header Idempotency-Key makes a repeat one message.
    GET, POST /http/send   the same as fields, with account, ts, sign; "0,id" or "code,words"
    GET /v2/balance, /v2/reports?limit=, /v2/replies?limit=   signed by headers

POST /stand-in/keyed {"is_on": true} at the second door.
"""

import json
import uuid

from aiohttp import web

from demo.vendors.pushes import Manner
from demo.vendors.sms import stock
from demo.vendors.sms.phones import Fate, Reply, Text
from demo.vendors.sms.stand_in import SmsStandIn
from demo.vendors.sms_gateway.answers import SAID, Refused
from demo.vendors.sms_gateway.sending import Sending
from demo.vendors.sms_gateway.signing import Door, of_headers

ACCOUNT, SECRET = "hutong", "a-secret-that-only-tests-know"
STATUS = {
    Fate.DELIVERED: "DELIVRD",
    Fate.OFF: "UNDELIV",
    Fate.GONE: "MK:0001",
    Fate.BLACKLISTED: "BLACK",
    Fate.REJECTED: "REJECTD",
}


class SmsGateway(SmsStandIn):
    """It signs what it pushes, wants to hear "success", and tries again after 5, 10, 15 minutes."""

    vendor = "an SMS gateway"

    def __init__(self, **about):
        super().__init__(**about)
        stock.fill(self.catalogue, self.clock.now(), code="{}")
        self.catalogue.templates.clear()
        self.door, self.sending = Door(self.clock, {ACCOUNT: SECRET}), Sending(self)
        self.is_keyed = False
        self._answers: dict[str, list[dict]] = {}
        self.doors["keyed"] = self._keyed

    def routes(self) -> list[web.RouteDef]:
        by_headers = {
            "balance": self.balance,
            "reports": self.reports,
            "replies": self.pulled_replies,
        }
        return [
            web.post("/v2/send", self.send),
            web.route("*", "/http/send", self.send_by_fields),
            *[web.get(f"/v2/{name}", self._asked(act)) for name, act in by_headers.items()],
        ]

    def throttled(self) -> web.Response:
        return web.json_response({"code": 9001, "msg": SAID[9001]}, status=429)

    async def send(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            self.door.check_headers(request.headers, body)
            rows = self._once(request.headers.get("Idempotency-Key", ""), json_object(body))
            return web.json_response({"code": 0, "msg": SAID[0], "data": rows})
        except Refused as refused:
            return refusal(refused)

    def _once(self, key: str, asked: dict) -> list[dict]:
        if self.is_keyed and key and key in self._answers:
            return self._answers[key]
        mobiles = asked.get("mobile")
        about = [asked.get(name, "") for name in ["content", "type", "ref"]]
        if not all(isinstance(one, str) for one in about):
            raise Refused(2000)
        rows = self.sending.send(mobiles if isinstance(mobiles, list) else [mobiles], *about)
        self._answers[key] = rows
        return rows

    async def send_by_fields(self, request: web.Request) -> web.Response:
        fields = dict(request.query) | dict(await request.post())
        try:
            self.door.check_fields(fields)
            about = [fields.get(name, "") for name in ["content", "type", "ref"]]
            [row] = self.sending.send([fields.get("mobile", "")], *about)
            return web.Response(text=f"{row['code']},{row.get('id') or row['msg']}")
        except Refused as refused:
            return web.Response(text=f"{refused.code},{refused}", status=refused.status)

    # What is asked with GET

    def _asked(self, act):
        async def answered(request: web.Request) -> web.Response:
            try:
                self.door.check_headers(request.headers, request.rel_url.raw_query_string.encode())
                limit = request.query.get("limit", "100")
                if not limit.isdecimal() or not 1 <= int(limit) <= 500:
                    raise Refused(2000)
                return web.json_response({"code": 0, "msg": SAID[0], "data": act(int(limit))})
            except Refused as refused:
                return refusal(refused)

        return answered

    def balance(self, _limit: int) -> dict:
        """In yuan, and what one part costs."""
        account = self.account
        prices = {kind: getattr(account, kind) / 10_000 for kind in ["code", "notice", "promotion"]}
        return {"balance": None if account.balance is None else account.balance / 10_000, **prices}

    def reports(self, limit: int) -> list[dict]:
        return [self.receipt(text) for text in self._pulled("receipts", limit)]

    def pulled_replies(self, limit: int) -> list[dict]:
        return [self.reply_row(reply) for reply in self._pulled("replies", limit)]

    def _pulled(self, kind: str, limit: int) -> list:
        waiting = self.to_pull[kind]
        return [waiting.popleft() for _one in range(min(limit, len(waiting)))]

    # What it pushes

    def manner(self) -> Manner:
        return Manner(self._request, is_taken, pauses=(300, 300, 300), most=100)

    def _request(self, kind: str, items: list) -> dict:
        body = json.dumps({kind: items}, ensure_ascii=False).encode()
        timestamp, nonce = str(int(self.clock.now())), uuid.uuid4().hex
        headers = {"Content-Type": "application/json", "X-App-Id": ACCOUNT}
        headers |= {"X-Timestamp": timestamp, "X-Nonce": nonce}
        headers["X-Signature"] = of_headers(SECRET, timestamp, nonce, body)
        return {"data": body, "headers": headers}

    def receipt(self, text: Text) -> dict:
        row = {"id": text.id, "mobile": text.number.removeprefix("+86"), "ref": text.reference}
        return row | {
            "status": text.why or STATUS[text.fate],
            "time": int(text.settled_at),
            "parts": text.parts,
        }

    def reply_row(self, reply: Reply) -> dict:
        about = {"mobile": reply.number.removeprefix("+86"), "content": reply.content}
        return {"id": reply.id, **about, "sign": reply.sign, "time": int(reply.at)}

    def _keyed(self, is_on: bool) -> dict:
        self.is_keyed = is_on
        return {"is_on": is_on}


def is_taken(status: int, body: str) -> bool:
    return status == 200 and body.strip().strip('"').lower() == "success"


def refusal(refused: Refused) -> web.Response:
    return web.json_response({"code": refused.code, "msg": str(refused)}, status=refused.status)


def json_object(body: bytes) -> dict:
    try:
        found = json.loads(body)
    except ValueError:
        raise Refused(2000) from None
    if not isinstance(found, dict):
        raise Refused(2000)
    return found
