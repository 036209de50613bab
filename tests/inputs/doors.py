"""Every door with somebody who may use it, and what must hold of every answer."""

import gc
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import psutil
from django.db import DatabaseError, connection, transaction
from django.test import Client

from integrations.doors import callers, throttle
from tests.factories import a_source
from tests.integrations.conftest import Sender

TABLES = (
    *(
        "customers_customer",
        "customers_identity",
        "customers_identityclaim",
        "customers_attributechange",
        "customers_customerattribute",
    ),
    *(
        "customers_consent",
        "customers_merge",
        "customers_identityconflict",
        "events_event",
        "events_ledger",
        "events_order",
    ),
    *(
        "events_orderline",
        "events_refund",
        "events_product",
        "events_reaction",
        "events_booking",
        "events_measurement",
        "campaigns_coupon",
        "campaigns_message",
    ),
)
ROWS = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
KEPT = "SELECT count(*) FROM integrations_quarantine"
SLOWEST_SECONDS = 0.1


def scalar(sql: str):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return row if len(row) > 1 else row[0]


def rss() -> int:
    gc.collect()
    return psutil.Process().memory_info().rss


@contextmanager
def of_its_own():
    """In the product each request begins with a sound connection. The tests' one transaction is so
    again after a statement that was ended in it."""
    place = transaction.savepoint()
    yield
    try:
        transaction.savepoint_commit(place)
    except DatabaseError:
        transaction.savepoint_rollback(place)


@dataclass
class Figures:
    """What the cases showed."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict = field(default_factory=dict)
    began: int = field(default_factory=rss)

    def add(self, seconds: float, status: int) -> None:
        self.seconds.append(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def grown_mb(self) -> float:
        return (rss() - self.began) / 2**20

    def report(self) -> str:
        took = sorted(self.seconds)
        p99, grown = took[int(len(took) * 0.99)] * 1000, self.grown_mb()
        return (
            f"{len(took)} cases, p99 {p99:.1f} ms, max {took[-1] * 1000:.1f} ms of the thread,"
            f" {grown:+.1f} MB, statuses {dict(sorted(self.statuses.items()))}"
        )


class Doors:
    """One namespace with a source of each kind."""

    def __init__(self):
        self.native, self.client = (
            Sender(a_source(trust="server")),
            Sender(a_source(trust="client")),
        )
        self.token = self.native.source.issue_secrets()["read_token"]
        self.foreign = {}
        for kind in ("segment", "sensors"):
            server = a_source(trust="server", format=kind)
            self.foreign[kind] = (
                a_source(trust="client", format=kind).key,
                server.issue_secrets()["read_token"],
            )
        self.http = Client(raise_request_exception=False)
        self.figures = Figures()
        self.rows = scalar(ROWS)
        self.sent = []

    def post(self, path: str, body: bytes, changed: dict, *, as_server: bool):
        self.sent.append((self.post, (path, body, dict(changed)), {"as_server": as_server}))
        content_type = changed.pop("content_type", "application/json")
        if path.startswith("api/"):
            sender = self.native if as_server else self.client
            headers = {**sender.headers(body), **changed}
            return self.ask("POST", f"/{path}", headers, data=body, content_type=content_type)
        kind = "segment" if path.startswith("v1/") else "sensors"
        key = self.foreign[kind][as_server]
        address = f"/{path}" if kind == "segment" else f"/{path}?project=default&token={key}"
        headers = {"authorization": f"Bearer {key}", **changed}
        return self.ask("POST", address, headers, data=body, content_type=content_type)

    def get(self, path: str, query: dict):
        self.sent.append((self.get, (path, dict(query)), {}))
        address = f"/{path}?{urlencode(query, errors='surrogatepass')}"
        return self.ask("GET", address, {"authorization": f"Bearer {self.token}"})

    def ask(self, method: str, address: str, headers: dict, **more):
        """The answer, and whether it took long; a second try tells a pause of the machine from a
        slow request."""
        throttle._seconds.clear()
        callers.remember(self.native.source)
        answers = []
        for _attempt in range(2):
            began = time.thread_time()
            with of_its_own():
                answers.append(self.http.generic(method, address, headers=headers, **more))
            took = time.thread_time() - began
            if took < SLOWEST_SECONDS:
                break
        self.figures.add(took, answers[0].status_code)
        assert took < SLOWEST_SECONDS, f"{took * 1000:.0f} ms"
        return answers[0]

    def nothing_half_stored(self, path: str, answer) -> None:
        before, self.rows = self.rows, scalar(ROWS)
        assert is_accepted(path, answer) or before == self.rows, (
            f"{answer.status_code} {answer.content[:300]}"
        )

    def again(self) -> float:
        """All of them once more, without whoever made them up: by how many MB that makes the
        product grow."""
        sent, self.sent = self.sent, []
        began = rss()
        for call, positional, named in sent:
            call(*positional, **named)
            self.sent.clear()
        return (rss() - began) / 2**20


def is_accepted(path: str, answer) -> bool:
    """Was anything stored?"""
    if answer.status_code == 202:
        return True
    if answer.status_code != 200 or path.startswith("api/"):
        return False
    told = json.loads(answer.content)
    return bool(told.get("accepted") or told.get("kept"))


def check(path: str, answer) -> None:
    """0 x 5xx, and a native refusal names its code, and its place where there is one."""
    assert answer.status_code < 500, answer.content[:500]
    if path.startswith("api/") and answer.status_code >= 400:
        told = json.loads(answer.content)
        complaints = told.get("rejected", [told])
        assert complaints
        for one in complaints:
            assert one["code"]
            assert one["detail"]
            assert one.get("path") or answer.status_code != 400 or one["code"] in WHOLE, told


# Refusals of the whole request, where there is no place inside it to name.
WHOLE = {
    "invalid_gzip",
    "incomplete_body",
    "length_required",
    "invalid_length",
    "which_customer",
    "invalid",
}
