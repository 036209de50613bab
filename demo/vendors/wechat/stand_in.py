"""The platform over HTTP: its API, and under `/stand-in/` the second door (control.py)."""

import asyncio
import json

import aiohttp
from aiohttp import web

from demo.vendors.base import StandIn
from demo.vendors.wechat.asked import Asked
from demo.vendors.wechat.codes import Picture
from demo.vendors.wechat.control import Control
from demo.vendors.wechat.doors import DOORS, Door
from demo.vendors.wechat.errors import Refused
from demo.vendors.wechat.handle import WeChatControls
from demo.vendors.wechat.platform import Platform


class WeChat(WeChatControls, StandIn):
    """The platform with one app. The same seed makes the same up."""

    vendor = "WeChat"

    def __init__(self, seed: str = "1", **about):
        super().__init__(**about)
        self.platform = Platform(seed, self.clock, self.agenda, self.modes)
        self.platform.add_app()
        self.doors |= Control(self.platform).doors()

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{path:(?!stand-in/).*}", self.answer)]

    async def opened(self, session: aiohttp.ClientSession) -> None:
        self.platform.session = session

    def throttled(self) -> web.Response:
        return as_response("", self.refusal(Refused(45011)))

    def refusal(self, refused: Refused) -> dict:
        return {"errcode": refused.code, "errmsg": f"{refused.words} rid: {self.platform.rid()}"}

    async def answer(self, request: web.Request) -> web.Response:
        asked = Asked(self.platform, request.path, request.query, request.remote or "")
        try:
            if self.modes.take("busy", request.path):
                raise Refused(-1)
            door = entered(asked, request.method, await request.read())
            result = await self.done(door, asked)
        except Refused as refused:
            result = self.refusal(refused)
        code = result.get("errcode", 0) if isinstance(result, dict) else 0
        self.platform.counts[request.path, code] += 1
        return as_response(request.path, result)

    async def done(self, door: Door, asked: Asked) -> dict | Picture:
        """What only one call may work on at a time is held until that call is answered."""
        if not door.alone:
            return door.answer(asked)
        key, under_way = door.alone(asked), self.platform.under_way
        if key in under_way:
            raise Refused(43108)
        under_way.add(key)
        try:
            result = door.answer(asked)
            await asyncio.sleep(self.platform.takes)
        finally:
            under_way.discard(key)
        return result


def entered(asked: Asked, method: str, raw: bytes) -> Door:
    """The door, when the call is of its form and may come in."""
    door = DOORS.get(asked.path)
    if door is None:
        raise Refused(40066)
    if method != door.method:
        raise Refused(43002 if door.method == "POST" else 43001)
    if door.method == "POST":
        asked.read(raw)
    if door.by_token:
        asked.app_by_token()
    return door


def as_response(path: str, result: dict | Picture) -> web.Response:
    """`/sns/...` says that its JSON is plain text."""
    if isinstance(result, Picture):
        return web.Response(body=result.data, content_type="image/png")
    kind = "text/plain" if path.startswith("/sns/") else "application/json; encoding=utf-8"
    text = json.dumps(result, ensure_ascii=False, separators=(",", ":"))
    return web.Response(body=text.encode(), headers={"Content-Type": kind})
