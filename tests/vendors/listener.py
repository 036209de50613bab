"""Whoever is told something by a vendor: keeps it, and answers as configured."""

import json

from aiohttp import web

from demo.vendors.base import StandIn


class Listener(StandIn):
    vendor = "a listener"

    def __init__(self, said: object, **about):
        super().__init__(**about)
        self.said = said
        self.headers: list[dict] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{path:(?!stand-in/).*}", self.hear)]

    async def hear(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        return web.json_response(self.said)

    def bodies(self, path: str) -> list:
        """What was posted there, in order, those calls too that were answered badly."""
        return [json.loads(call["body"]) for call in self.ask("calls", name=path) if call["body"]]
