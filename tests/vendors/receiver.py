"""Our side of message push, as far as a test of the platform needs one."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from demo.vendors.base import StandIn


@dataclass
class Came:
    query: dict[str, str]
    kind: str  # Content-Type
    body: bytes


class Receiver(StandIn):
    """It echoes an echostr, and answers pushes.

    They get the next of `answers`: a body, a status, or seconds to wait; after these `success`.
    """

    vendor = "our side of message push"

    def __init__(self):
        super().__init__()
        self.echoes = True
        self.checked: list[dict[str, str]] = []
        self.pushed: list[Came] = []
        self.answers: list[str | int | float] = []

    def routes(self) -> list[web.RouteDef]:
        taking = [web.get("/push", self.echo), web.post("/push", self.take)]
        return [*taking, web.route("*", "/elsewhere", self.content)]

    async def echo(self, request: web.Request) -> web.Response:
        self.checked.append(dict(request.query))
        return web.Response(text=request.query["echostr"] if self.echoes else "hello")

    async def content(self, _request: web.Request) -> web.Response:
        """Where a redirect leads, which the platform does not follow."""
        return web.Response(text="success")

    async def take(self, request: web.Request) -> web.Response:
        self.pushed.append(Came(dict(request.query), request.content_type, await request.read()))
        answer = self.answers.pop(0) if self.answers else "success"
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = "success"
        if isinstance(answer, int):
            return web.Response(status=answer, headers={"Location": "/elsewhere"})
        return web.Response(text=answer)
