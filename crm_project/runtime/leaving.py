"""How a web worker leaves without breaking a connection: it takes no more, answers what it has taken, and only then ends.

A server's own graceful stop closes a connection whose request it has not read yet. So before that stop begins, the
worker's descriptor of the shared listening socket is replaced by a socket that nobody knows: whoever connects from then
on waits in the shared queue for another worker, and what was accepted is answered and closed.
"""

import contextlib
import os
import signal
import socket
import stat
import threading
import time
from collections.abc import Callable

SIGNAL = signal.SIGUSR1
IDLE_SECONDS = 2  # how long a connection that was taken may wait for its request (or for its next one)
LOOK_SECONDS = 0.02


class Leaver:
    """One worker process and the descriptor of its listening socket; made in the main thread."""

    def __init__(self, descriptor: int):
        self.descriptor = descriptor
        self.port = own_port(descriptor)
        self.leaving = False
        signal.signal(SIGNAL, self.leave)

    def leave(self, *_) -> None:
        """The process takes no new connection and ends (SIGTERM to itself) when those it has are answered."""
        if self.leaving:
            return
        self.leaving = True
        with socket.create_server(("127.0.0.1", 0)) as nobody_knows:
            nobody_knows.setblocking(False)  # accept() says "nothing there" from now on
            os.dup2(nobody_knows.fileno(), self.descriptor)
        threading.Thread(target=self._end_when_answered, name="leaving", daemon=True).start()

    def _end_when_answered(self):
        until = time.monotonic() + IDLE_SECONDS
        while time.monotonic() < until and self.has_connections():
            time.sleep(LOOK_SECONDS)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)

    def has_connections(self) -> bool:
        """Whether somebody is still connected to this process."""
        return any(own_port(int(descriptor)) == self.port for descriptor in os.listdir("/dev/fd"))  # noqa: PTH208 (names, not paths)

    def closing(self, application: Callable) -> Callable:
        """The same WSGI application; once we leave, each answer is the last of its connection."""

        def answer(environ, start_response):
            def start(status, headers, exc_info=None):
                return start_response(status, [*headers, ("Connection", "close")] if self.leaving else headers, exc_info)

            return application(environ, start)

        return answer


def own_port(descriptor: int) -> int | None:
    """The local port of a TCP socket; None for whatever else."""
    with contextlib.suppress(OSError):  # it is gone meanwhile
        if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            with socket.socket(fileno=os.dup(descriptor)) as ours:
                if ours.family in {socket.AF_INET, socket.AF_INET6}:
                    return ours.getsockname()[1]
    return None
