"""The product at rest: `manage.py up` with nobody asking anything for five minutes (`make bench
ARGS=idle`).

CPU of all its processes, those that came and went too, as a share of one core; memory as PSS, so
what several share counts once, PostgreSQL's buffers among it. IDLE_CUSTOMERS fills it first,
IDLE_SECONDS measures for another while. The demo and stand-ins do not run.
"""

import os
import sys
import time
from pathlib import Path

import psutil

from benchmarks.cpu import of_process
from tests.product import Product, eventually

SECONDS = int(os.environ.get("IDLE_SECONDS", "300"))
CUSTOMERS = int(os.environ.get("IDLE_CUSTOMERS", "0"))
SETTLES = int(os.environ.get("IDLE_SETTLES", "60"))  # what was begun at the start is over by then
MOST_CPU, MOST_MEMORY = 0.03, 500.0  # of one core; MB


def part_of(process: psutil.Process, product: Product) -> str:
    """The child of `up` that this process belongs to."""
    roots = {part.pid: name for name in PARTS if (part := product.part(name))}
    while process.pid not in roots:
        parent = process.parent()
        if parent is None or process.pid == product.process.pid:
            return "up"
        process = parent
    return roots[process.pid]


PARTS = ("postgres", "valkey", "web", "worker", "beat", "upkeep")


def spent(product: Product) -> dict[str, float]:
    """CPU seconds of each part so far, with those of children that have ended."""
    found = dict.fromkeys((*PARTS, "up"), 0.0)
    for process in [psutil.Process(product.process.pid), *product.children()]:
        part = part_of(process, product)
        found[part] += of_process(process.pid)
        ended = process.cpu_times()
        found[part] += ended.children_user + ended.children_system
    return found


def pss(pid: int) -> float:
    """MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def memory(product: Product) -> tuple[dict[str, float], int]:
    found, count = dict.fromkeys((*PARTS, "up"), 0.0), 0
    for process in [psutil.Process(product.process.pid), *product.children()]:
        found[part_of(process, product)] += pss(process.pid)
        count += 1
    return found, count


def filled(product: Product) -> None:
    """As an import leaves it, worked out."""
    if CUSTOMERS:
        product.manage("demo", "--customers", str(CUSTOMERS), "--events", str(10 * CUSTOMERS))
        waiting = "SELECT count(*) FROM customers_changedcustomer"
        eventually(lambda: product.count(waiting) == 0, seconds=600)


def main() -> int:
    with Product(demo=False) as product:
        product.start()
        filled(product)
        time.sleep(SETTLES)
        load, before, began = os.getloadavg()[0], spent(product), time.monotonic()
        time.sleep(SECONDS)
        passed, after = time.monotonic() - began, spent(product)
        used, count = memory(product)
    shares = {part: (after[part] - before[part]) / passed for part in after}
    for part, share in shares.items():
        print(f"  {part:10} {share:7.2%} of a core {used[part]:8.0f} MB")
    print(f"  {count} processes; {CUSTOMERS} customers; load before {load:.1f}")
    return told("idle: CPU, of a core", sum(shares.values()), MOST_CPU, "{:.4f}") + told(
        "idle: memory, MB PSS", sum(used.values()), MOST_MEMORY, "{:.0f}"
    )


def told(name: str, value: float, limit: float, form: str) -> int:
    """One line of the table; 1 where the limit is passed."""
    said, most = form.format(value), form.format(limit)
    print(f"{name:44} {said:>12} {most:>12} {value / limit:8.2f} <= 1", flush=True)
    return int(value > limit)


if __name__ == "__main__":
    sys.exit(main())
