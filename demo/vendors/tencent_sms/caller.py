"""Calls Tencent's API as a program would that signs by hand."""

import json
from urllib.parse import urlsplit

import httpx

from demo.vendors.base import HTTP, StandIn
from demo.vendors.tencent_sms.platform import APP, SECRET_ID, SECRET_KEY, SERVICE, VERSION
from demo.vendors.tencent_sms.signing import ALGORITHM, canonical, signature, utc_day

JSON = "application/json; charset=utf-8"


class Caller:
    def __init__(self, vendor: StandIn, *, key: str = SECRET_ID, secret: str = SECRET_KEY):
        self.vendor, self.key, self.secret = vendor, key, secret

    def headers(self, action: str, body: bytes, *, apart: int = 0, **other: str) -> dict[str, str]:
        """`apart`: seconds between our clock and the vendor's; `other` headers replace ours."""
        at = int(self.vendor.clock.now()) + apart
        host = urlsplit(self.vendor.url).netloc
        signed = {"content-type": JSON, "host": host, "x-tc-action": action}
        given = signature(self.secret, at, SERVICE, canonical("POST", "/", "", signed, body))
        scope = f"{self.key}/{utc_day(at)}/{SERVICE}/tc3_request"
        names = ";".join(sorted(signed))
        proof = f"Credential={scope}, SignedHeaders={names}, Signature={given}"
        about = {"authorization": f"{ALGORITHM} {proof}"}
        about |= {"x-tc-version": VERSION, "x-tc-region": "ap-guangzhou", "x-tc-timestamp": str(at)}
        return signed | about | {name.replace("_", "-"): value for name, value in other.items()}

    def ask(self, action: str, asked: dict, **about) -> httpx.Response:
        body = json.dumps(asked, ensure_ascii=False).encode()
        return HTTP.post(self.vendor.url, content=body, headers=self.headers(action, body, **about))

    def says(self, action: str, **asked) -> dict:
        return self.ask(action, {"SmsSdkAppId": APP} | asked).json()["Response"]
