"""A worker begins its worker loops by itself too: while beat is away, a worker loop that died has
its successor after a few seconds all the same."""

import logging

from celery import bootsteps

from crm_project.queue import steps

log = logging.getLogger(__name__)

EVERY = 3.0  # seconds
LATELY = 8.0  # seconds without a step after which a loop may be gone
WORKER_LOOPS = {"react": "react", "deliver": "deliver", "refresh segments": "segments"}


class Ticks(bootsteps.StartStopStep):
    """As long as this worker listens to the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer, **options):
        super().__init__(consumer, **options)
        self.entry = None

    def start(self, consumer):
        self.entry = consumer.timer.call_repeatedly(EVERY, begin_loops, (consumer.app,))

    def stop(self, consumer):
        if self.entry:
            self.entry.cancel()


def begin_loops(app) -> None:
    """Those that this worker does not run itself: the broker knows, and whoever finds a worker
    loop's place free takes it."""
    try:
        for name, queue in WORKER_LOOPS.items():
            if not steps.lately(queue, LATELY):
                tick = app.conf.beat_schedule[name]
                app.send_task(tick["task"], retry=False, **tick["options"])
    except Exception as error:  # noqa: BLE001 (whatever the broker does, this worker goes on)
        log.info("worker loops not asked for: %s", type(error).__name__)
