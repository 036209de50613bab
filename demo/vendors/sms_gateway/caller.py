"""Calls the gateway as a program would."""

import json
import uuid
from urllib.parse import urlencode

import httpx

from demo.vendors.base import HTTP, StandIn
from demo.vendors.sms_gateway.platform import ACCOUNT, SECRET
from demo.vendors.sms_gateway.signing import of_fields, of_headers


class Caller:
    def __init__(self, vendor: StandIn, *, account: str = ACCOUNT, secret: str = SECRET):
        self.vendor, self.account, self.secret = vendor, account, secret

    def headers(self, body: bytes, *, apart: int = 0, nonce: str = "") -> dict[str, str]:
        at, nonce = str(int(self.vendor.clock.now()) + apart), nonce or uuid.uuid4().hex
        about = {"X-App-Id": self.account, "X-Timestamp": at, "X-Nonce": nonce}
        return about | {"X-Signature": of_headers(self.secret, at, nonce, body)}

    def send(self, asked: object, *, key: str = "", **about) -> httpx.Response:
        body = json.dumps(asked, ensure_ascii=False).encode()
        headers = self.headers(body, **about) | ({"Idempotency-Key": key} if key else {})
        return HTTP.post(f"{self.vendor.url}/v2/send", content=body, headers=headers)

    def get(self, what: str, **about) -> dict:
        query = urlencode(about)
        headers = self.headers(query.encode())
        return HTTP.get(f"{self.vendor.url}/v2/{what}?{query}", headers=headers).json()

    def send_by_fields(self, method: str, **fields: str) -> httpx.Response:
        fields = {"account": self.account, "ts": str(int(self.vendor.clock.now()))} | fields
        fields["sign"] = fields.get("sign") or of_fields(self.secret, fields)
        where = {"params": fields} if method == "GET" else {"data": fields}
        return HTTP.request(method, f"{self.vendor.url}/http/send", **where)
