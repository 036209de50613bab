"""ACS3-HMAC-SHA256: what Aliyun's gateway computes and refuses before an API sees the call.

Public vector: "V3 版本请求体&签名机制" on help.aliyun.com. How far clocks may differ is from its list
of common errors; that a nonce may come again after 31 minutes, from its developers' forum.
"""  # noqa: E501

import hashlib
import hmac
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

from demo.vendors.aliyun_sms.answers import Refused
from demo.vendors.clock import Clock

ALGORITHM = "ACS3-HMAC-SHA256"
CLOCKS_APART = 15 * 60
NONCE_KEPT = 31 * 60

_parts = r"Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
_authorization = re.compile(f"{ALGORITHM} {_parts}").fullmatch
_date = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").fullmatch


def canonical(method: str, path: str, query: str, signed: dict[str, str], body_hash: str) -> str:
    """The request as it is signed; `signed` are the headers that are, `query` as it came."""
    given = parse_qsl(query, keep_blank_values=True)
    pairs = sorted((encoded(name), encoded(value)) for name, value in given)
    names = sorted(signed)
    lines = "".join(f"{name}:{signed[name].strip()}\n" for name in names)
    asked = "&".join(f"{name}={value}" for name, value in pairs)
    return "\n".join([method, path, asked, lines, ";".join(names), body_hash])


def encoded(text: str) -> str:
    return quote(text, safe="~")


def signature(secret: str, request: str) -> str:
    to_sign = f"{ALGORITHM}\n{sha256(request.encode())}"
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class Gateway:
    """Lets through who holds a key, once per nonce."""

    def __init__(self, clock: Clock, keys: dict[str, str]):
        self.clock, self.keys = clock, keys
        self._nonces: dict[str, float] = {}

    def check(self, request, body: bytes) -> None:
        """Raises Refused. The signature comes before the nonce: strangers use none up."""
        headers = request.headers
        found = _authorization(headers.get("Authorization", ""))
        if not found:
            said = "The request signature does not conform to Aliyun standards."
            raise Refused("IncompleteSignature", said, 400)
        key, names, given = found.groups()
        if key not in self.keys:
            raise Refused("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        self._check_time(headers.get("x-acs-date", ""))
        signed = {name: headers.get(name, "") for name in names.split(";")}
        query, body_hash = request.rel_url.raw_query_string, sha256(body)
        text = canonical(request.method, request.path, query, signed, body_hash)
        is_whole = self._must_be_signed(headers) <= set(signed)
        is_whole = is_whole and headers["x-acs-content-sha256"] == body_hash
        if not is_whole or not hmac.compare_digest(signature(self.keys[key], text), given):
            said = "Specified signature is not matched with our calculation. "
            said += f"server string to sign is:{text}"
            raise Refused("SignatureDoesNotMatch", said, 400)
        self._check_nonce(headers["x-acs-signature-nonce"])

    def _must_be_signed(self, headers) -> set[str]:
        """All that Aliyun requires, and whatever of its own headers is there at all."""
        own = {name.lower() for name in headers if name.lower().startswith("x-acs-")}
        required = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"}
        return own | required | {"x-acs-content-sha256"}

    def _check_time(self, date: str) -> None:
        if not _date(date):
            said = "Specified time stamp or date value is not well formatted."
            raise Refused("InvalidTimeStamp.Format", said, 400)
        at = datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
        if abs(at - self.clock.now()) > CLOCKS_APART:
            said = "Specified time stamp or date value is expired."
            raise Refused("InvalidTimeStamp.Expired", said, 400)

    def _check_nonce(self, nonce: str) -> None:
        now = self.clock.now()
        if now - self._nonces.get(nonce, -NONCE_KEPT) < NONCE_KEPT:
            raise Refused("SignatureNonceUsed", "Specified signature nonce was used already.", 400)
        self._nonces[nonce] = now
