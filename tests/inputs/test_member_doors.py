"""Hypothesis at the doors of the mini-program and of WeChat's push: no 5xx, and a refusal names its
code and its place. A few hundred cases with the tests, 10,000 as a proof."""

import asyncio
import contextlib

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_project.queue.due import database_now
from demo.vendors.wechat import events
from integrations.member_api import attempts, lane, platforms, sessions
from integrations.member_api.providers import CodeRefused, Proven
from integrations.wechat import account
from integrations.wechat.login import WeChatLogin, proven
from tests.inputs.doors import check, of_its_own
from tests.inputs.strategies import HEADERS, QUERIES, bodies, spoiled
from tests.integrations.wechat.app import App, a_person, a_template, an_app, as_text, pushed

pytestmark = pytest.mark.django_db
VALID = {
    "session": {"app": App.appid, "code": "0a1b2c3d4e5f", "anonymous_id": "device-1"},
    "me/phone": {"code": "0a1b2c3d4e5f"},
    "me/subscriptions": {"id": "r-1", "choices": {"template-x": "accept"}},
    "me/messages/read": {"message_ids": [1, 2], "occurred_at": "2026-11-20T10:00:00+08:00"},
}
READS = ("session", "me/messages")
PUSHES = [
    events.popup(App, "oX", 1_796_011_200.0, [("template-x", "accept"), ("y", "reject")]),
    events.change(App, "oX", 1_796_011_200.0, ["template-x"]),
    events.sent(App, "oX", 1_796_011_200.0, "template-x", 2097683633284153344, is_lost=False),
    events.message(App, "oX", 1_796_011_200.0, 23, "text", Content="hello"),
    events.revoked(App, "oX", 1_796_011_200.0, "201"),
    events.event(App, "oX", 1_796_011_200.0, "user_enter_tempsession", SessionFrom="x"),
]
DOORS = len(VALID) + len(READS) + len(PUSHES) + 1
OPTIONS = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


class Doors:
    """An app, somebody who has logged in there, and a platform that knows every other code."""

    def __init__(self):
        account.forget()
        self.app = an_app()
        a_template(self.app, key="template-x")
        self.person = a_person("oX")
        self.http = Client(raise_request_exception=False)
        self.token = ""

    def log_in(self) -> None:
        """The one before may just have been ended."""
        one = Proven(proven(account.account_of(self.app), {"openid": "oX"}).identities)
        self.token, _session = sessions.begin(self.app, one, "", database_now())

    def ask(self, method: str, path: str, body: bytes, changed: dict, query: dict | None = None):
        for known in (attempts, platforms):
            known.forget()
        if not self.token or path == "session":
            self.log_in()
        headers = {"authorization": f"Bearer {self.token}", **changed}
        content_type = headers.pop("content_type", "application/json")
        more = {"data": body, "content_type": content_type} if method != "GET" else {}
        if query:
            more["query_params"] = query
        with of_its_own():
            return self.http.generic(method, f"/api/v1/{path}", headers=headers, **more)


@pytest.fixture
def doors(monkeypatch):
    def told(_provider, connection, code):
        async def answer():
            if code.endswith("f"):
                return proven(account.account_of(connection), {"openid": "oX"})
            raise CodeRefused

        return answer()

    def no_phone(_provider, connection, code, subject):
        async def answer():
            raise CodeRefused

        return answer()

    def at_once(_lane, _request, begin, _seconds):
        return asyncio.run(begin())

    monkeypatch.setattr(WeChatLogin, "exchange", told)
    monkeypatch.setattr(WeChatLogin, "phone_of", no_phone)
    monkeypatch.setattr(lane.Lane, "answer", at_once)
    return Doors()


def member_doors(doors, cases: int) -> None:
    for path, valid in VALID.items():
        posts(doors, path, valid, cases)
    for path in READS:
        reads(doors, path, cases)


def posts(doors, path: str, valid: dict, cases: int) -> None:
    @settings(max_examples=cases, derandomize=cases < 100, **OPTIONS)
    @given(body=bodies(path, valid), headers=HEADERS | st.just({}))
    def post(body, headers):
        check("api/v1/" + path, doors.ask("POST", path, body, dict(headers)))

    post()


def reads(doors, path: str, cases: int) -> None:
    @settings(max_examples=cases, derandomize=cases < 100, **OPTIONS)
    @given(query=QUERIES)
    def read(query):
        with contextlib.suppress(UnicodeEncodeError):  # no client can send that
            check("api/v1/" + path, doors.ask("GET", path, b"", {}, query))

    read()


def push_door(doors, cases: int) -> None:
    """What is signed and sealed, and then says anything; and what is not even that."""
    for one in PUSHES:

        @settings(max_examples=cases, derandomize=cases < 100, **OPTIONS)
        @given(said=spoiled(one.fields))
        def push(said):
            try:
                text = as_text(said)
                text.encode()
            except (UnicodeEncodeError, TypeError):
                return
            with of_its_own():
                answer = pushed(doors.http, text)
            assert answer.status_code == 200, answer.content[:300]
            assert answer.content == b"success"

        push()

    @settings(max_examples=cases, derandomize=cases < 100, **OPTIONS)
    @given(body=st.binary(max_size=300), query=QUERIES, headers=HEADERS | st.just({}))
    def stranger(body, query, headers):
        content_type = headers.pop("content_type", "application/json")
        try:
            with of_its_own():
                answer = doors.http.generic(
                    "POST",
                    f"/wechat/{App.appid}/push",
                    body,
                    content_type,
                    headers=headers,
                    query_params=query,
                )
        except UnicodeEncodeError:
            return
        assert 400 <= answer.status_code < 500, answer.content[:300]

    stranger()


def test_no_input_breaks_a_member_door(doors):
    member_doors(doors, 25)


def test_no_push_breaks_its_door(doors):
    push_door(doors, 25)


@pytest.mark.proof
def test_ten_thousand_inputs_break_no_member_door(doors):
    member_doors(doors, 10_000 // DOORS + 1)
    push_door(doors, 10_000 // DOORS + 1)


def test_what_is_refused_before_it_is_looked_at_is_no_fault_of_ours(doors):
    """`?format=` is the framework's own parameter: it is refused before there is a body."""
    for path in ("api/v1/events", f"wechat/{App.appid}/push", "sa", "v1/track"):
        assert doors.http.post(f"/{path}?format=x").status_code < 500, path
