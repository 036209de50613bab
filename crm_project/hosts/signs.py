"""Signs of life: each host's row says since when nothing was heard of it, which of its parts work,
how far its clock is off and what waits on its disk.

All times are the database's: a part's last sign is told as its age by the host that saw it.
"""

import json
import time
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from crm_project.hosts import here
from crm_project.models import Host
from crm_project.runtime import home

PARTS = ("web", "worker", "beat")
OLDEST = 10  # seconds after which a part or a host counts as down
# Who has been silent for longer is not waited for any more, and is treated as declared gone.
REMEMBERED = timedelta(days=30)

SAY = """
WITH said AS (SELECT hutong_now() AS now),
heartbeats AS (
  INSERT INTO crm_project_heartbeat (name, at)
  SELECT part, now - age::float8 * interval '1 second'
    FROM said, jsonb_each_text(%(ages)s::jsonb) AS one (part, age) WHERE age::float8 < %(oldest)s
  ON CONFLICT (name) DO UPDATE SET at = greatest(crm_project_heartbeat.at, excluded.at)),
former AS (SELECT gone_at IS NOT NULL OR seen_at < said.now - %(remembered)s AS was_gone
  FROM crm_project_host, said WHERE key = %(key)s)
INSERT INTO crm_project_host AS host (key, name, seen_at, clock_seconds, parts, waits)
SELECT %(key)s, %(name)s, now, %(sent)s - extract(epoch FROM now), (
    SELECT coalesce(jsonb_object_agg(part, now - age::float8 * interval '1 second'), '{}'::jsonb)
      FROM jsonb_each_text(%(ages)s::jsonb) AS one (part, age)), %(waits)s::jsonb FROM said
ON CONFLICT (key) DO UPDATE SET name = excluded.name, clock_seconds = excluded.clock_seconds,
  parts = excluded.parts, waits = excluded.waits, seen_at = CASE
    WHEN host.gone_at IS NULL AND host.seen_at >= excluded.seen_at - %(remembered)s
    THEN excluded.seen_at ELSE host.seen_at END
RETURNING coalesce((SELECT was_gone FROM former), false)
"""


def give(waits: dict[str, dict]) -> bool:
    """The host's row is as it is now. True where the others had given it up: then it stands as gone
    until `come_back`."""
    values = {
        "key": here.key(),
        "name": here.name(),
        "ages": json.dumps(ages()),
        "waits": json.dumps(waits, default=str),
        "oldest": OLDEST,
        "remembered": REMEMBERED,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # a connection that is being made is not the clock's fault
        cursor.execute(SAY, {**values, "sent": time.time()})
        return cursor.fetchone()[0]


def come_back() -> None:
    """What the others had given up is deleted here: the host is one of them again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_project_host SET gone_at = NULL, gone_by_id = NULL, seen_at ="
            " hutong_now() WHERE key = %s",
            [here.key()],
        )


def ages() -> dict[str, float]:
    """Seconds since each part of this host that has ever run here last gave a sign
    (runtime/pulse.py)."""
    found = {}
    for part in PARTS:
        try:
            at = (home.run_folder() / f"{part}.pulse").stat().st_mtime
        except OSError:
            continue
        found[part] = max(0.0, time.time() - at)
    return found


def alive() -> set[str]:
    """The parts of this host that have given a sign of late."""
    return {part for part, age in ages().items() if age <= OLDEST}


def remembered(now: datetime) -> Q:
    """Hosts that may still hold something: heard of lately and not declared gone."""
    return Q(gone_at=None, seen_at__gt=now - REMEMBERED)


def told(hosts: list[Host], now: datetime) -> list[dict]:
    """Each host in plain words for /healthz and the page of hosts."""
    return [one(host, now) for host in hosts]


def one(host: Host, now: datetime) -> dict:
    silent = seconds(host.seen_at, now)
    parts = {
        part: {"status": status(age), "heartbeat_age_seconds": age}
        for part, at in sorted(host.parts.items())
        if (age := seconds(datetime.fromisoformat(at), now)) is not None
    }
    return {
        "name": host.name,
        "key": str(host.key),
        "status": "gone" if host.gone_at else status(silent),
        "seen_seconds_ago": silent,
        "clock_difference_seconds": host.clock_seconds and round(host.clock_seconds, 2),
        "parts": parts,
        **{duty: waited(report, now) for duty, report in sorted(host.waits.items())},
    }


def waited(report: dict, now: datetime) -> dict:
    """Times as ages."""
    return {
        name.removesuffix("_at") + "_seconds" if name.endswith("_at") else name: (
            seconds(datetime.fromisoformat(value), now) if name.endswith("_at") and value else value
        )
        for name, value in report.items()
    }


def seconds(at: datetime, now: datetime) -> float:
    return round(max(0.0, (now - at).total_seconds()), 1)


def status(age: float) -> str:
    return "up" if age <= OLDEST else "down"


def of_parts(hosts: list[Host], now: datetime) -> dict[str, float | None]:
    """How long ago each part gave a sign on any host; None for one that never did."""
    latest = dict.fromkeys(PARTS)
    for host in hosts:
        for part, at in host.parts.items():
            age = seconds(datetime.fromisoformat(at), now)
            if part in latest and (latest[part] is None or age < latest[part]):
                latest[part] = age
    return latest
