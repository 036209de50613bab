"""`make bench`: the budgets of the architecture, each against a limit measured in the same run.
QUICK=1 is a tenth.

`idle` is measured when it is named.

Names after the command choose: `make bench ARGS="ingest segments"`, `ARGS=fill` only makes the
data. BENCH_KEEP names a folder whose data stay for the next time; a fill that was interrupted goes
on after the last stage that it finished.
"""

import os
import subprocess
import sys

from benchmarks.environment import Environment, manage
from crm_project.runtime import home

ALL = [
    "ingest",
    "single",
    "session",
    "push_door",
    "latency",
    "lanes",
    "segments",
    "changed",
    "fanout",
    "wechat_fanout",
    "sms_fanout",
    "journeys",
    "dry_run",
    "pages",
    "launch",
    "reports",
    "importing",
    "imports",
    "queue_in",
    "privacy",
    "merging",
    "recommend",
]
ALONE = "idle"  # it starts a product of its own, with nothing in it
CUSTOMERS, EVENTS = 1_000_000, 20_000_000
STAGES = [0.05, 0.25, 1.0]  # of the events, for `growth`


def main(chosen: list[str]) -> int:
    scale = 10 if os.environ.get("QUICK") else 1
    failed = []
    print(f"{'name':44} {'value':>12} {'limit':>12} {'ratio':>8} budget", flush=True)
    if ALONE in chosen:
        failed += run(ALONE)
        chosen = [name for name in chosen if name != ALONE]
        if not chosen:
            return len(failed)
    with Environment(os.environ.get("BENCH_KEEP", "")) as environment:
        os.environ["BENCH_POSTGRES_PID"] = str(environment.postgres_pid)
        failed += fill(environment, scale, measures_growth="growth" in chosen or not chosen)
        for name in chosen or ALL:
            if name not in ("growth", "fill"):
                failed += run(name)
    if failed:
        print("failed:", *failed)
    return len(failed)


def fill(environment: Environment, scale: int, *, measures_growth: bool) -> list[str]:
    """The demo's people and their past, stage by stage, with a look at ingest and refresh after
    each if wanted."""
    done = environment.folder / "filled"
    so_far = int(done.read_text()) if done.exists() else -1
    if so_far < 0:
        manage("demo", "--customers", str(CUSTOMERS // scale), "--events", "0", "--more")
        so_far = 0
        done.write_text(str(so_far))
    failed = []
    for stage in STAGES:
        events = int(EVENTS * stage) // scale
        if events <= so_far:
            continue
        manage("demo", "--customers", "0", "--events", str(events - so_far), "--more")
        so_far = events
        done.write_text(str(so_far))
        if measures_growth:
            failed += run("growth", str(events))
    return failed


def run(name: str, *words: str) -> list[str]:
    """Each in a process of its own; one that fails does not stop the others."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *words], check=False, cwd=home.BASE_DIR
    )
    return [name] if done.returncode else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
