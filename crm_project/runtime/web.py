"""The web server of `manage.py up`: processes that serve a socket which they are handed and do not
own (runtime/front/).

The socket outlives the server: while a killed server starts again, callers wait in its queue and
are not refused. SIGHUP restarts it with the code that lies there now and without a gap: the process
becomes its own successor, and the old workers serve until the new ones do. From then on an old
worker is gone within two seconds of its last answer, and within RENEW_SECONDS whatever it does.
"""

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
import time

from crm_project.runtime import leaving, lifeline, release
from crm_project.runtime.front.server import Server
from crm_project.runtime.front.wsgi import BodyWanted, Parked

WORKERS = 2
THREADS = 4  # per worker; a request that waits for the database holds one

BACKLOG = 1024
STOP_SECONDS = 10  # from SIGTERM: callers wait for who comes next, so what takes longer is cut
RENEW_SECONDS = (
    leaving.ANSWER_SECONDS + 5
)  # from SIGHUP's successors: nobody waits for an old worker, which answers what it has begun
RESPAWN_SECONDS = 0.1
LOOK_SECONDS = 1
PREDECESSORS = "HUTONG_WEB_PREDECESSORS"
SIGNALS = {signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}


class Web:
    """The parent of the workers: it starts one for each that ends, and sees off those of the server
    that was in its place."""

    def __init__(self, listener: socket.socket):
        self.listener = listener
        self.workers: set[int] = set()
        self.leaving: dict[int, float] = {}  # and until when
        self.told, self.tell = os.pipe()
        for end in (self.told, self.tell):
            os.set_blocking(end, False)

    def run(self) -> int:
        """Until SIGTERM or SIGINT; SIGHUP does not return."""
        self.listen(self.tell, lambda *_: None)
        self.spawn()
        self.see_off(map(int, os.environ.pop(PREDECESSORS, "").split()), RENEW_SECONDS)
        while True:
            said = self.said(LOOK_SECONDS)
            if said & {signal.SIGTERM, signal.SIGINT}:
                return self.stop()
            if signal.SIGHUP in said:
                self.become_new()
            if self.bury():
                time.sleep(RESPAWN_SECONDS)
            self.spawn()

    def listen(self, wake: int, handler) -> None:
        """What we are told comes out of the pipe; also what waited while we became new."""
        signal.set_wakeup_fd(wake)
        for number in SIGNALS:
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def said(self, seconds: float) -> set[int]:
        select.select([self.told], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            return set(os.read(self.told, 1024))
        return set()

    def spawn(self) -> None:
        """There are as many workers as there should be."""
        while len(self.workers) < WORKERS:
            parent = os.getpid()
            pid = os.fork()
            if not pid:
                self.become_worker(parent)
            self.workers.add(pid)

    def become_worker(self, parent: int) -> None:
        code = 1
        try:
            self.listen(-1, signal.SIG_DFL)
            lifeline.hold_if_asked()
            if os.getppid() == parent:
                serve(self.listener)
                code = 0
        finally:
            sys.stdout.flush()
            os._exit(code)

    def become_new(self) -> None:
        """We become a new server; the children stay ours, since the process stays the same. What we
        are told meanwhile waits for it."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        os.environ[PREDECESSORS] = " ".join(map(str, [*self.leaving, *self.workers]))
        now = release.current()
        os.chdir(now.tree)
        os.execv(now.python, [now.python, *sys.orig_argv[1:]])  # noqa: S606 (our own command line)

    def see_off(self, pids, seconds: float) -> None:
        """Each of them leaves (runtime/leaving.py) and is gone after so many seconds."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, leaving.SIGNAL)
            self.leaving[pid] = time.monotonic() + seconds

    def bury(self) -> set[int]:
        """The workers that have ended by themselves. Who was to be gone by now is ended."""
        for pid, until in self.leaving.items():
            if time.monotonic() > until:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        ended = {pid for pid in [*self.leaving, *self.workers] if has_ended(pid)}
        self.leaving = {pid: until for pid, until in self.leaving.items() if pid not in ended}
        died, self.workers = self.workers & ended, self.workers - ended
        return died

    def stop(self) -> int:
        """Also those of the server before us: they would not outlive us."""
        self.see_off([*self.leaving, *self.workers], STOP_SECONDS)
        self.workers.clear()
        while self.leaving:
            self.said(RESPAWN_SECONDS)
            self.bury()
        return 0


def has_ended(pid: int) -> bool:
    """Whether this child of ours is gone; the kernel forgets it then."""
    try:
        return os.waitpid(pid, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return True


def serve(listener: socket.socket) -> None:
    """One worker: it serves until it is told to leave and has left."""
    server = Server(application(), listener, THREADS)
    keeper = importlib.import_module("crm_project.hosts.keeper")
    keeper.Keeper("web", end=lambda: os.kill(os.getppid(), signal.SIGTERM), pulses=True).start()
    leaver = leaving.Leaver(listener.fileno())

    def leave():
        server.leave()
        leaver.leave()

    server.loop.add_signal_handler(leaving.SIGNAL, leave)
    server.loop.add_signal_handler(signal.SIGTERM, server.stop)
    server.loop.add_signal_handler(signal.SIGINT, lambda: None)  # our parent says what happens
    server.run()


def application():
    from django.core.signals import request_finished

    inner = importlib.import_module("crm_project.wsgi").application

    def asked(environ, start_response):
        try:
            return inner(environ, start_response)
        except (BodyWanted, Parked):
            request_finished.send(sender=asked)  # this thread gives back its connection
            raise

    return asked


def listening(address: str) -> socket.socket:
    """The socket that we are handed as a descriptor, or one of our own at host:port."""
    host, colon, port = address.rpartition(":")
    if not colon:
        return socket.socket(fileno=int(address))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    ours = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=BACKLOG)
    ours.set_inheritable(True)  # we may become a new server
    return ours


def share_connections() -> None:
    """HUTONG_DB_POOL is ours, also where the settings were read before us (preloaded.py)."""
    from django.db import connections

    from crm_project.db import pooling

    size = int(os.environ.get("HUTONG_DB_POOL") or 0)
    if size and "pool" not in connections.settings["default"]["OPTIONS"]:
        pooling.share(connections.settings["default"], size)


def main(address: str) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_project.settings")
    # Loaded once here and inherited by the forked workers, which are there at once, also the one
    # that takes a dead one's place.
    importlib.import_module("crm_project.wsgi")
    share_connections()
    importlib.import_module("crm_project.hosts.admission").or_exit("web")
    gc.collect()
    gc.freeze()  # what is loaded stays shared with the workers
    return Web(listening(address)).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
