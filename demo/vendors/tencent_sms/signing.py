"""TC3-HMAC-SHA256. It knows no nonce: the same call may come again as long as its time is good.

Public vector: the worked example of "签名方法 v3" on cloud.tencent.com.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime

from demo.vendors.clock import Clock
from demo.vendors.tencent_sms.answers import Refused, missing

ALGORITHM = "TC3-HMAC-SHA256"
CLOCKS_APART = 5 * 60

_credential = r"Credential=([^/,]+)/(\d{4}-\d\d-\d\d)/(\w+)/tc3_request"
_rest = r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
_authorization = re.compile(f"{ALGORITHM} {_credential}, ?{_rest}").fullmatch


def canonical(method: str, path: str, query: str, signed: dict[str, str], body: bytes) -> str:
    """The request as it is signed; names and values of headers in small letters."""
    names = sorted(signed)
    lines = "".join(f"{name}:{signed[name].strip().lower()}\n" for name in names)
    body_hash = hashlib.sha256(body).hexdigest()
    return "\n".join([method, path, query, lines, ";".join(names), body_hash])


def signature(secret: str, at: int, service: str, request: str) -> str:
    day = utc_day(at)
    hashed = hashlib.sha256(request.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{at}\n{day}/{service}/tc3_request\n{hashed}"
    key = f"TC3{secret}".encode()
    for step in [day, service, "tc3_request"]:
        key = hmac.digest(key, step.encode(), "sha256")
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def utc_day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


class Gateway:
    def __init__(self, clock: Clock, service: str, keys: dict[str, str]):
        self.clock, self.service, self.keys = clock, service, keys

    def check(self, request, body: bytes) -> None:
        """Raises Refused for whoever holds no key, or has signed something else than came."""
        for name in ["X-TC-Action", "X-TC-Version", "X-TC-Timestamp"]:
            if not request.headers.get(name):
                raise missing(name.removeprefix("X-TC-"))
        found = _authorization(request.headers.get("Authorization", ""))
        if not found or not request.headers["X-TC-Timestamp"].isdecimal():
            raise Refused("AuthFailure.InvalidAuthorization")
        key, day, service, names, given = found.groups()
        if key not in self.keys:
            raise Refused("AuthFailure.SecretIdNotFound")
        at = int(request.headers["X-TC-Timestamp"])
        if abs(at - self.clock.now()) > CLOCKS_APART or day != utc_day(at):
            raise Refused("AuthFailure.SignatureExpire")
        signed = {name: request.headers.get(name, "") for name in names.split(";")}
        query = request.rel_url.raw_query_string
        text = canonical(request.method, request.path, query, signed, body)
        is_whole = {"content-type", "host"} <= set(signed) and service == self.service
        expected = signature(self.keys[key], at, service, text)
        if not is_whole or not hmac.compare_digest(expected, given):
            raise Refused("AuthFailure.SignatureFailure")
