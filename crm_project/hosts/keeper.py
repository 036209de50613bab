"""The keeper of a host: a thread in each process of web, worker and beat, of which one at a time
does the host's duties and says in the database that the host is there.

Which one is decided by a lock of the data folder, so a process that dies is followed by another
within seconds. A host without a worker is kept by its web, one without a web by its worker.
"""

import fcntl
import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, connection

from crm_project.hosts import admission, signs
from crm_project.hosts.duties import duties
from crm_project.runtime import home, pulse

log = logging.getLogger(__name__)

EVERY = 3.0  # seconds between two rounds, and between two tries to become the keeper
LOOK = 0.5  # between two looks whether a part has come


class Keeper:
    """`end` is called where the database turns out to be one that we may not work with: it was not
    there to be asked when we started."""

    def __init__(self, part: str, *, end: Callable[[], None], pulses: bool = False):
        self.part, self.end, self.pulses = part, end, pulses
        self.lock = None
        self.is_admitted = False
        self.is_away = False

    def start(self) -> "Keeper":
        threading.Thread(target=self.run, name="keeper", daemon=True).start()
        return self

    def run(self) -> None:
        while True:
            has_more = False
            try:
                if self.pulses:
                    pulse.beat(self.part)
                has_more = self.is_ours() and self.round()
            except Exception:  # whatever it is, the host goes on being kept
                log.exception("a round of the host's keeper failed")
            if not has_more:
                self.rest()

    def rest(self) -> None:
        """Until the next round; as keeper at most until a part that was silent gives a sign."""
        until = time.monotonic() + EVERY
        known = signs.alive()
        while time.monotonic() < until:
            time.sleep(LOOK if self.lock else EVERY)
            if self.lock and signs.alive() - known:
                return

    def is_ours(self) -> bool:
        """Whether we are the host's keeper, from now until this process ends."""
        if self.lock is None:
            home.run_folder().mkdir(parents=True, exist_ok=True)
            file = (home.run_folder() / "keeper.lock").open("a")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return False
            self.lock = file
        return True

    def round(self) -> bool:
        """The host has said that it is there, and each duty was done once. True where one has
        more."""
        try:
            if not self.is_admitted:
                self.admit()
            came_back = signs.give({duty.key: duty().report() for duty in duties})
            if came_back:
                self.give_up()
                signs.come_back()
            self.is_away = False
            has_more = [done(duty) for duty in duties]
            return any(has_more)
        except DatabaseError as error:
            if not self.is_away:
                log.warning("the keeper does not reach the database: %s", type(error).__name__)
            self.is_away = True
            connection.close()
            return False
        finally:
            if connection.settings_dict["CONN_MAX_AGE"] == 0:
                connection.close()  # the web's connections are shared by its threads

    def admit(self) -> None:
        problems = admission.of_database()
        if problems:
            for problem in problems:
                log.critical("this host must not work: %s", problem)
            self.end()
        self.is_admitted = not problems

    def give_up(self) -> None:
        for duty in duties:
            if count := duty().give_up():
                log.warning(
                    "this host was declared gone; what waited here is deleted",
                    extra={"duty": duty.key, "count": count},
                )


def done(duty) -> bool:
    try:
        return bool(duty().work())
    except DatabaseError:
        raise
    except Exception:
        log.exception("a duty of this host failed", extra={"duty": duty.key})
        return False
