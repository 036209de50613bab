"""One caller's connection: what has come, what is being answered, and until when we wait for what
is missing.

Everything here happens in the thread of the loop; only the application runs elsewhere, and
`answered` or `wanted` follows in the loop again.
"""

import contextlib
import enum
import socket
from concurrent.futures import Future

from crm_project.runtime.front import bodies, heads, limits, wsgi
from crm_project.runtime.front.heads import Bad, Head


class State(enum.Enum):
    READING = "reading"  # a head, or a body
    ASKING = "asking"  # the application, whether it wants the body
    HANDLING = "handling"
    SENDING = "sending"
    IDLE = "idle"
    LINGERING = "lingering"
    CLOSED = "closed"


class CallerConnection:
    __slots__ = (
        "address", "answer", "asked", "body", "buffer", "caller", "deadline", "had_end", "head", "held", "is_paused", "moved",  # noqa: E501
        "parked", "server", "since", "sock", "state", "unsent",
    )  # fmt: skip

    def __init__(self, server, sock: socket.socket, caller: tuple, address: str, now: float):
        self.server, self.sock, self.caller, self.address = server, sock, caller, address
        self.state, self.since, self.deadline = State.READING, now, now + limits.FIRST_SECONDS
        self.buffer, self.held, self.moved = b"", (0, 0), 0
        self.head: Head | None = None
        self.body: bodies.Sized | bodies.Chunked | None = None
        self.answer: wsgi.Answer | None = None
        self.unsent = b""
        self.parked: Future | None = None  # for whom its request has waited
        self.asked = self.had_end = self.is_paused = False

    def holds(self) -> tuple[int, int]:
        """Bytes that are held for this caller, in memory and in files."""
        memory, files = len(self.buffer) + len(self.unsent), 0
        for kept in (self.body and self.body.kept, self.answer and self.answer.body):
            if kept:
                memory += len(kept.memory)
                files += kept.size if kept.file else 0
        return memory, files

    # --- coming in

    def readable(self) -> None:
        try:
            data = self.sock.recv(limits.READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.close()
            return
        if not data:
            self.ended()
        elif self.state is State.LINGERING:
            self.moved += len(data)
            if self.moved > limits.MOST_LINGER_BYTES:
                self.close()
        else:
            self.moved += len(data)
            self.buffer = self.buffer + data if self.buffer else data
            self.advance()

    def ended(self) -> None:
        """The caller sends no more. Who has asked gets the answer yet."""
        self.had_end = True
        if self.state in {State.HANDLING, State.SENDING, State.ASKING}:
            self.pause()
        elif self.state is State.READING and self.head:
            self.refuse(Bad(400, "incomplete_body", "The body ended before its end."))
        else:
            self.close()

    def advance(self) -> None:
        """As far as what has come reaches."""
        try:
            if self.state is State.IDLE and self.buffer:
                self.begin()
            if self.state is State.READING:
                self.read_on()
            elif len(self.buffer) > limits.MOST_AHEAD_BYTES:
                self.pause()
        except Bad as refused:
            self.refuse(refused)
        self.server.note(self)

    def begin(self) -> None:
        """The first byte of the next request is here."""
        self.state, self.since = State.READING, self.server.now()
        self.deadline, self.moved = self.since + limits.HEAD_SECONDS, len(self.buffer)

    def read_on(self) -> None:
        if self.head is None and not self.has_head():
            return
        if not self.body.is_whole:
            self.buffer = self.body.take(self.buffer)
            self.deadline = self.since + limits.MOVING_SECONDS + self.moved / limits.SLOWEST_BYTES
        if self.body.is_whole:
            self.state = State.HANDLING
            self.server.handle(self)
        elif not self.asked and (self.head.awaits or self.body.announced > limits.FREE_BYTES):
            self.ask()

    def has_head(self) -> bool:
        if self.buffer.startswith(b"\r\n"):
            self.buffer = self.buffer.lstrip(b"\r\n")
        end = self.buffer.find(b"\r\n\r\n", 0, limits.MOST_HEAD_BYTES)
        if end < 0:
            if len(self.buffer) >= limits.MOST_HEAD_BYTES:
                raise Bad(431, "head_too_large", "The headers are too large.")
            return False
        self.head = heads.parsed(self.buffer[: end + 4])
        self.buffer = self.buffer[end + 4 :]
        self.body = bodies.Chunked() if self.head.is_chunked else bodies.Sized(self.head.length)
        self.asked, self.since = False, self.server.now()
        return True

    # --- a body that takes its time

    def ask(self) -> None:
        """The application says what it can say without the body; nothing more is read meanwhile."""
        self.state = State.ASKING
        self.pause()
        self.server.ask(self)

    def wanted(self, most: int) -> None:
        """The application wants the body, so many bytes at most."""
        if self.state is not State.ASKING:
            return
        if self.body.announced > most:
            self.refuse(Bad(413, "too_large", "The request is too large: send less at a time."))
        else:
            self.state, self.asked = State.READING, True
            self.since = self.server.now()
            self.deadline = self.since + limits.MOVING_SECONDS
            if self.head.awaits:
                with contextlib.suppress(OSError):
                    self.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.resume()
        self.server.note(self)

    # --- going out

    def refuse(self, refused: Bad) -> None:
        self.server.let_go[refused.code] += 1
        self.say(wsgi.own(refused))

    def say(self, answer: wsgi.Answer | None) -> None:
        """This is sent; None: the caller gets no answer, and can tell by that."""
        if answer is None or self.state is State.CLOSED:
            self.close()
            return
        self.answer, self.state = answer, State.SENDING
        self.since, self.moved = self.server.now(), 0
        small = answer.body.file is None
        self.unsent = answer.head + bytes(answer.body.memory) if small else answer.head
        if not small:
            answer.body.file.seek(0)
        self.send()

    def send(self) -> None:
        try:
            while self.unsent:
                sent = self.sock.send(self.unsent)
                self.moved += sent
                self.unsent = self.unsent[sent:]
                if not self.unsent and self.answer.body.file:
                    self.unsent = self.answer.body.file.read(limits.READ_BYTES)
        except (BlockingIOError, InterruptedError):
            # The kernel takes much that the caller has not taken yet: a standstill is looked at
            # too.
            self.deadline = (
                min(self.since + self.moved / limits.SLOWEST_BYTES, self.server.now())
                + limits.MOVING_SECONDS
            )
            self.server.when_writable(self)
            self.server.note(self)
            return
        except OSError:
            self.close()
            return
        self.sent()

    def sent(self) -> None:
        answer, is_whole = self.answer, self.body is not None and self.body.is_whole
        self.server.when_writable(self, wanted=False)
        self.forget()
        if not answer.keeps:
            self.leave(lingers=bool(self.buffer) or not is_whole)
            return
        self.state = State.IDLE
        if self.buffer:
            self.advance()
        if self.had_end:
            if self.state in {State.IDLE, State.READING}:
                self.close()
        elif self.is_paused and self.state is not State.ASKING:
            self.resume()
        self.server.note(self)

    def leave(self, *, lingers: bool) -> None:
        """No more is said. What is on its way from the caller is read before we close, or he might
        not see the answer."""
        if self.had_end or not lingers:
            self.close()
            return
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
        self.state, self.deadline, self.moved, self.buffer = (
            State.LINGERING,
            self.server.now() + limits.LINGER_SECONDS,
            0,
            b"",
        )
        self.resume()
        self.server.note(self)

    # --- the end

    def overdue(self, now: float) -> None:
        """Looked at while it is unfinished."""
        if now < self.deadline:
            is_slow = (
                self.head is not None and not self.asked and now > self.since + limits.GRACE_SECONDS
            )
            if self.state is State.READING and is_slow:
                self.ask()
        elif self.state is State.READING and (self.head or self.buffer):
            self.refuse(Bad(408, "too_slow", "The request did not come in time."))
        elif self.state is State.LINGERING:
            self.close()
        elif self.state is not State.ASKING:
            self.let_go("silent" if self.state is State.READING else "not_taken")

    def let_go(self, why: str) -> None:
        self.server.let_go[why] += 1
        self.close()

    def forget(self) -> None:
        """What belongs to the request that is answered now."""
        if self.body:
            self.body.kept.close()
        if self.answer:
            self.answer.body.close()
        self.head = self.body = self.answer = self.parked = None
        self.unsent = b""

    def close(self) -> None:
        if self.state is State.CLOSED:
            return
        if self.state in {State.HANDLING, State.ASKING}:
            self.body = None  # a thread reads it
        self.state = State.CLOSED
        self.server.gone(self)
        self.sock.close()
        self.buffer = b""
        self.forget()

    def pause(self) -> None:
        if not self.is_paused:
            self.is_paused = True
            self.server.when_readable(self, wanted=False)

    def resume(self) -> None:
        if self.is_paused and self.state is not State.CLOSED:
            self.is_paused = False
            self.server.when_readable(self)
