"""`manage.py consume`: reads the queues that are switched on in the admin, until it is ended. It
may run on several hosts: each queue is read by one of them at a time."""

import logging
import signal
import threading

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from crm_project.hosts import admission
from crm_project.runtime import lifeline, pulse
from integrations.sync.queue.consuming import Readers

log = logging.getLogger(__name__)

EVERY = 1.0  # seconds between two looks at what is wanted
PATIENCE = 8.0  # seconds for what was begun, when we are told to end


class Command(BaseCommand):
    help = "Reads the queues that are switched on."

    def handle(self, *args, **options):
        lifeline.hold_if_asked()
        admission.or_exit("consume")
        ending = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ending.set())
        readers = Readers()
        while not ending.wait(EVERY):
            try:
                readers.follow()
            except DatabaseError as error:  # those that run go on by themselves
                log.warning("queues cannot be looked at: %s", type(error).__name__)
                close_old_connections()
            if readers.are_well():
                pulse.beat("consume")
        readers.stop(PATIENCE)
