"""Two ways of signing that such gateways have, both HMAC-SHA256 in hexadecimal.

By headers: of timestamp, nonce and the body (of a GET: the query as it came), each on a line.
By fields: of all other fields as `name=value`, not encoded, sorted by name and joined by `&`.
"""

import hmac

from demo.vendors.clock import Clock
from demo.vendors.sms_gateway.answers import Refused

CLOCKS_APART = 5 * 60


def of_headers(secret: str, timestamp: str, nonce: str, body: bytes) -> str:
    text = f"{timestamp}\n{nonce}\n".encode() + body
    return hmac.digest(secret.encode(), text, "sha256").hex()


def of_fields(secret: str, fields: dict[str, str]) -> str:
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "sign")
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


class Door:
    """Lets in who holds a secret; the same nonce only once while its time is good."""

    def __init__(self, clock: Clock, keys: dict[str, str]):
        self.clock, self.keys = clock, keys
        self._nonces: dict[tuple[str, str], float] = {}

    def check_headers(self, headers, body: bytes) -> None:
        who, nonce = headers.get("X-App-Id", ""), headers.get("X-Nonce", "")
        timestamp = headers.get("X-Timestamp", "")
        expected = of_headers(self._secret(who), timestamp, nonce, body)
        self._check(expected, headers.get("X-Signature", ""), timestamp)
        self._spend(who, nonce)

    def check_fields(self, fields: dict[str, str]) -> None:
        expected = of_fields(self._secret(fields.get("account", "")), fields)
        self._check(expected, fields.get("sign", ""), fields.get("ts", ""))

    def _secret(self, who: str) -> str:
        if who not in self.keys:
            raise Refused(1002)
        return self.keys[who]

    def _check(self, expected: str, given: str, timestamp: str) -> None:
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise Refused(1001)
        is_time = timestamp.isdecimal() and len(timestamp) < 12
        if not is_time or abs(int(timestamp) - self.clock.now()) > CLOCKS_APART:
            raise Refused(1003)

    def _spend(self, who: str, nonce: str) -> None:
        now = self.clock.now()
        if not nonce or now - self._nonces.get((who, nonce), -1e9) < 2 * CLOCKS_APART:
            raise Refused(1004)
        self._nonces[who, nonce] = now
