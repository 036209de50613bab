"""The head of a request, read strictly: what two readers could understand differently is refused
(RFC 9112; request smuggling)."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from crm_project.runtime.front.limits import MOST_HEADERS, MOST_TARGET_BYTES

# A target has no control characters, spaces or fragments; bytes beyond ASCII are no URL, but
# clients that print them into it exist.
_start = re.compile(rb"([A-Z]{1,20}) ([!\"$-~\x80-\xff]+) HTTP/1\.([0-9])").fullmatch
_name = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_value = rb"[\t\x20-\x7e\x80-\xff]*"
_fields = re.compile(rb"(?:%b:%b\r\n)*" % (_name, _value)).fullmatch
_field = re.compile(rb"(%b):[\t ]*(%b)\r\n" % (_name, _value)).findall
_absolute = re.compile(rb"[Hh][Tt][Tt][Pp][Ss]?://([^/?#]+)(.*)", re.DOTALL).fullmatch
_length = re.compile(rb"[0-9]{1,15}").fullmatch
_host = re.compile(rb"[A-Za-z0-9.:\[\]_%~-]*").fullmatch

ONCE = frozenset(
    {"CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_HOST", "HTTP_TRANSFER_ENCODING", "HTTP_AUTHORIZATION"}
)


class Bad(Exception):
    """The request is refused by us; the connection does not go on, since nobody knows where the
    next request begins."""

    def __init__(self, status: int, code: str, detail: str):
        self.status, self.code, self.detail = status, code, detail
        super().__init__(detail)


@dataclass(slots=True)
class Head:
    method: str
    path: str  # as WSGI has it: percent-decoded bytes in latin-1
    query: str
    minor: int  # of HTTP/1.x
    headers: dict[str, str] = field(default_factory=dict)  # by their WSGI names
    length: int = 0
    is_chunked: bool = False

    @property
    def keeps(self) -> bool:
        """Whether the caller wants the connection to go on."""
        told = {word.strip() for word in self.headers.get("HTTP_CONNECTION", "").lower().split(",")}
        return "close" not in told if self.minor else "keep-alive" in told

    @property
    def awaits(self) -> bool:
        """Whether the caller sends the body only when we say so."""
        return bool(self.minor) and self.headers.get("HTTP_EXPECT", "").lower() == "100-continue"


def parsed(raw: bytes) -> Head:
    """The head in `raw`, which ends with an empty line; Bad where it is none."""
    start, _end, lines = raw.partition(b"\r\n")
    if len(start) > MOST_TARGET_BYTES:
        raise Bad(414, "target_too_long", "The address is too long.")
    first = _start(start)
    if first is None:
        raise Bad(400, "invalid_request", "This is no request of HTTP/1.1.")
    fields = lines[:-2]
    if not _fields(fields):
        raise Bad(400, "invalid_header", "A header is malformed.")
    path, query, host = split(first[2])
    head = Head(first[1].decode(), path, query, min(int(first[3]), 1), headers_of(_field(fields)))
    check_host(head)  # also where the target names another, which then counts
    if host:
        head.headers["HTTP_HOST"] = host
        check_host(head)
    frame(head)
    return head


def split(target: bytes) -> tuple[str, str, str]:
    """Path and query; the host too where the target names it."""
    host = b""
    if absolute := _absolute(target):
        host, target = absolute[1], absolute[2]
        target = target if target.startswith(b"/") else b"/" + target
    if not target.startswith(b"/"):
        raise Bad(400, "invalid_request", "The address begins with a slash.")
    path, _mark, query = target.partition(b"?")
    return unquote_to_bytes(path).decode("latin-1"), query.decode("latin-1"), host.decode("latin-1")


def headers_of(fields: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """By their WSGI names. A name with an underscore would pass for one with a hyphen: it is left
    out."""
    if len(fields) > MOST_HEADERS:
        raise Bad(431, "too_many_headers", f"A request may have {MOST_HEADERS} headers.")
    headers: dict[str, str] = {}
    for raw, value in fields:
        if b"_" in raw:
            continue
        name = raw.decode().upper().replace("-", "_")
        if name not in {"CONTENT_LENGTH", "CONTENT_TYPE"}:
            name = f"HTTP_{name}"
        text = value.rstrip(b"\t ").decode("latin-1")
        if name not in headers:
            headers[name] = text
        elif name in ONCE:
            raise Bad(400, "repeated_header", "A header is repeated that may stand only once.")
        else:
            headers[name] += ("; " if name == "HTTP_COOKIE" else ",") + text
    return headers


def check_host(head: Head) -> None:
    host = head.headers.get("HTTP_HOST")
    if (host is None and head.minor) or not _host((host or "").encode("latin-1")):
        raise Bad(400, "invalid_host", "The header Host is missing or malformed.")


def frame(head: Head) -> None:
    """How long the body is. Two statements about it, or one that is not understood, are an attack
    or a mistake."""
    length, coding = (
        head.headers.get("CONTENT_LENGTH"),
        head.headers.pop("HTTP_TRANSFER_ENCODING", None),
    )
    if coding is not None:
        if length is not None or not head.minor:
            raise Bad(
                400, "invalid_length", "Content-Length and Transfer-Encoding exclude each other."
            )
        if coding.lower() != "chunked":
            raise Bad(501, "unknown_coding", "Transfer-Encoding may be chunked.")
        head.is_chunked = True
    elif length is not None:
        if not _length(length.encode("latin-1")):
            raise Bad(400, "invalid_length", "Content-Length is not a number.")
        head.length = int(length)
