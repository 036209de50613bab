"""A worker begins its worker loops by itself too: while beat is away, a worker loop that died has
its successor after a few seconds all the same."""

import logging

from celery import bootsteps

log = logging.getLogger(__name__)

EVERY = 3.0  # seconds
WORKER_LOOPS = ("react", "deliver", "refresh segments")  # of the beat schedule


class Ticks(bootsteps.StartStopStep):
    """As long as this worker listens to the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer, **options):
        super().__init__(consumer, **options)
        self.entry = None

    def start(self, consumer):
        self.entry = consumer.timer.call_repeatedly(EVERY, begin_drains, (consumer.app,))

    def stop(self, consumer):
        if self.entry:
            self.entry.cancel()


def begin_drains(app) -> None:
    """The broker knows: whoever finds a worker loop's place free takes it."""
    try:
        for name in WORKER_LOOPS:
            tick = app.conf.beat_schedule[name]
            app.send_task(tick["task"], retry=False, **tick["options"])
    except Exception as error:  # noqa: BLE001 (whatever the broker does, this worker goes on)
        log.info("worker loops not asked for: %s", type(error).__name__)
