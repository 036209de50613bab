"""How long a request waits for the database: a database that stands still must not take the web
with it.

A time-out of PostgreSQL's own does not help when it is PostgreSQL that hangs. So a thread may have
a deadline: when it is over, whatever waits for the database there ends as OperationalError (503 at
the doors), and its connection is thrown away.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

# callers give up after 5: some have waited as long for a thread, and the pool may be asked twice
DOOR_SECONDS = 2.5
HURRIED_SECONDS = (
    1  # while the database does not answer: those behind in the queue have waited already
)
HURRY_SECONDS = 2  # from the last time that it did not
PAGE_SECONDS = 30  # a person may wait for a report
# Whatever is answered inside the admin's shell (tests/admin/test_rights.py walks them).
PAGES = (
    *("/admin/", "/customers/", "/dashboard/", "/reports/", "/products/", "/today/"),
    *("/letter-pictures/", "/ways-in/", "/personal-data/", "/mailbox/"),
)
# more for each item of a batch: whoever sends a thousand waits longer than whoever sends one
ITEM_SECONDS = 0.005
SHORTEST_WAIT = (
    0.2  # also after the deadline: enough for the pool to see that a connection is sound
)

_thread = threading.local()
_process = {"hurry_until": 0.0}


class PatientConnection(psycopg.Connection):
    """A connection that knows its thread's deadline: the web's (DATABASES, option `pool`)."""

    def wait(self, gen, interval=0.1, timeout=None):
        left = seconds_left()
        if left is None:
            return super().wait(gen, interval, timeout)
        try:
            left = max(left, SHORTEST_WAIT)
            return super().wait(gen, interval, left if timeout is None else min(left, timeout))
        except psycopg.OperationalError:
            if not seconds_left():
                _process["hurry_until"] = time.monotonic() + HURRY_SECONDS
                # its answer may come yet, and must not be taken for that of the next question
                self.close()
            raise


def seconds_left() -> float | None:
    """Until this thread's deadline; None where there is none."""
    until = getattr(_thread, "until", None)
    return None if until is None else max(0.0, until - time.monotonic())


@contextmanager
def for_seconds(seconds: float) -> Iterator[None]:
    """What this thread asks the database in here has been answered, or has failed, after so many
    seconds."""
    _thread.until = time.monotonic() + seconds
    try:
        yield
    finally:
        _thread.until = None


def allow(seconds: float) -> None:
    """This thread's deadline is so much later; where there is none, or the database does not answer
    anyway, nothing changes."""
    if getattr(_thread, "until", None) is not None and time.monotonic() >= _process["hurry_until"]:
        _thread.until += seconds


def of_request(path: str) -> float:
    if path.startswith(PAGES):
        return PAGE_SECONDS
    return HURRIED_SECONDS if time.monotonic() < _process["hurry_until"] else DOOR_SECONDS


class Patience:
    """Middleware: from here on the request's time runs."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with for_seconds(of_request(request.path)):
            return self.get_response(request)
