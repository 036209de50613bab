"""The loop of one web process: it accepts, reads, sends and looks after time; a few threads ask the
application.

Who connects gets a place at once, whatever the threads do. When places or memory are short, the
oldest unfinished request gives way.
"""

import asyncio
import contextlib
import queue
import resource
import socket
import threading
import time
from collections import Counter, OrderedDict, deque
from concurrent.futures import Future

import structlog

from crm_project.runtime.front import limits, wsgi
from crm_project.runtime.front.connections import CallerConnection, State
from crm_project.runtime.front.held import Held
from crm_project.runtime.front.unfinished import Unfinished
from crm_project.web.addresses import network

log = structlog.get_logger("hutong.web")


def most_connections() -> int:
    """As many as we have descriptors for, which are raised as far as we may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.MOST_CONNECTIONS + limits.SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return (
        limits.MOST_CONNECTIONS
        if soft == resource.RLIM_INFINITY
        else max(1, min(limits.MOST_CONNECTIONS, soft - limits.SPARE_FILES))
    )


class Server:
    """Serves `listener`, which it does not own, with `application` in so many threads. Made and run
    in one thread."""

    now = staticmethod(time.monotonic)

    def __init__(self, application, listener: socket.socket, threads: int):
        self.application, self.listener = application, listener
        self.listener.setblocking(False)
        self.name = listener.getsockname()[:2]
        self.loop = asyncio.new_event_loop()
        self.jobs: queue.SimpleQueue = queue.SimpleQueue()
        self.threads = [
            threading.Thread(target=self.work, name=f"web-{n}", daemon=True) for n in range(threads)
        ]
        self.connections: set[CallerConnection] = set()
        self.unfinished = Unfinished()
        self.idle: OrderedDict[CallerConnection, float] = OrderedDict()  # and until when
        self.stalled: list[CallerConnection] = []  # who may send on when there is memory again
        self.asks: deque[CallerConnection] = deque()
        self.is_asking = self.is_leaving = False
        self.held = Held()
        self.let_go: Counter[str] = (
            Counter()
        )  # whom we did not serve, and why, since the log said so
        self.told_at = self.now()
        self.most = most_connections()

    # --- its life

    def run(self) -> None:
        """Until `stop`."""
        for thread in self.threads:
            thread.start()
        self.loop.add_reader(self.listener, self.accept)
        self.loop.call_later(limits.LOOK_SECONDS, self.look)
        try:
            self.loop.run_forever()
        finally:
            for connection in list(self.connections):
                connection.close()
            for _thread in self.threads:
                self.jobs.put((None, False))
            self.loop.close()

    def leave(self) -> None:
        """Nobody new is taken, and each answer is the last of its connection. In the loop."""
        if not self.is_leaving:
            self.is_leaving = True
            self.loop.remove_reader(self.listener)

    def stop(self) -> None:
        self.loop.stop()

    # --- who comes and goes

    def accept(self) -> None:
        """One at a time: the other processes want some too."""
        try:
            sock, caller = self.listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError:  # no descriptor is left
            self.make_room()
            return
        if len(self.connections) >= self.most:
            self.make_room()
        sock.setblocking(False)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = CallerConnection(self, sock, caller, network(caller[0]), self.now())
        self.connections.add(connection)
        self.loop.add_reader(sock, connection.readable)
        self.note(connection)

    def make_room(self) -> None:
        gives_way = next(iter(self.idle), None) or next(iter(self.unfinished), None)
        if gives_way:
            gives_way.let_go("gave_way")

    def gone(self, connection: CallerConnection) -> None:
        self.loop.remove_reader(connection.sock)
        self.loop.remove_writer(connection.sock)
        self.connections.discard(connection)
        self.unfinished.remove(connection)
        self.idle.pop(connection, None)
        self.held.forget(connection)

    def when_readable(self, connection: CallerConnection, *, wanted: bool = True) -> None:
        if wanted:
            self.loop.add_reader(connection.sock, connection.readable)
        else:
            self.loop.remove_reader(connection.sock)

    def when_writable(self, connection: CallerConnection, *, wanted: bool = True) -> None:
        if wanted:
            self.loop.add_writer(connection.sock, connection.send)
        else:
            self.loop.remove_writer(connection.sock)

    # --- places, memory, time

    def note(self, connection: CallerConnection) -> None:
        """Where it stands now."""
        if connection.state is State.CLOSED:
            return
        if connection.state is State.IDLE:
            self.unfinished.remove(connection)
            self.idle[connection] = self.now() + limits.IDLE_SECONDS
            self.idle.move_to_end(connection)
        else:
            self.idle.pop(connection, None)
            if connection.state is State.HANDLING:
                self.unfinished.remove(connection)
            elif gives_way := self.unfinished.add(connection, connection.address):
                gives_way.let_go("gave_way")
        self.held.note(connection)
        if self.held.is_too_much and connection.state in {State.READING, State.SENDING}:
            self.make_memory(connection)

    def make_memory(self, connection: CallerConnection) -> None:
        """The oldest of the slow give way; where there are none, this one waits with what it would
        send."""
        self.held.give_way(self.unfinished, self.now() - limits.GRACE_SECONDS, connection)
        if self.held.is_too_much and connection.state is State.READING:
            connection.pause()
            self.stalled.append(connection)

    def look(self) -> None:
        now = self.now()
        self.loop.call_later(limits.LOOK_SECONDS, self.look)
        if self.let_go and now > self.told_at + limits.TELL_SECONDS:
            log.info(
                "callers were let go",
                **self.let_go,
                unfinished=len(self.unfinished),
                connections=len(self.connections),
            )
            self.told_at = now
            self.let_go.clear()
        for connection in list(self.unfinished):
            connection.overdue(now)
        while self.idle and next(iter(self.idle.values())) <= now:
            next(iter(self.idle)).close()
        if self.stalled and not self.held.is_too_much:
            stalled, self.stalled = self.stalled, []
            for connection in stalled:
                if connection.state is State.READING:
                    connection.resume()

    # --- the application

    def handle(self, connection: CallerConnection) -> None:
        self.jobs.put((connection, False))

    def ask(self, connection: CallerConnection) -> None:
        """One at a time: whoever is slow waits for his like, and not the others for him."""
        self.asks.append(connection)
        self.ask_next()

    def ask_next(self) -> None:
        while self.asks and not self.is_asking:
            connection = self.asks.popleft()
            if connection.state is State.ASKING:
                self.is_asking = True
                self.jobs.put((connection, True))

    def was_asked(self, connection: CallerConnection, answer, most: int) -> None:
        self.is_asking = False
        if answer is None:
            connection.wanted(most)
        elif connection.state is State.ASKING:
            connection.say(answer)
        self.ask_next()

    def work(self) -> None:
        """One of the threads."""
        while True:
            connection, is_ask = self.jobs.get()
            if connection is None:
                return
            done = self.asked(connection) if is_ask else self.answered(connection)
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self.loop.call_soon_threadsafe(*done)

    def answered(self, connection: CallerConnection) -> tuple:
        head, body = connection.head, connection.body
        if body is None:  # it is gone
            return (connection.close,)
        try:
            environ = wsgi.environ_of(
                head, connection.caller, self.name, body.kept.reader(), body.kept.size
            )
            environ[wsgi.MAY_PARK] = connection.parked is None
            if connection.parked is not None:
                environ[wsgi.PARKED] = connection.parked
            answer = wsgi.answered(
                self.application, environ, keeps=head.keeps and not self.is_leaving
            )
        except wsgi.Parked as parked:
            return self.park, connection, parked.future
        except Exception as error:  # noqa: BLE001 (one request must not take the thread with it)
            log.warning("a request ended without an answer", error=type(error).__name__)
            answer = None
        return connection.say, answer

    def park(self, connection: CallerConnection, future: Future) -> None:
        """The request is handled again when `future` is done; meanwhile it holds no thread. In the
        loop."""
        connection.parked = future

        def wake(_done) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self.loop.call_soon_threadsafe(self.unpark, connection)

        future.add_done_callback(wake)

    def unpark(self, connection: CallerConnection) -> None:
        if connection.state is State.HANDLING:
            self.handle(connection)

    def asked(self, connection: CallerConnection) -> tuple:
        head, body = connection.head, connection.body
        answer, most = None, 0
        if body is not None:
            environ = wsgi.environ_of(
                head, connection.caller, self.name, None, max(1, body.announced)
            )
            try:
                answer = wsgi.early_answer(self.application, environ)
                most = environ[wsgi.MOST]
            # One request must not take the thread with it
            except Exception as error:  # noqa: BLE001
                log.warning("a request ended without an answer", error=type(error).__name__)
                return self.was_asked, connection, wsgi.own(wsgi.BROKEN), 0
        return self.was_asked, connection, answer, most
