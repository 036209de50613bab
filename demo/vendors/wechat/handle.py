"""The stand-in as a test holds it, in this process or in one of its own."""

import base64
import json
from functools import cached_property
from typing import TYPE_CHECKING

from demo.vendors.apart import Apart
from demo.vendors.base import HTTP, Controls

if TYPE_CHECKING:
    import httpx


class WeChatControls(Controls):
    """`account` is what the first app's owner knows of it.

    `call`, `get` and `post` ask the platform's own API, `ask` and `tell` the second door.
    """

    @cached_property
    def account(self) -> dict:
        return self.ask("apps")[0]

    @property
    def appid(self) -> str:
        return self.account["appid"]

    @property
    def secret(self) -> str:
        return self.account["secret"]

    def call(self, method: str, path: str, /, **given) -> "httpx.Response":
        return HTTP.request(method, f"{self.url}{path}", **given)

    def get(self, path: str, /, **query) -> dict:
        return self.call("GET", path, params=query).json()

    def post(self, path: str, body: dict, /, **query) -> dict:
        sent = json.dumps(body, ensure_ascii=False).encode()
        return self.call("POST", path, params=query, content=sent).json()

    def token(self) -> str:
        credentials = {
            "grant_type": "client_credential",
            "appid": self.appid,
            "secret": self.secret,
        }
        return self.post("/cgi-bin/stable_token", credentials)["access_token"]

    def template(self, title: str) -> str:
        """The id of the app's template with this title."""
        return next(one["priTmplId"] for one in self.account["templates"] if one["title"] == title)

    def person(self, **facts) -> "Someone":
        return Someone(self, self.tell("add_person", **facts)["person"])

    def pushes(self) -> list[dict]:
        """Every try, when none is under way any more."""
        self.advance()
        return self.ask("pushes")


class WeChatApart(WeChatControls, Apart):
    """In a process of its own: the same platform as `WeChat()` is."""

    module = "demo.vendors.wechat"


class Someone:
    """A person, as a test moves them: in the platform's first app, unless `appid` says another."""

    def __init__(self, wechat: WeChatControls, number: str):
        self.wechat, self.number = wechat, number

    def do(self, what: str, **given) -> dict:
        where = {"person": self.number, "appid": self.wechat.appid}
        return self.wechat.tell(what, **{**where, **given})

    def login(self, **given) -> dict:
        """`code`, and `openid` and `unionid` for the test's eyes."""
        return self.do("login", **given)

    def subscribe(self, *templates: str, accept: tuple[str, ...] | None = None, **given) -> dict:
        """All of them are accepted unless `accept` says which."""
        return self.do(
            "subscribe",
            templates=templates,
            accept=templates if accept is None else accept,
            **given,
        )

    def refuse(self, *templates: str, **given) -> None:
        self.do("refuse", templates=templates, **given)

    def click(self, number: int) -> dict:
        return self.wechat.tell("click", person=self.number, number=number)

    def open(self, link: str) -> dict:
        return self.wechat.tell("open", person=self.number, link=link)

    def scan(self, png: bytes) -> dict:
        return self.wechat.tell("scan", person=self.number, png=base64.b64encode(png).decode())

    @property
    def openid(self) -> str:
        return self.login()["openid"]

    @property
    def inbox(self) -> list[dict]:
        return self.wechat.ask("inbox", person=self.number)

    def left(self, template: str) -> int | str:
        """What they allow of it: a number of messages, or `lasting`."""
        grants = self.wechat.ask("grants", person=self.number, appid=self.wechat.appid)
        return grants["left"][template]
