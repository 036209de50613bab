"""Beat: of all that run, on whatever hosts, one ticks; the others stand by and take over when its
session is gone.

Its place is an advisory lock, as a worker loop's is (worker_loops.py): PostgreSQL ends the session
of one that is killed, cut off or stands still.
"""

from django.db import DatabaseError, close_old_connections, connection
from django_celery_beat.schedulers import DatabaseScheduler

from crm_project.queue import worker_loops
from crm_project.runtime import pulse

PLACE = "beat"
STAND_BY = 1.0  # seconds between two tries to take over


class Scheduler(DatabaseScheduler):
    _session = None  # the database connection that holds the place

    def tick(self, *args, **kwargs):
        pulse.beat("beat")
        try:
            if not self.is_ours():
                return STAND_BY
        except DatabaseError:
            # somebody else may tick; the next look finds out
            self._session = None
            close_old_connections()
            return STAND_BY
        return super().tick(*args, **kwargs)

    def is_ours(self) -> bool:
        """Whether this beat is the one that ticks. Asking is a sign of life to the database too."""
        if self._session is not None and self._session is connection.connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            return True
        self._session = None
        if worker_loops.taken([worker_loops.lock(PLACE), 0], patience=0):
            worker_loops.stay_awake()
            self._session = connection.connection
            self._heap = None  # what was due while another ticked is not made up for
        return self._session is not None
