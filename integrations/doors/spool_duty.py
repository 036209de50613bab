"""The spool as a duty of its host: each empties its own, and says how much waits there since
when."""

from datetime import UTC, datetime
from pathlib import Path

from crm_project.hosts.duties import Duty
from integrations.doors import spool, spool_reader


class Spool(Duty):
    key = "spool"

    def work(self):
        return spool_reader.ingest_spooled() == spool_reader.MOST_AT_ONCE

    def report(self):
        waiting = list(spool.waiting())
        return {
            "waiting": len(waiting),
            "oldest_at": came_at(waiting[0]).isoformat() if waiting else None,
            "put_aside": len(list(spool.put_asides())),
        }

    def give_up(self):
        given_up = [*spool.waiting(), *spool.put_asides()]
        for path in given_up:
            path.unlink(missing_ok=True)
        return len(given_up)


def came_at(path: Path) -> datetime:
    """A request's name begins with its time in nanoseconds."""
    return datetime.fromtimestamp(int(path.name.partition("-")[0]) / 1e9, UTC)
