"""A slow platform holds up nobody but who waits for it (`make proof PART=integrations`): through
our own web server, with its four threads."""

import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from crm_project.runtime import web
from demo.vendors.wechat import WeChatApart
from integrations.member_api import attempts, platforms
from integrations.wechat import account, tokens
from tests.factories import a_source
from tests.integrations.wechat.conftest import an_app
from tests.runtime.test_front import Front

pytestmark = [pytest.mark.proof, pytest.mark.django_db(transaction=True)]
WAITING, EVENTS = 40, 200
SLOWEST_P99 = 1.0  # seconds


@pytest.fixture
def platform(settings):
    """In a process of its own, so that it takes no time of ours."""
    with WeChatApart() as running:
        settings.OUTBOUND_HOSTS = [running.url.removeprefix("http://")]
        for one in (account, tokens, attempts, platforms):
            one.forget()
        yield running


@pytest.fixture
def front(platform):
    with Front(web.application(), threads=4) as running:
        yield running


def posted(front, path: str, data: dict, key: str = "") -> tuple[float, int]:
    """How long it took, and the answer."""
    began = time.monotonic()
    host, port = front.listener.getsockname()[:2]
    line = http.client.HTTPConnection(host, port, timeout=30)
    headers = {"Content-Type": "application/json"} | (
        {"Authorization": f"Bearer {key}"} if key else {}
    )
    line.request("POST", f"/api/v1/{path}", json.dumps(data).encode(), headers)
    status = line.getresponse().status
    line.close()
    return time.monotonic() - began, status


def an_event(number: int) -> dict:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    identities = {"anonymous_id": f"v-{number}"}
    return {"id": f"e{number}", "name": "Viewed", "occurred_at": now, "identities": identities}


def test_events_are_taken_while_the_platform_stands_still(front, platform):
    app, source = an_app(platform), a_source(trust="client")
    posted(front, "events", an_event(-1), source.key)  # partitions and names are there
    codes = [platform.person().login()["code"] for _n in range(WAITING)]
    platform.misbehave({"kind": "slow", "only": "/sns/jscode2session", "seconds": 10})
    with ThreadPoolExecutor(WAITING) as waiting:
        logins = [
            waiting.submit(posted, front, "session", {"app": app.account, "code": code})
            for code in codes
        ]
        time.sleep(0.3)
        events = [posted(front, "events", an_event(n), source.key) for n in range(EVENTS)]
        ended = [one.result() for one in logins]

    took = sorted(seconds for seconds, _status in events)
    assert {status for _seconds, status in events} == {202}
    assert took[int(EVENTS * 0.99)] <= SLOWEST_P99
    assert {status for _seconds, status in ended} == {503}
    assert max(seconds for seconds, _status in ended) < 6  # three seconds, and the way


def test_log_ins_wait_for_each_other_no_longer_than_the_platform_takes(front, platform):
    """At 150 ms, more of them at once than there are threads."""
    app = an_app(platform)
    codes = [platform.person().login()["code"] for _n in range(100)]
    posted(front, "session", {"app": app.account, "code": platform.person().login()["code"]})
    platform.misbehave({"kind": "slow", "only": "/sns/jscode2session", "seconds": 0.15})
    with ThreadPoolExecutor(20) as callers:
        found = list(
            callers.map(
                lambda code: posted(front, "session", {"app": app.account, "code": code}), codes
            )
        )

    assert {status for _seconds, status in found} == {200}


def test_who_hangs_up_while_waiting_is_forgotten(front, platform):
    app = an_app(platform)
    code = platform.person().login()["code"]
    platform.misbehave({"kind": "slow", "seconds": 0.5})
    body = json.dumps({"app": app.account, "code": code}).encode()
    head = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with socket.create_connection(front.listener.getsockname()) as line:
        line.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        time.sleep(0.2)
    time.sleep(0.8)

    assert not front.server.connections
    assert threading.active_count() < 100
