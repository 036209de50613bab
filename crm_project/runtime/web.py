"""The web server of `manage.py up`: granian on a socket that it is handed and does not own.

The socket outlives the server: while a killed server starts again, callers wait in its queue and are not refused.
"""

import importlib
import os
import socket
import sys

from granian import Granian
from granian.constants import Interfaces
from granian.net import SocketHolder

from crm_project.runtime import lifeline

WORKERS = 2
THREADS = 4  # per worker; a request that waits for the database holds one

BACKLOG = 1024


class Web(Granian):
    """granian's own way on Linux is one socket per worker, and a killed worker takes its queue with it."""

    inherited: int

    def _init_shared_socket(self):
        self._ssp = None
        self._shd = SocketHolder(self.inherited, False, BACKLOG)  # False: not a unix socket
        self._sfd = self.inherited
        self._sso = socket.socket(fileno=self.inherited)


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
        workers_kill_timeout=3,
        log_enabled=True,
        log_level="warning",
    )
    web.inherited = descriptor
    # Loaded once here and inherited by the forked workers, which are there at once, also the one that takes a dead one's place.
    importlib.import_module("crm_project.wsgi")
    web.serve(target_loader=worker_application, wrap_loader=False)


def worker_application():
    """What a worker serves, once it is tied to the server's life."""
    lifeline.hold_if_asked()
    return importlib.import_module("crm_project.wsgi").application


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
