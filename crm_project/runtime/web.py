"""The web server of `manage.py up`: granian on a socket that it is handed and does not own.

The socket outlives the server: while a killed server starts again, callers wait in its queue and are not refused.
SIGHUP restarts it with the code that lies there now and without a gap: the process becomes its own successor, and the
old workers serve until the new ones do. From then on an old worker is gone within two seconds of its last answer, and within
RENEW_SECONDS whatever it does.
"""

import contextlib
import importlib
import os
import signal
import socket
import sys
import threading
import time
from functools import partial

from granian import Granian
from granian.constants import Interfaces
from granian.net import SocketHolder

from crm_project.runtime import leaving, lifeline

WORKERS = 2
THREADS = 4  # per worker; a request that waits for the database holds one

BACKLOG = 1024
STOP_SECONDS = 10  # from SIGTERM: callers wait for who comes next, so what takes longer is cut
RENEW_SECONDS = leaving.ANSWER_SECONDS + 5  # from SIGHUP's successors: nobody waits for an old worker, which answers what it has begun
PREDECESSORS = "HUTONG_WEB_PREDECESSORS"
SIGNALS = {signal.SIGHUP, signal.SIGTERM, signal.SIGINT}


class Web(Granian):
    """granian's own way on Linux is one socket per worker, and a killed worker takes its queue with it."""

    inherited: int
    predecessors: dict[int, threading.Thread]  # workers of the server that was in our place, which are leaving

    def _init_shared_socket(self):
        self._ssp = None
        self._shd = SocketHolder(self.inherited, False, BACKLOG)  # False: not a unix socket
        self._sfd = self.inherited
        self._sso = socket.socket(fileno=self.inherited)

    def _spawn_worker(self, *args, **kwargs):
        """A worker is told to leave (runtime/leaving.py) where granian would tell it to stop."""
        worker = super()._spawn_worker(*args, **kwargs)
        worker.terminate = partial(self._dismiss, worker)
        return worker

    @staticmethod
    def _dismiss(worker):
        worker.interrupt_by_parent = True
        if worker.is_alive():
            os.kill(worker.inner.pid, leaving.SIGNAL)

    def _spawn_workers(self, *args, **kwargs):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        super()._spawn_workers(*args, **kwargs)
        for pid in map(int, os.environ.pop(PREDECESSORS, "").split()):
            self.predecessors[pid] = threading.Thread(target=self._see_off, args=(pid,), daemon=True)
            self.predecessors[pid].start()

    def _see_off(self, pid):
        """A worker of the server that was in our place has left and is gone."""
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, leaving.SIGNAL)
            until = time.monotonic() + RENEW_SECONDS
            while os.waitpid(pid, os.WNOHANG) == (0, 0):
                if time.monotonic() > until:
                    os.kill(pid, signal.SIGKILL)
                time.sleep(0.1)
        self.predecessors.pop(pid, None)

    def _stop_workers(self):
        """Also those of the server before us: they would not outlive us."""
        until = time.monotonic() + STOP_SECONDS
        super()._stop_workers()
        for thread in list(self.predecessors.values()):
            thread.join(max(0.0, until - time.monotonic()))

    def _reload(self, *_):
        """We become a new server; the children stay ours, since the process stays the same. What we are told meanwhile waits for it."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        os.environ[PREDECESSORS] = " ".join(map(str, [*self.predecessors, *(worker.inner.pid for worker in self.wrks)]))
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 (our own command line)


def main(descriptor: int, port: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_project.settings")
    web = Web(
        "crm_project.wsgi:application",
        port=port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        backpressure=64,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=STOP_SECONDS,
        log_enabled=True,
        log_level="warning",
    )
    web.inherited, web.predecessors = descriptor, {}
    # Loaded once here and inherited by the forked workers, which are there at once, also the one that takes a dead one's place.
    importlib.import_module("crm_project.wsgi")
    web.serve(target_loader=partial(worker_application, descriptor), wrap_loader=False)


def worker_application(descriptor: int):
    """What a worker serves, once it is tied to the server's life and knows how to leave."""
    lifeline.hold_if_asked()
    return leaving.Leaver(descriptor).closing(importlib.import_module("crm_project.wsgi").application)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
