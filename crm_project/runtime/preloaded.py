"""Parts that share what they have loaded: one process loads the sources, and web, worker, beat and
commands are forked from it.

`up` asks it over a socket and becomes the parent of what it forks, so it looks after these children
as after any. Where it cannot be asked (not on Linux, it died, it takes too long), `up` starts them
in the ordinary way. When a file of the sources has changed since they were loaded, the process
begins anew first: whoever starts after an update has the new code.
"""

import contextlib
import ctypes
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from crm_project.runtime import home, lifeline

LONGEST = 60  # seconds to load everything, on a busy machine
LONGEST_REQUEST = 1 << 20
PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 15, 36
# Modules that parts would load by themselves, each for itself.
OPENED_LATER = (
    *("celery.bin.celery", "celery.bin.worker", "celery.bin.beat", "celery.apps.worker"),
    *("celery.apps.beat", "celery.concurrency.prefork", "celery.worker.consumer"),
    *("celery.worker.components", "celery.worker.strategy", "celery.app.trace", "celery.app.amqp"),
    *("billiard.pool", "kombu.transport.redis", "psycopg_pool", "asyncio", "aiohttp"),
    *("django_celery_beat.schedulers", "django.core.handlers.wsgi", "django.template.loader"),
    *("crm_project.queue.beat", "crm_project.hosts.keeper", "crm_project.runtime.web"),
)


class Preloaded:
    """The side of `up`."""

    def __init__(self, env: dict[str, str]):
        self.env, self.process, self.line = env, None, None
        if lifeline.AVAILABLE:
            lifeline.libc().prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            self.begin()

    def begin(self) -> None:
        """It loads, and does not outlive us."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                env={**os.environ, **self.env, lifeline.ASKED: "1"},
                cwd=home.BASE_DIR,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                # One thread only
                preexec_fn=lifeline.die_with_parent,  # noqa: PLW1509
            )
        ours.settimeout(LONGEST)
        self.line = ours

    def start(self, words: list[str], *, env, cwd, orphan_signal: int, pass_fds=()) -> "Forked":
        """A child of ours that runs these words of Python, with all that it says in a pipe. Raises
        OSError where nobody can be asked."""
        if self.line is None:
            raise OSError
        said, says = os.pipe()
        request = {
            "words": words,
            "env": env,
            "cwd": str(cwd),
            "parent": os.getpid(),
            "orphan_signal": orphan_signal,
            "descriptors": list(pass_fds),
        }
        try:
            pid = self.ask(request, [says, *pass_fds])
        except (OSError, ValueError):
            os.close(said)
            self.end()
            self.begin()
            raise
        finally:
            os.close(says)
        return Forked(pid, os.fdopen(said, "rb", buffering=0))

    def ask(self, request: dict, descriptors: list[int]) -> int:
        os.kill(self.process.pid, signal.SIGCONT)  # whoever has stopped it does not stop us
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            socket.send_fds(self.line, [json.dumps(request).encode()], descriptors)
            answer = self.line.recv(100)
            if not answer:
                raise OSError("the preloaded process is gone")
            if answer != b"again":
                return int(answer)
        raise OSError("the preloaded process does not come to rest")

    def end(self) -> None:
        """It is gone; what was forked from it goes on."""
        if self.line:
            self.line.close()
        self.line = None
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    @property
    def pids(self) -> set[int]:
        return {self.process.pid} if self.process else set()


class Forked:
    """A child as `subprocess.Popen` would show it."""

    def __init__(self, pid: int, stdout):
        self.pid, self.stdout, self.returncode = pid, stdout, None

    def poll(self) -> int | None:
        if self.returncode is None:
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self) -> int:
        while self.poll() is None:
            time.sleep(0.02)
        return self.returncode


def reap_orphans(known: set[int]) -> None:
    """Processes whose parent died are ours now, and are let go when they end."""
    for pid in orphans(known):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def orphans(known: set[int]) -> list[int]:
    text = Path(f"/proc/self/task/{os.getpid()}/children")
    try:
        return [pid for pid in map(int, text.read_text().split()) if pid not in known]
    except OSError:
        return []


# --- the side that forks


def main(line: socket.socket) -> None:
    """Until the asker is gone, or as the process that it asked for."""
    lifeline.hold_if_asked()
    loaded = load()
    while True:
        data, descriptors, _flags, _from = socket.recv_fds(line, LONGEST_REQUEST, 16)
        if not data:
            return None
        if is_stale(loaded):
            line.send(b"again")
            os.set_inheritable(line.fileno(), True)
            os.execv(sys.executable, sys.orig_argv)  # noqa: S606 (our own command line)
        request = json.loads(data)
        pid = forked(line)
        if pid is None:
            return become(request, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        line.send(str(pid).encode())


def load() -> dict[str, int]:
    """Everything that parts use is there, and shared as long as nobody writes to it. The files that
    it came from."""
    import importlib

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_project.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.urls import get_resolver
    from django.utils.module_loading import import_string

    from crm_project.celery import app
    from crm_project.registry import Registry

    app.loader.import_default_modules()
    _ = get_resolver().url_patterns
    for registry in Registry.all:
        list(registry)
    # Classes only: made now, they would look for static files that `prepare` has yet to collect.
    for name in (*settings.MIDDLEWARE, settings.STORAGES["staticfiles"]["BACKEND"]):
        import_string(name)
    for name in (*OPENED_LATER, settings.SESSION_ENGINE):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    with contextlib.suppress(AttributeError):
        lifeline.libc().malloc_trim(0)  # what was only needed to load is given back
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return {file: changed_at(file) for file in files if file}


def changed_at(file: str) -> int:
    try:
        return os.stat(file).st_mtime_ns  # noqa: PTH116 (thousands of them)
    except OSError:
        return 0


def is_stale(loaded: dict[str, int]) -> bool:
    return any(changed_at(file) != at for file, at in loaded.items())


def forked(line: socket.socket) -> int | None:
    """The number of a process that is going to be the asker's child, since its own parent ends at
    once and the asker takes it in. None: we are that process."""
    sys.stdout.flush()
    told, tell = os.pipe()
    between = os.fork()
    if between:
        os.close(tell)
        os.waitpid(between, 0)
        pid = int(os.read(told, 20) or 0)
        os.close(told)
        return pid
    if os.fork():
        os._exit(0)
    os.setsid()
    os.write(tell, str(os.getpid()).encode())
    for end in (told, tell):
        os.close(end)
    line.close()
    return None


def become(request: dict, descriptors: list[int]) -> None:
    """We are what was asked for, until it ends."""
    while os.getppid() != request["parent"]:
        select.select([], [], [], 0.001)  # until our parent is the asker
    lifeline.die_with_parent(request["orphan_signal"])
    if os.getppid() != request["parent"]:
        os._exit(1)
    os.dup2(descriptors[0], 1)
    os.dup2(descriptors[0], 2)
    moved = dict(zip(map(str, request["descriptors"]), map(str, descriptors[1:]), strict=True))
    words = [moved.get(word, word) for word in request["words"]]
    for descriptor in descriptors[1:]:
        os.set_inheritable(descriptor, True)
    os.close(descriptors[0])
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE}:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.orig_argv = [sys.executable, *words]
    run(words)


def run(words: list[str]) -> None:
    """As the interpreter would with these words: `-m module …` or a file."""
    if words[0] == "-m":
        name(words[1])
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        name(words[1] if len(words) > 1 else words[0])
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


def name(words: str) -> None:
    """What `ps` and `top` show of us."""
    lifeline.libc().prctl(PR_SET_NAME, ctypes.c_char_p(f"hutong {words[-8:]}".encode()), 0, 0, 0)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
