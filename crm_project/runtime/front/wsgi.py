"""The application is asked in a thread, by WSGI, and its answer is there as a whole before anything
of it is sent: no thread waits for a caller."""

import io
import sys
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

import msgspec

from crm_project.runtime.front.bodies import BodyBytes
from crm_project.runtime.front.heads import Bad, Head
from crm_project.runtime.front.limits import FREE_BYTES

BODILESS = frozenset({"204", "304"})
OURS = frozenset({"connection", "transfer-encoding", "keep-alive"})  # said by us
MOST = "hutong.most_bytes"  # in the environ: an application that takes a larger body says so here
# In the environ: the application may park this request (`Parked`); what it then waited for.
MAY_PARK, PARKED = "hutong.may_park", "hutong.parked"
BROKEN = Bad(500, "internal", "Something is wrong on our side.")


class BodyWanted(BaseException):
    """The application has touched a body that is not there yet. It flies through every `except
    Exception`: nothing was decided."""


class Parked(BaseException):
    """The application waits for somebody outside, and its thread is wanted by others meanwhile: it
    is asked anew, from its beginning, when `future` is done, which stands at environ[PARKED]. It
    flies through every `except Exception`, and nothing may have been left undone."""

    def __init__(self, future: Future):
        super().__init__()
        self.future = future


class NotYet(io.RawIOBase):
    """Stands for such a body."""

    def readable(self) -> bool:
        return True

    def read(self, *_):
        raise BodyWanted

    readline = readlines = readinto = readall = __next__ = read


@dataclass(slots=True)
class Answer:
    """What is sent: `head` and then what `body` keeps."""

    head: bytes
    body: BodyBytes
    keeps: bool = True  # the connection may go on


@dataclass(slots=True)
class Started:
    """What the application has said to start_response."""

    status: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)


@lru_cache(maxsize=2)
def date(_second: int) -> str:
    return formatdate(usegmt=True)


def environ_of(
    head: Head, caller: tuple, server: tuple, body: io.RawIOBase, length: int | None
) -> dict:
    """`length`: of the body as it came in, chunked or not; None where nobody knows it yet."""
    environ = {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": head.path,
        "QUERY_STRING": head.query,
        "SERVER_PROTOCOL": f"HTTP/1.{head.minor}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": caller[0],
        "REMOTE_PORT": str(caller[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **head.headers,
    }
    if length is not None:
        environ["CONTENT_LENGTH"] = str(length)
    return environ


def answered(application, environ: dict, *, keeps: bool) -> Answer:
    """What the application answers; raises whatever it raises."""
    started, body = Started(), BodyBytes()

    def start_response(status, headers, exc_info=None):
        started.status, started.headers = status, headers
        return body.add

    parts = application(environ, start_response)
    try:
        for part in parts:
            body.add(part)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    return whole(started, body, keeps=keeps, is_head=environ["REQUEST_METHOD"] == "HEAD")


def whole(started: Started, body: BodyBytes, *, keeps: bool, is_head: bool) -> Answer:
    """The answer with its length; without a body where none may be."""
    lines, told = [f"HTTP/1.1 {started.status}"], {"content-length"}
    length = str(body.size)
    for name, value in started.headers:
        lower = name.lower()
        if lower == "content-length" and is_head and not body.size:
            length = value
        elif lower == "connection":
            keeps = keeps and value.lower() != "close"
        elif lower not in OURS and lower != "content-length":
            lines.append(f"{name}: {value}")
            told.add(lower)
    if "date" not in told:
        lines.append(f"Date: {date(int(time.time()))}")
    is_bodiless = started.status[:3] in BODILESS
    if not is_bodiless:
        lines.append(f"Content-Length: {length}")
    lines.append(f"Connection: {'keep-alive' if keeps else 'close'}")
    if is_bodiless or is_head:
        body.close()
        body = BodyBytes()
    return Answer("\r\n".join([*lines, "", ""]).encode("latin-1"), body, keeps)


def is_ask(environ: dict) -> bool:
    """Whether the application is asked for what it can say without the body, which has not come
    yet."""
    return isinstance(environ.get("wsgi.input"), NotYet)


def early_answer(application, environ: dict) -> Answer | None:
    """What the application answers without the body; None where it wants it, and then environ[MOST]
    says how much of it."""
    environ[MOST] = FREE_BYTES
    environ["wsgi.input"] = NotYet()
    try:
        return answered(application, environ, keeps=False)
    except BodyWanted:
        return None


def own(refused: Bad) -> Answer:
    """What we say ourselves, in the shape of the doors (RFC 9457); the last of its connection."""
    title = HTTPStatus(refused.status).phrase
    ident = uuid.uuid4().hex
    said = {
        "type": "about:blank",
        "title": title,
        "status": refused.status,
        "code": refused.code,
        "detail": refused.detail,
    }
    body = BodyBytes()
    body.add(msgspec.json.encode({**said, "request_id": ident}))
    headers = [("Content-Type", "application/problem+json"), ("X-Request-Id", ident)]
    return whole(Started(f"{refused.status} {title}", headers), body, keeps=False, is_head=False)
