"""The web's front: whole requests reach the application, and whoever is slow, greedy or ambiguous
holds nobody up."""

import contextlib
import io
import itertools
import socket
import threading
import time
from concurrent.futures import Future

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_project.runtime.front import bodies, heads, limits, wsgi
from crm_project.runtime.front.server import Server
from crm_project.runtime.front.unfinished import Unfinished

HOST = b"Host: x\r\n"
SHORT = 0.15
PATIENCE = 60


def told(environ, start_response):
    """What it was asked, as text. /early looks at no body, /large takes 4 MB, /broken breaks off,
    /wide answers 8 MB."""
    path = environ["PATH_INFO"]
    if path == "/early":
        start_response("401 Unauthorized", [("Content-Type", "text/plain")])
        return [b"who?"]
    if path == "/large":
        environ[wsgi.MOST] = 4 << 20
    body = environ["wsgi.input"].read()
    if path == "/broken":
        return iter(lambda: 1 / 0, None)
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/wide":
        return [b"x" * (8 << 20)]
    said = body.decode() if len(body) < 1000 else f"{len(body)} bytes"
    return [f"{environ['REQUEST_METHOD']} {path} {environ['CONTENT_LENGTH']} {said}|".encode()]


class Front:
    """A server in a thread of ours, and callers."""

    def __init__(self, application=told, threads: int = 2):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.server = Server(application, self.listener, threads)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.open = contextlib.ExitStack()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.open.close()
        self.server.loop.call_soon_threadsafe(self.server.stop)
        for thread in (self.thread, *self.server.threads):
            thread.join(PATIENCE)
        self.listener.close()

    def caller(self, *parts: bytes, pause: float = 0.02) -> socket.socket:
        """Somebody who has sent these parts, one after the other."""
        caller = self.open.enter_context(
            socket.create_connection(self.listener.getsockname(), timeout=PATIENCE)
        )
        for number, part in enumerate(parts):
            if number:
                time.sleep(pause)
            caller.sendall(part)
        return caller

    def said(self, *parts: bytes, ends: bool = True, **more) -> bytes:
        """All that they are answered until the connection is closed."""
        caller = self.caller(*parts, **more)
        if ends:
            caller.shutdown(socket.SHUT_WR)
        return rest(caller)


def rest(caller: socket.socket) -> bytes:
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while data := caller.recv(1 << 16):
            found += data
    return found


def texts(said: bytes) -> list[str]:
    """The bodies of several answers of `told`."""
    return [part.rpartition(b"\r\n\r\n")[2].decode() for part in said.split(b"|")[:-1]]


def post(path: str, body: bytes, *headers: bytes) -> bytes:
    return b"POST %b HTTP/1.1\r\n%bContent-Length: %d\r\n%b\r\n%b" % (
        path.encode(),
        HOST,
        len(body),
        b"".join(headers),
        body,
    )


@pytest.fixture
def front():
    with Front() as front:
        yield front


@pytest.fixture
def short(monkeypatch):
    """All time-outs a moment long."""
    for name in ("FIRST_SECONDS", "HEAD_SECONDS", "MOVING_SECONDS", "LINGER_SECONDS"):
        monkeypatch.setattr(limits, name, SHORT)
    monkeypatch.setattr(limits, "LOOK_SECONDS", 0.02)


# --- whole requests


def test_requests_of_one_connection_are_answered_in_their_order(front):
    raw = (
        b"GET /a?x=1 HTTP/1.1\r\n%b\r\n" % HOST
        + post("/b", b"body")
        + b"GET /%%e4%%b8%%ad HTTP/1.1\r\n%b\r\n" % HOST
    )

    assert texts(front.said(raw)) == ["GET /a 0 ", "POST /b 4 body", "GET /ä¸\xad 0 "]


def test_a_chunked_body_arrives_like_any_other(front):
    head = b"POST /b HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\n\r\n" % HOST

    assert texts(
        front.said(
            head, b"3\r\nabc\r\n2;x=y\r\nd", b"e\r\n0\r\nTrailer: z\r\n\r\n" + post("/c", b"f")
        )
    ) == [
        "POST /b 5 abcde",
        "POST /c 1 f",
    ]


def test_the_connection_goes_on_only_where_both_want_it(front):
    assert front.said(b"GET / HTTP/1.0\r\n\r\n", ends=False).count(b"Connection: close") == 1
    assert (
        front.said(b"GET / HTTP/1.1\r\n%bConnection: close\r\n\r\n" % HOST, ends=False).count(
            b"HTTP/1.1 200"
        )
        == 1
    )


def test_an_answer_to_head_has_the_length_and_no_body(front):
    head, _end, body = front.said(b"HEAD / HTTP/1.1\r\n%b\r\n" % HOST).partition(b"\r\n\r\n")

    assert b"Content-Length: 10" in head
    assert body == b""


def test_an_upgrade_that_we_do_not_know_is_an_ordinary_request(front):
    """So asks Java's own client, also when it posts."""
    upgrade = (
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings:"
        b" AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"
    )

    assert texts(front.said(post("/b", b"body", upgrade))) == ["POST /b 4 body"]


def test_the_body_is_sent_once_we_say_so(front):
    caller = front.caller(
        post("/b", b"", b"Expect: 100-continue\r\n").replace(
            b"Content-Length: 0", b"Content-Length: 4"
        )
    )

    assert caller.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    caller.sendall(b"body")
    caller.shutdown(socket.SHUT_WR)
    assert texts(rest(caller)) == ["POST /b 4 body"]


def test_an_application_that_breaks_off_closes_the_connection_without_an_answer(front):
    assert front.said(b"GET /broken HTTP/1.1\r\n%b\r\n" % HOST, ends=False) == b""


def test_a_body_that_ends_before_its_end_is_refused(front):
    assert b'"code":"incomplete_body"' in front.said(post("/b", b"body")[:-1])


# --- what two readers could understand differently


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (
            (
                b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding:"
                b" chunked\r\n\r\n"
            ),
            400,
            "invalid_length",
        ),
        (
            (
                b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding:"
                b" chunked\r\n\r\n"
            ),
            400,
            "repeated_header",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            501,
            "unknown_coding",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
            501,
            "unknown_coding",
        ),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "invalid_length"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
            400,
            "repeated_header",
        ),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\n", 400, "invalid_length"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\n", 400, "invalid_length"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, "invalid_length"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x3\r\n\r\n", 400, "invalid_length"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
            400,
            "invalid_length",
        ),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\n", 400, "invalid_header"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400, "invalid_header"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\nY: b\r\n\r\n", 400, "invalid_header"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\rY: b\r\n\r\n", 400, "invalid_header"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\0\r\n\r\n", 400, "invalid_header"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "repeated_header"),
        (b"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400, "invalid_host"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "invalid_host"),
        (b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "invalid_request"),
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400, "invalid_request"),
        (b"GET /\r\n\r\n", 400, "invalid_request"),
        (b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "invalid_request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, "invalid_request"),
        (
            b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n" % (b"x" * limits.MOST_TARGET_BYTES),
            414,
            "target_too_long",
        ),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\n%b\r\n" % (b"X: y\r\n" * limits.MOST_HEADERS),
            431,
            "too_many_headers",
        ),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\nX: %b\r\n\r\n" % (b"y" * limits.MOST_HEAD_BYTES),
            431,
            "head_too_large",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            400,
            "invalid_chunk",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
            400,
            "invalid_chunk",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
            400,
            "invalid_chunk",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%b" % (b"0" * 2000),
            400,
            "invalid_chunk",
        ),
    ],
)
def test_an_ambiguous_request_is_refused_and_ends_the_connection(front, raw, status, code):
    said = front.said(raw + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")

    assert said.startswith(b"HTTP/1.1 %d " % status)
    assert b'"code":"%b"' % code.encode() in said
    assert said.count(b"Content-Length: ") == 1


def test_a_header_with_an_underscore_does_not_pass_for_another():
    head = heads.parsed(
        b"GET / HTTP/1.1\r\nHost: x\r\nX_Forwarded_For: 1.2.3.4\r\nX-A: b\r\nx-a: c\r\nCookie:"
        b" d\r\nCookie: e\r\n\r\n"
    )

    assert head.headers == {"HTTP_HOST": "x", "HTTP_X_A": "b,c", "HTTP_COOKIE": "d; e"}


@given(st.binary(max_size=300))
def test_any_bytes_are_a_head_or_refused(raw):
    with contextlib.suppress(heads.Bad):
        heads.parsed(raw + b"\r\n\r\n")


PIECES = (
    post("/b", b"0123456789") + b"POST /c HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\n\r\n" % HOST
)
PIECES += (
    b"a\r\n0123456789\r\n00b\r\n0123456789a\r\n0\r\nT: v\r\n\r\nGET /d HTTP/1.1\r\n%b\r\n" % HOST
)


@settings(max_examples=20, deadline=None)
@given(cuts=st.sets(st.integers(1, len(PIECES) - 1), max_size=12))
def test_a_request_may_come_in_any_pieces(cuts):
    edges = [0, *sorted(cuts), len(PIECES)]
    with Front() as front:
        said = front.said(*[PIECES[a:b] for a, b in itertools.pairwise(edges)], pause=0.001)

    assert texts(said) == ["POST /b 10 0123456789", "POST /c 21 01234567890123456789a", "GET /d 0 "]


@given(
    content=st.binary(max_size=200),
    sizes=st.lists(st.integers(1, 50)),
    cuts=st.sets(st.integers(0, 600), max_size=8),
)
def test_chunks_of_any_size_cut_anywhere_are_the_body(content, sizes, cuts):
    left, raw = content, b""
    for size in sizes:
        raw += b"%x\r\n%b\r\n" % (len(left[:size]), left[:size]) if left else b""
        left = left[size:]
    raw += (b"%X\r\n%b\r\n" % (len(left), left) if left else b"") + b"0\r\n\r\nnext"
    body, after, edges = (
        bodies.Chunked(),
        b"",
        [0, *sorted(cut for cut in cuts if cut < len(raw)), len(raw)],
    )
    for a, b in itertools.pairwise(edges):
        after += body.take(raw[a:b])

    assert (bytes(body.kept.memory), after, body.is_whole) == (content, b"next", True)


# --- who is slow


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"GET / HT", b"HTTP/1.1 408 "),
        (post("/b", b"body").replace(b"body", b"b"), b"HTTP/1.1 408 "),
        (
            b"POST /b HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\n\r\n3\r\na" % HOST,
            b"HTTP/1.1 408 ",
        ),
    ],
)
def test_an_unfinished_request_is_over_after_its_time(front, sent, answer):
    assert front.said(sent, ends=False)[: len(answer) or None] == answer


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\nX: ", post("/b", b"x" * 1000)[:-1000]])
def test_a_byte_now_and_then_does_not_prolong_it(front, begun):
    caller, began = front.caller(begun), time.monotonic()
    with contextlib.suppress(OSError):
        while time.monotonic() < began + PATIENCE:
            caller.sendall(b"x")
            time.sleep(SHORT / 5)

    assert time.monotonic() < began + PATIENCE


def test_whoever_waits_between_two_requests_is_let_go_later(front, monkeypatch):
    monkeypatch.setattr(limits, "IDLE_SECONDS", SHORT)

    assert front.said(b"GET / HTTP/1.1\r\n%b\r\n" % HOST, ends=False).startswith(b"HTTP/1.1 200")


@pytest.mark.usefixtures("short")
def test_who_does_not_read_his_answer_is_let_go_and_holds_no_thread():
    with Front(threads=1) as front:
        slow = front.caller(b"GET /wide HTTP/1.1\r\n%b\r\n" % HOST)
        assert texts(front.said(post("/b", b"body"))) == ["POST /b 4 body"]
        time.sleep(SHORT * 3)
        assert len(rest(slow)) < 8 << 20


def test_a_long_answer_arrives_whole(front):
    said = front.said(b"GET /wide HTTP/1.1\r\n%b\r\n" % HOST)

    assert len(said.partition(b"\r\n\r\n")[2]) == 8 << 20


def test_half_said_requests_hold_no_thread():
    with Front(threads=1) as front:
        for sent in [b"", b"GET /", post("/b", b"body")[:-1]] * 20:
            front.caller(sent)

        assert texts(front.said(post("/b", b"body"))) == ["POST /b 4 body"]


# --- who gives way


def test_the_oldest_unfinished_of_an_address_gives_way_and_no_other():
    places = Unfinished(most=5, most_per_address=2)

    assert [places.add(*one) for one in [(1, "a"), (2, "a"), (3, "b"), (1, "a")]] == [None] * 4
    assert places.add(4, "a") == 1
    places.remove(2)
    assert [places.add(n, f"c{n}") for n in (5, 6, 7)] == [None] * 3
    assert places.add(8, "d") == 3
    assert list(places) == [4, 5, 6, 7, 8]
    assert set(places.of) == {"a", "c5", "c6", "c7", "d"}


def test_kept_connections_are_not_counted_and_unfinished_ones_give_way(front):
    front.server.unfinished.most_per_address = 3
    kept = [front.caller(b"GET / HTTP/1.1\r\n%b\r\n" % HOST) for _n in range(8)]
    for caller in kept:
        assert caller.recv(1000).startswith(b"HTTP/1.1 200")
    half = [front.caller(b"GET /") for _n in range(4)]

    assert half[0].recv(100) == b""
    kept[0].sendall(post("/b", b"body", b"Connection: close\r\n"))
    assert texts(rest(kept[0])) == ["POST /b 4 body"]
    half[3].sendall(b" HTTP/1.0\r\n\r\n")
    assert texts(rest(half[3])) == ["GET / 0 "]


def test_the_longest_idle_gives_way_when_there_are_no_places(front):
    front.server.most = 2
    first, second = (front.caller(b"GET / HTTP/1.1\r\n%b\r\n" % HOST) for _n in range(2))
    assert second.recv(1000).startswith(b"HTTP/1.1 200")

    assert texts(front.said(post("/b", b"body"))) == ["POST /b 4 body"]
    assert rest(first).count(b"HTTP/1.1 200") == 1


def test_slow_bodies_give_way_when_memory_is_short(front, monkeypatch):
    monkeypatch.setattr(limits, "HELD_BYTES", 100_000)
    monkeypatch.setattr(limits, "GRACE_SECONDS", 0.05)
    slow = front.caller(post("/b", b"x" * 90_000)[:-1])
    time.sleep(0.1)

    assert texts(front.said(post("/b", b"x" * 50_000)[:-1], b"x")) == ["POST /b 50000 50000 bytes"]
    assert rest(slow) == b""
    assert front.server.held.memory == 0


def test_answers_that_nobody_takes_give_way_when_files_are_short(front, monkeypatch):
    monkeypatch.setattr(limits, "FILED_BYTES", 12 << 20)
    monkeypatch.setattr(limits, "GRACE_SECONDS", 0.05)
    slow = [front.caller(b"GET /wide HTTP/1.1\r\n%b\r\n" % HOST)]
    time.sleep(0.2)
    slow.append(front.caller(b"GET /wide HTTP/1.1\r\nConnection: close\r\n%b\r\n" % HOST))
    time.sleep(0.2)

    assert [len(rest(one)) > 8 << 20 for one in slow] == [False, True]
    assert front.server.held.files == 0


# --- bodies that somebody must want


@pytest.mark.parametrize(
    "sent",
    [
        post("/early", b"body")[:-1],
        post("/early", b"", b"Expect: 100-continue\r\n").replace(
            b"Content-Length: 0", b"Content-Length: 4"
        ),
        post("/early", b"").replace(b"Content-Length: 0", b"Content-Length: 200000000")
        + b"x" * 100_000,
        b"POST /early HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\n\r\n" % HOST,
    ],
)
def test_who_is_refused_by_the_head_need_not_send_the_body(front, monkeypatch, sent):
    monkeypatch.setattr(limits, "GRACE_SECONDS", SHORT)

    said = front.said(sent, ends=False)

    assert said.startswith(b"HTTP/1.1 401 ")
    assert said.endswith(b"Connection: close\r\n\r\nwho?")


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/b", 1 << 20, 200),
        ("/b", (1 << 20) + 1, 413),
        ("/large", 4 << 20, 200),
        ("/large", 5 << 20, 413),
    ],
)
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_is_as_large_as_the_application_takes(front, path, size, status, is_chunked):
    body = b"x" * size
    sent = post(path, body)
    if is_chunked:
        sent = b"POST %b HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (
            path.encode(),
            HOST,
            size,
            body,
        )

    said = front.said(sent)

    assert said.startswith(b"HTTP/1.1 %d " % status)
    if status == 200:
        assert texts(said) == [f"POST {path} {size} {size} bytes"]


def test_a_slow_body_is_handled_once_it_is_whole(front, monkeypatch):
    monkeypatch.setattr(limits, "GRACE_SECONDS", 0.02)
    monkeypatch.setattr(limits, "LOOK_SECONDS", 0.02)

    assert texts(front.said(post("/b", b"body")[:-2], b"dy", pause=0.2)) == ["POST /b 4 body"]


def test_a_body_that_is_not_there_yet_cannot_be_taken_for_an_empty_one():
    for act in (wsgi.NotYet.read, wsgi.NotYet.readline, wsgi.NotYet.readinto, next):
        with pytest.raises(wsgi.BodyWanted):
            act(wsgi.NotYet())
    with pytest.raises(wsgi.BodyWanted):
        io.BufferedReader(wsgi.NotYet()).read()


class Waiting:
    """An application that waits for somebody outside at /wait, once."""

    def __init__(self):
        self.futures, self.asked = [], 0

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read()
        if environ["PATH_INFO"] == "/wait":
            self.asked += 1
            if wsgi.PARKED not in environ:
                self.futures.append(Future())
                raise wsgi.Parked(self.futures[-1])
            body += environ[wsgi.PARKED].result()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [body + b"|"]


def test_who_waits_for_somebody_outside_holds_no_thread():
    outside = Waiting()
    with Front(outside, threads=1) as front:
        callers = [socket.create_connection(front.listener.getsockname()) for _n in range(5)]
        for caller in callers:
            caller.settimeout(PATIENCE)
            caller.sendall(post("/wait", b"body"))
        until = time.monotonic() + PATIENCE
        while len(outside.futures) < 5 and time.monotonic() < until:
            time.sleep(0.01)

        assert texts(front.said(post("/other", b"meanwhile"))) == ["meanwhile"]
        callers.pop().close()  # one has gone, and is not asked for again
        for future in outside.futures:
            future.set_result(b" answered")
        for caller in callers:
            assert caller.recv(4096).endswith(b"body answered|")
            caller.close()


def test_a_failure_of_who_was_waited_for_is_the_applications():
    outside = Waiting()
    with Front(outside, threads=1) as front:
        caller = socket.create_connection(front.listener.getsockname())
        caller.settimeout(PATIENCE)
        caller.sendall(post("/wait", b""))
        while not outside.futures:
            time.sleep(0.01)
        outside.futures[0].set_exception(ValueError())

        assert caller.recv(4096) == b""  # as with any application that breaks off
        caller.close()
        assert texts(front.said(post("/other", b"well"))) == ["well"]
