"""A provider of messages in a process of its own: it counts what arrives at whom, and behaves as
badly as it is told.

POST /send        {"reference", "to", "text"}, header Idempotency-Key where the channel has one: a repeat of a key has no second effect
POST /behave      {"slow": seconds, "limit": share told 429, "fail": share told 500, "cut": share cut off after it was taken}
GET  /arrivals    {reference: time of its first call, in seconds since 1970}
GET  /effects     {"effects": {reference: times}, "repeats": times a known key came again, "calls": requests, "cut": those cut off}
"""  # noqa: E501

import asyncio
import contextlib
import subprocess
import sys
import time
from collections import Counter
from random import Random

import httpx
from aiohttp import web

from crm_project.runtime import home
from crm_project.runtime.ports import free_port
from tests.product import Product, eventually

dice = Random()


class Doors:
    def __init__(self):
        self.effects: Counter = Counter()
        self.arrivals: dict[str, float] = {}
        self.answers: dict[str, str] = {}
        self.repeats = self.calls = self.cut = 0
        self.manners: dict[str, float] = {}

    async def send(self, request: web.Request) -> web.Response:
        self.calls += 1
        asked = await request.json()
        self.arrivals.setdefault(asked["reference"], time.time())
        await asyncio.sleep(self.manners.get("slow", 0) * dice.uniform(0.5, 1.5))
        if self.happens("limit"):
            return web.json_response(
                {"error": "too many"}, status=429, headers={"Retry-After": "1"}
            )
        if self.happens("fail"):
            return web.json_response({"error": "broken"}, status=500)
        answer = self.take(request.headers.get("Idempotency-Key"), asked)
        if self.happens("cut"):
            self.cut += 1
            request.transport.abort()
        return web.json_response({"id": answer})

    def take(self, key: str | None, asked: dict) -> str:
        if key in self.answers:
            self.repeats += 1
            return self.answers[key]
        self.effects[asked["reference"]] += 1
        answer = f"provider-{self.effects.total()}"
        if key:
            self.answers[key] = answer
        return answer

    def happens(self, what: str) -> bool:
        return dice.random() < self.manners.get(what, 0)

    async def behave(self, request: web.Request) -> web.Response:
        self.manners = await request.json()
        return web.json_response({})

    async def arrived(self, request: web.Request) -> web.Response:
        return web.json_response(self.arrivals)

    async def told(self, request: web.Request) -> web.Response:
        return web.json_response(
            {"effects": self.effects, "repeats": self.repeats, "calls": self.calls, "cut": self.cut}
        )


def main(port: int) -> None:
    doors = Doors()
    app = web.Application()
    app.add_routes(
        [
            web.post("/send", doors.send),
            web.post("/behave", doors.behave),
            web.get("/effects", doors.told),
        ]
    )
    app.add_routes([web.get("/arrivals", doors.arrived)])
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


class Provider:
    """The process, as a test holds it."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.manners: dict[str, float] = {}

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.provider", str(self.port)], cwd=home.BASE_DIR
        )
        with httpx.Client(
            transport=httpx.HTTPTransport(retries=8)
        ) as http:  # waits 0, 0.5, 1, 2, ... seconds
            http.get(f"{self.url}/effects")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    @contextlib.contextmanager
    def customer(self, **environment: str):
        """A running product with the two channels to us. It holds nobody out, which is not what is
        counted here."""
        with Product(
            demo=False,
            DJANGO_SETTINGS_MODULE="tests.faults.settings",
            PROVIDER_URL=self.url,
            **environment,
        ) as product:
            product.start()
            # The row comes with the first tick.
            assert eventually(
                lambda: product.rows(
                    "UPDATE customers_workspace SET holdout_percent = 0 RETURNING id"
                ),
                seconds=60,
            )
            yield product

    def behave(self, **manners: float) -> None:
        self.manners = manners
        httpx.post(f"{self.url}/behave", json=manners, timeout=30)

    @contextlib.contextmanager
    def slowed(self, seconds: float):
        """He takes so long in here, and is as he was afterwards."""
        before = self.manners
        self.behave(**{**before, "slow": seconds})
        try:
            yield
        finally:
            self.behave(**before)

    def said(self) -> dict:
        return httpx.get(f"{self.url}/effects", timeout=30).json()

    @property
    def arrivals(self) -> dict[str, float]:
        return httpx.get(f"{self.url}/arrivals", timeout=30).json()

    @property
    def effects(self) -> dict[str, int]:
        return self.said()["effects"]


if __name__ == "__main__":
    main(int(sys.argv[1]))
