"""Imported first by every benchmark: Django is set up on the servers of the environment, and a
result has one shape."""

import json
import os
import statistics
import time
from pathlib import Path

import django
import psycopg

django.setup()

SCALE = 0.1 if os.environ.get("QUICK") else 1.0
RESULTS = Path(__file__).parent / "results"


def scaled(full: int) -> int:
    return max(int(full * SCALE), 1)


def connect(**options) -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_URL"], **options)


def report(
    name: str,
    value: float,
    limit: float,
    *,
    budget: float,
    at_most: bool,
    unit: str,
    ratio: float | None = None,
    **more,
) -> None:
    """One line, and the same as JSON. Without a ratio of its own it is value / limit, and the
    budget is for the ratio."""
    ratio = value / limit if ratio is None else ratio
    is_met = ratio <= budget if at_most else ratio >= budget
    sign, verdict, load = "<=" if at_most else ">=", "ok" if is_met else "short", os.getloadavg()[0]
    print(
        f"{name:44} {value:12.4g} {limit:12.4g} {ratio:8.3f} {sign}{budget:<7g} {verdict:5} "
        f" [{unit}; load {load:.1f}]",
        flush=True,
    )
    RESULTS.mkdir(exist_ok=True)
    figures = {
        "name": name,
        "value": value,
        "limit": limit,
        "ratio": ratio,
        "budget": budget,
        "at_most": at_most,
        "ok": is_met,
    }
    figures |= {
        "unit": unit,
        "scale": SCALE,
        "load": load,
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        **more,
    }
    (RESULTS / f"{name.replace(' ', '-').replace(',', '').replace('/', '-')}.json").write_text(
        json.dumps(figures, indent=1)
    )


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def median(values) -> float:
    return statistics.median(values)
