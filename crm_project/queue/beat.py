"""Beat, with a heartbeat: a scheduler that stands still is seen by /healthz."""

import time

from django.db import DatabaseError, close_old_connections
from django_celery_beat.schedulers import DatabaseScheduler

from crm_project.models import Heartbeat
from crm_project.runtime import pulse


class Scheduler(DatabaseScheduler):
    heartbeat_every = 2
    _last_heartbeat = 0.0

    def tick(self, *args, **kwargs):
        if time.monotonic() - self._last_heartbeat >= self.heartbeat_every:
            self._last_heartbeat = time.monotonic()
            pulse.beat()
            try:
                Heartbeat.record("beat")
            except DatabaseError:
                # the next tick tries again; a missing heartbeat is the message
                close_old_connections()
        return super().tick(*args, **kwargs)
