"""Calls Aliyun's API as a program would that signs by hand."""

import uuid
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import httpx

from demo.vendors.aliyun_sms.platform import ACCESS_KEY, SECRET, VERSION
from demo.vendors.aliyun_sms.signing import ALGORITHM, canonical, sha256, signature
from demo.vendors.base import HTTP, StandIn


class Caller:
    def __init__(self, vendor: StandIn, *, key: str = ACCESS_KEY, secret: str = SECRET):
        self.vendor, self.key, self.secret = vendor, key, secret

    def headers(self, action: str, query: str, *, version: str = VERSION, **other: str) -> dict:
        """`other` replaces what would be signed: host, x-acs-date, x-acs-signature-nonce."""
        now = datetime.fromtimestamp(self.vendor.clock.now(), UTC)
        signed = {
            "host": urlsplit(self.vendor.url).netloc,
            "x-acs-action": action,
            "x-acs-version": version,
            "x-acs-date": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": sha256(b""),
        } | {name.replace("_", "-"): value for name, value in other.items()}
        given = signature(self.secret, canonical("POST", "/", query, signed, sha256(b"")))
        about = f"Credential={self.key},SignedHeaders={';'.join(sorted(signed))},Signature={given}"
        return signed | {"authorization": f"{ALGORITHM} {about}"}

    def ask(self, action: str, asked: dict[str, str], **other: str) -> httpx.Response:
        query = urlencode(asked)
        headers = self.headers(action, query, **other)
        return HTTP.post(f"{self.vendor.url}/?{query}", headers=headers)

    def says(self, action: str, **asked: str) -> dict:
        return self.ask(action, asked).json()
