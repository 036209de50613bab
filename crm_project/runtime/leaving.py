"""How a web worker leaves without breaking a connection: it takes no more, answers what it has
taken, and only then ends.

Before it ends, the worker's descriptor of the shared listening socket is replaced by a socket that
nobody knows: whoever connects from then on waits in the shared queue for another worker, and what
was accepted is answered and closed. What is still owed to a connection is asked of the kernel: on a
busy machine no clock of ours tells a caller who is done from one we have not got to.
"""

import contextlib
import fcntl
import os
import signal
import socket
import stat
import struct
import termios
import threading
import time
from collections.abc import Iterator

from crm_project.db.patience import PAGE_SECONDS

SIGNAL = signal.SIGUSR1
# How long, from the moment we leave, a connection is kept for ...
ANSWER_SECONDS = PAGE_SECONDS + 5  # ... the answer to what it has asked
FIRST_SECONDS = 3  # ... the first request of one who has connected
IDLE_SECONDS = (
    2  # ... the next request of one who has been answered: it is told that it is the last
)
LOOK_SECONDS = 0.05

# Of Linux' struct tcp_info: milliseconds since data was last sent and received, bytes received.
TCP_INFO_SIZE, LAST_SENT, LAST_RECEIVED, BYTES_RECEIVED = 136, 44, 52, 128


class Leaver:
    """One worker process and the descriptor of its listening socket; made in the main thread."""

    def __init__(self, descriptor: int):
        self.descriptor = descriptor
        self.port = own_port(descriptor)
        self.leaving = False
        signal.signal(SIGNAL, self.leave)

    def leave(self, *_) -> None:
        """The process takes no new connection and ends (SIGTERM to itself) when those it has are
        answered."""
        if self.leaving:
            return
        self.leaving = True
        with socket.create_server(("127.0.0.1", 0)) as nobody_knows:
            nobody_knows.setblocking(False)  # accept() says "nothing there" from now on
            os.dup2(nobody_knows.fileno(), self.descriptor)
        threading.Thread(target=self._end_when_answered, name="leaving", daemon=True).start()

    def _end_when_answered(self):
        began = time.monotonic()
        time.sleep(LOOK_SECONDS)  # what was just being accepted is there
        while self.is_needed(time.monotonic() - began):
            time.sleep(LOOK_SECONDS)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)

    def is_needed(self, waited: float) -> bool:
        """Whether somebody who is connected to this process may still wait, so many seconds after
        we began to leave."""
        return any(waited < seconds for seconds in self.patience())

    def patience(self) -> Iterator[float]:
        """With each connection of this process: the seconds that it is kept."""
        for name in os.listdir("/dev/fd"):  # noqa: PTH208 (names, not paths)
            with contextlib.suppress(OSError):  # it is gone meanwhile
                if own_port(int(name)) == self.port:
                    with socket.socket(fileno=os.dup(int(name))) as connection:
                        yield kept_for(connection)


def kept_for(connection: socket.socket) -> float:
    """Somebody asked when bytes of his are unread, or came after the last that we sent. Where the
    kernel does not say, everybody may have."""
    if not hasattr(socket, "TCP_INFO"):
        return FIRST_SECONDS
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_SIZE)
    [sent], [received] = (
        struct.unpack_from("=I", info, place) for place in (LAST_SENT, LAST_RECEIVED)
    )
    [total] = struct.unpack_from("=Q", info, BYTES_RECEIVED)
    if total == 0:
        return FIRST_SECONDS
    return ANSWER_SECONDS if received < sent or unread(connection) else IDLE_SECONDS


def unread(connection: socket.socket) -> int:
    """Bytes that have come and that nobody has read."""
    return struct.unpack("=i", fcntl.ioctl(connection, termios.FIONREAD, bytes(4)))[0]


def own_port(descriptor: int) -> int | None:
    """The local port of a TCP socket; None for whatever else."""
    with contextlib.suppress(OSError):  # it is gone meanwhile
        if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            with socket.socket(fileno=os.dup(descriptor)) as ours:
                if ours.family in {socket.AF_INET, socket.AF_INET6}:
                    return ours.getsockname()[1]
    return None
