"""Beat: of all that run, on whatever hosts, one ticks; the others stand by and take over when its
session is gone.

Its place is an advisory lock, as a worker loop's is (worker_loops.py): PostgreSQL ends the session
of one that is killed, cut off or stands still. Once a second it asks what there is to do (looks.py)
and sends the ticks that have something to do, and the others now and then.
"""

import logging
import time

from django.db import DatabaseError, close_old_connections, connection
from django_celery_beat.schedulers import DatabaseScheduler

from crm_project.queue import looks, worker_loops
from crm_project.runtime import pulse

log = logging.getLogger(__name__)

PLACE = "beat"
EVERY = 1.0  # seconds between two looks, and between two tries to take over
CHANGES_EVERY = 5.0  # seconds between two looks whether staff have changed a tick
GONE = ("drain spool",)  # ticks of former releases, whose rows are still there


class Scheduler(DatabaseScheduler):
    _session: object = None  # the database connection that holds the place
    _changes_at = float("-inf")

    def __init__(self, *args, **kwargs):
        self.answers: dict[str, bool] = {}
        self.sent: dict[str, float] = {}
        super().__init__(*args, **kwargs)

    def setup_schedule(self):
        self.Model.objects.filter(name__in=GONE).delete()
        super().setup_schedule()

    def tick(self, *args, **kwargs):
        """All that is due now; the seconds until the next look."""
        began = time.monotonic()
        pulse.beat("beat")
        try:
            if self.is_ours():
                self.look()
                while super().tick(*args, **kwargs) == 0:
                    pass
        except DatabaseError:
            # somebody else may tick; the next look finds out
            self._session = None
            close_old_connections()
        return max(0.05, began + EVERY - time.monotonic())

    def is_ours(self) -> bool:
        """Whether this beat is the one that ticks."""
        if self._session is not None and self._session is connection.connection:
            return True
        self._session = None
        if worker_loops.taken([worker_loops.lock(PLACE), 0], patience=0):
            worker_loops.stay_awake()
            self._session = connection.connection
            self._heap = None  # what was due while another ticked is not made up for
        return self._session is not None

    def look(self) -> None:
        """What there is to do now. Asking is a sign of life to the database too."""
        with connection.cursor() as cursor:
            self.answers = looks.answers(cursor, looks.statement(worker_loops.lock))

    def apply_entry(self, entry, producer=None):
        """Sent where there is something to do, or where it has not been sent for long."""
        now = time.monotonic()
        is_late = now - self.sent.get(entry.name, float("-inf")) >= looks.AT_LEAST
        if self.answers.get(entry.task, True) or is_late:
            self.sent[entry.name] = now
            super().apply_entry(entry, producer=producer)

    def schedule_changed(self):
        if time.monotonic() - self._changes_at < CHANGES_EVERY:
            return False
        self._changes_at = time.monotonic()
        return super().schedule_changed()
