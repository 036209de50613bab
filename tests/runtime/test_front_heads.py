"""Our reader of heads against h11's: whatever ours takes, h11 takes too, and both understand the
same."""

import h11
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm_project.runtime.front.heads import Bad, Head, parsed

METHODS = [b"GET", b"POST", b"HEAD", b"OPTIONS", b"get", b"PO ST", b""]
TARGETS = [
    b"/",
    b"/sa?x=1",
    b"/a%20b",
    b"//x",
    b"/#f",
    b"http://shop.example/sa?y=2",
    b"*",
    b"",
    b"/a b",
    b"/\x7f",
    b"/\t",
]
VERSIONS = [b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"http/1.1", b"HTTP/11", b""]
NAMES = [
    b"Host",
    b"Content-Length",
    b"Transfer-Encoding",
    b"Connection",
    b"Expect",
    b"X-A",
    b"content-length",
    b"Content_Length",
    b"",
    b"X A",
    b"X\x00",
]
VALUES = [
    b"a.example",
    b"0",
    b"5",
    b"05",
    b"+5",
    b"-1",
    b"5, 5",
    b"1e3",
    b"chunked",
    b"Chunked",
    b"gzip, chunked",
    b"identity",
    b"close",
    b"",
    b" 5 ",
]
ENDS = [b"\r\n", b"\n", b"\r", b"\r\n "]

header = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from([b":", b": ", b" :", b":\t", b""]),
    st.sampled_from(VALUES),
    st.sampled_from(ENDS),
).map(b"".join)
wild = st.binary(max_size=12).map(lambda said: b"X: " + said + b"\r\n")
heads = st.builds(
    lambda start, lines: b" ".join(start) + b"\r\n" + b"".join(lines) + b"\r\n",
    st.tuples(st.sampled_from(METHODS), st.sampled_from(TARGETS), st.sampled_from(VERSIONS)),
    st.lists(header | st.just(b"Host: a.example\r\n") | wild, max_size=5),
)


def understood(raw: bytes) -> h11.Request | None:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(raw)
    try:
        event = connection.next_event()
    except h11.RemoteProtocolError:
        return None
    return event if isinstance(event, h11.Request) else None


def framed(request: h11.Request) -> tuple[int, bool]:
    """(length, is chunked) as h11 reads the body; what it takes from Transfer-Encoding wins over a
    length."""
    headers = dict(request.headers)
    if b"transfer-encoding" in headers:
        return 0, True
    return int(headers.get(b"content-length", 0)), False


def ours(raw: bytes) -> Head | None:
    try:
        return parsed(raw)
    except Bad:
        return None


@settings(max_examples=300, deadline=None)
@given(heads)
@example(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")
@example(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n")
@example(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n")
@example(b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n")
def test_whatever_is_taken_is_what_others_understand(raw):
    mine = ours(raw)
    if mine is None:
        return

    theirs = understood(raw)
    assert theirs is not None, raw
    assert (mine.method.encode(), mine.minor) == (
        theirs.method,
        min(int(theirs.http_version[2:]), 1),
    )
    assert (mine.length, mine.is_chunked) == framed(theirs)
    assert theirs.target.partition(b"?")[2].decode("latin-1") == mine.query


def test_ordinary_requests_are_taken():
    raw = (
        b"POST /v1/track?a=1 HTTP/1.1\r\nHost: shop.example:8000\r\nContent-Length: 5\r\nExpect:"
        b" 100-continue\r\n\r\n"
    )
    head = ours(raw)
    assert (head.method, head.path, head.query, head.length, head.awaits, head.keeps) == (
        "POST",
        "/v1/track",
        "a=1",
        5,
        True,
        True,
    )
