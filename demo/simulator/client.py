"""HTTP as a careful sender does it: whatever was not answered is sent again with the same ids, for
as long as it takes."""

import asyncio
import base64
import gzip
import json
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp

from integrations.doors import signatures

NATIVE = "/api/v1"
FIRST_DELAY = 0.2
LONGEST_DELAY = 5.0
TIMEOUT = aiohttp.ClientTimeout(total=15)
WORTH_GZIP = 4_000
SOON = {401, 429}  # too much at once, or a secret so new that not every web process has read it


@dataclass(frozen=True)
class Keys:
    """What the senders hold: the back end signs and reads, the three mini-programs have nothing but
    a public key each."""

    back_end: str
    secret: str
    read_token: str
    mini_program: str
    segment: str = ""
    sensors: str = ""


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict

    @property
    def is_good(self) -> bool:
        return self.status < 300


@dataclass
class Doors:
    http: aiohttp.ClientSession
    url: str
    keys: Keys
    counts: Counter = field(default_factory=Counter)
    last_refusal: str = ""

    async def back_end(self, path: str, body: dict) -> Answer:
        """A signed post of the shop's server."""
        delivery = f"msg_{uuid.uuid4().hex}"
        raw, headers = _encoded(body)
        return await self._until_answered(
            "POST",
            f"{NATIVE}{path}",
            data=raw,
            headers=lambda: {
                **headers,
                **signed(self.keys.back_end, self.keys.secret, delivery, raw),
            },
        )

    async def mini_program(self, path: str, body: dict) -> Answer:
        raw, headers = _encoded(body)
        return await self._until_answered(
            "POST",
            f"{NATIVE}{path}",
            data=raw,
            headers=lambda: {**headers, "Authorization": f"Bearer {self.keys.mini_program}"},
        )

    async def member(self, path: str, body: dict, token: str = "") -> Answer:
        """What the mini-program asks for whoever has logged in; without a token, to log in."""
        raw, headers = _encoded(body)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return await self._until_answered(
            "POST", f"{NATIVE}{path}", data=raw, headers=lambda: headers
        )

    async def segment(self, kind: str, call: dict) -> Answer:
        """A call as Segment's libraries make it."""
        raw, headers = _encoded(call)
        basic = base64.b64encode(f"{self.keys.segment}:".encode()).decode()
        return await self._until_answered(
            "POST",
            f"/v1/{kind}",
            data=raw,
            headers=lambda: {**headers, "Authorization": f"Basic {basic}"},
        )

    async def sensors(self, objects: list[dict]) -> Answer:
        """Objects as the Sensors mini-program SDK sends them: a form in text/plain."""
        raw = urlencode(
            {"data_list": base64.b64encode(json.dumps(objects, ensure_ascii=False).encode())}
        ).encode()
        params = {"project": "default", "token": self.keys.sensors}
        return await self._until_answered(
            "POST", "/sa", params=params, data=raw, headers=lambda: {"Content-Type": "text/plain"}
        )

    async def read(self, path: str, **params: str) -> list[dict]:
        """The first page of what the shop's server may ask."""
        answer = await self._until_answered(
            "GET",
            f"{NATIVE}{path}",
            params=params,
            headers=lambda: {"Authorization": f"Bearer {self.keys.read_token}"},
        )
        return answer.body.get("results", [])

    async def _until_answered(self, method: str, path: str, *, headers, **request) -> Answer:
        delay = FIRST_DELAY
        while True:
            answer = await self._once(method, path, headers=headers(), **request)
            if answer:
                self._note(path, answer)
                return answer
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _once(self, method: str, path: str, **request) -> Answer | None:
        """None when nobody answered, or the answer was "later"."""
        self.counts["requests"] += 1
        try:
            async with self.http.request(
                method, f"{self.url}{path}", timeout=TIMEOUT, **request
            ) as response:
                if response.status >= 500 or response.status in SOON:
                    self.counts["later"] += 1
                    return None
                return Answer(response.status, await response.json(content_type=None))
        except (aiohttp.ClientError, TimeoutError, json.JSONDecodeError):
            self.counts["unanswered"] += 1
            return None

    def _note(self, path: str, answer: Answer) -> None:
        refused = answer.body.get("rejected", [] if answer.is_good else [answer.body])
        if refused:
            self.counts["refused"] += len(refused)
            self.last_refusal = (
                f"{path} {answer.status} {json.dumps(refused[0], ensure_ascii=False)[:200]}"
            )


def _encoded(body: dict) -> tuple[bytes, dict[str, str]]:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    if len(raw) < WORTH_GZIP:
        return raw, {"Content-Type": "application/json"}
    return gzip.compress(raw, compresslevel=5), {
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }


def signed(key: str, secret: str, delivery: str, raw: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks over the bytes on the wire, made anew for each attempt: a
    signature ages."""
    timestamp = int(time.time())
    return {
        "Authorization": f"Bearer {key}",
        "webhook-id": delivery,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures.sign(secret, delivery, timestamp, raw),
    }
