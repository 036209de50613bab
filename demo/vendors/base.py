"""What every stand-in of a vendor has: a server, a clock, bad manners, and a second door.

The second door, for whoever tests with it, lies under /stand-in/: POST does, GET asks; names and
arguments are those of the functions in `doors`.
    GET  calls?name=&since=   what the vendor's doors were asked; `since` leaves out the first ones
    POST modes {"modes": [{"kind": "cut", "times": 1}]}   see modes.py; GET tells them
    POST clock {"advance": seconds}   what became due is done before the answer; GET tells the time
    POST pace {"per_second": 100}   more in a second is refused as too frequent; null: no limit
"""

import argparse
import asyncio
import contextlib
import inspect
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from demo.vendors.clock import Agenda, Clock
from demo.vendors.modes import Modes

if TYPE_CHECKING:
    import httpx

GARBAGE = "<html><head><title>哎呀</title></head><body>nginx</body>"
SERVER = {"access_log": None, "shutdown_timeout": 0.2, "max_line_size": 1 << 20}
KEPT = 4000  # characters of a call's body and answer


class Client:
    """One for all, made when somebody asks by it (the demo never does): loading the certificates of
    the world takes longer than a call."""

    @cached_property
    def made(self):
        import httpx

        return httpx.Client(verify=False, trust_env=False, timeout=60)

    def __getattr__(self, name: str):
        return getattr(self.made, name)


HTTP = Client()


class Controls:
    """The second door of a stand-in that runs at `url`, in this process or another."""

    def __init__(self, url: str):
        self.url = url

    def ask(self, what: str, **about):
        return self._said(HTTP.get(f"{self.url}/stand-in/{what}", params=about))

    def tell(self, what: str, **given):
        return self._said(HTTP.post(f"{self.url}/stand-in/{what}", json=given))

    def misbehave(self, *modes: dict) -> None:
        """From now on so, and in no other way; without modes: well."""
        self.tell("modes", modes=list(modes))

    def advance(self, seconds: float = 0) -> None:
        """The clock went on, and what became due is done (a push is waited for, if it hangs)."""
        self.tell("clock", advance=seconds)

    def _said(self, answer: "httpx.Response"):
        if answer.status_code != 200:
            raise ValueError(answer.text)
        return answer.json()


class StandIn(Controls):
    """Serves in a thread of its own while it is entered: `with StandIn() as vendor: vendor.url`."""

    vendor = ""
    most_calls = 1_000_000  # that are remembered

    def __init__(self, *, clock: Clock | None = None, port: int = 0):
        super().__init__("")
        self.clock, self.port = clock or Clock(), port
        self.agenda, self.modes = Agenda(self.clock), Modes()
        self.calls: list[dict] = []
        self.per_second: int | None = None
        self._seconds: Counter = Counter()
        self.doors: dict[str, Callable] = {"calls": self._calls, "modes": self._modes}
        self.doors |= {"clock": self._clock, "pace": self._pace}

    # What a vendor's stand-in says of itself

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    def name_of(self, request: web.Request) -> str:
        """What the vendor calls this call; it must be known before the body is."""
        return request.path

    def broken(self, status: int) -> web.Response:
        page = f"<html><h1>{status}</h1></html>"
        return web.Response(status=status, text=page, content_type="text/html")

    def throttled(self) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "1"})

    async def opened(self, session: aiohttp.ClientSession) -> None:
        """Called when the server begins; `session` is closed with it."""

    # The server

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._manners], client_max_size=16 << 20)
        app.add_routes([*self.routes(), web.route("*", "/stand-in/{what}", self._second_door)])
        return app

    async def serve(self, said: Callable[[], None]) -> None:
        """Until it is cancelled; `said` is called when the address is known."""
        runner = web.AppRunner(self.app(), **SERVER)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            self.port = runner.addresses[0][1]
            self.url = f"http://127.0.0.1:{self.port}"
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
                await self.opened(session)
                said()
                await self.agenda.run()
        finally:
            await runner.cleanup()

    def __enter__(self):
        begun = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._in_thread, args=(begun,), daemon=True)
        self._thread.start()
        begun.wait(30)
        if self._failure or not self.url:
            raise RuntimeError(f"the stand-in of {self.vendor} did not start") from self._failure
        return self

    def __exit__(self, *_):
        with contextlib.suppress(RuntimeError):  # its loop has ended already
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)

    def _in_thread(self, begun: threading.Event) -> None:
        async def main():
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            await self.serve(begun.set)

        try:
            asyncio.run(main())
        except asyncio.CancelledError:
            pass
        except Exception as failure:  # noqa: BLE001 -- told to whoever enters
            self._failure = failure
        finally:
            begun.set()

    # Every call of the vendor's own doors

    @web.middleware
    async def _manners(self, request: web.Request, handler) -> web.StreamResponse:
        if request.path.startswith("/stand-in/"):
            return await handler(request)
        name, begun = self.name_of(request), time.perf_counter()
        call = {"name": name, "at": self.clock.now()}
        call |= {"method": request.method, "path": request.path_qs}
        call["headers"] = {name.lower(): value for name, value in request.headers.items()}
        self.calls.append(call)
        del self.calls[: -self.most_calls]
        call["body"] = (await request.read()).decode("utf-8", "replace")[:KEPT]
        response = await self._answer(request, handler, call)
        call |= {"status": response.status, "seconds": time.perf_counter() - begun}
        call["answer"] = said_by(response)
        return response

    async def _answer(self, request: web.Request, handler, call: dict) -> web.StreamResponse:
        name = call["name"]
        if mode := self.modes.take("slow", name):
            await asyncio.sleep(mode.seconds)
        if mode := self.modes.take("fail", name):
            return self.broken(mode.status)
        if self.modes.take("drop", name):
            return self._hung_up(request, call, web.Response(status=499))
        if self._is_too_fast() or self.modes.take("throttle", name):
            return self.throttled()
        response = await self._handled(request, handler)
        if self.modes.take("early", name):
            await self.agenda.settle()
        if self.modes.take("cut", name):
            return self._hung_up(request, call, response)
        if self.modes.take("garbage", name):
            return web.Response(text=GARBAGE, content_type="text/html")
        return response

    async def _handled(self, request: web.Request, handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as refusal:
            return web.Response(status=refusal.status, text=refusal.text)

    def _hung_up(self, request: web.Request, call: dict, response: web.Response) -> web.Response:
        call["hung_up"] = True
        if request.transport:
            request.transport.abort()
        return response

    def _is_too_fast(self) -> bool:
        second = int(self.clock.now())
        self._seconds[second] += 1
        return self.per_second is not None and self._seconds[second] > self.per_second

    # The second door

    async def _second_door(self, request: web.Request) -> web.Response:
        act = self.doors.get(request.match_info["what"])
        if not act:
            return web.json_response({"error": f"one of {', '.join(self.doors)}"}, status=404)
        try:
            given = await request.json() if request.method == "POST" else dict(request.query)
            inspect.signature(act).bind(**given)
            said = act(**given)
            said = await said if inspect.isawaitable(said) else said
            return web.json_response(said, dumps=readable)
        except (ValueError, TypeError, KeyError) as wrong:
            return web.json_response({"error": f"{type(wrong).__name__}: {wrong}"}, status=400)

    def _calls(self, name: str = "", since: str = "0") -> list[dict]:
        return [call for call in self.calls[int(since) :] if name in {"", call["name"]}]

    def _modes(self, modes: list[dict] | None = None) -> list[dict]:
        if modes is not None:
            self.modes.set(modes)
        return self.modes.rows()

    async def _clock(self, advance: float = 0) -> dict:
        await self.agenda.advance(float(advance))
        return {"now": self.clock.now()}

    def _pace(self, per_second: int | None = None) -> dict:
        self.per_second = per_second
        return {"per_second": per_second}


def said_by(response: web.StreamResponse) -> str:
    body = response.body if isinstance(response, web.Response) else None
    return body[:KEPT].decode("utf-8", "replace") if isinstance(body, bytes) else ""


def readable(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def run(kind: type[StandIn]) -> None:
    """`python -m demo.vendors.<name> --port 9001`: says its address and serves."""
    asked = argparse.ArgumentParser(description=f"A stand-in of {kind.vendor}")
    asked.add_argument("--port", type=int, default=0, help="0: any free one")
    stand_in = kind(port=asked.parse_args().port)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(stand_in.serve(lambda: print(f"ready: {stand_in.url}", flush=True)))
