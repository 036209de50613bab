"""What staff look at, at the size of the ground: seconds until the page is there, and how many
questions it asks the database.

The server's own work, without the network: a request through every middleware, its template
rendered. What a page loads later is not in it.
"""

import os
import time

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.cpu import Meter
from benchmarks.inside import median, report
from benchmarks.shop import a_boss
from customers.models import Customer

TIMES = 5
MOST_QUERIES = 15


def pages() -> list[tuple[str, str, float]]:
    """(name, address, seconds that it may take)."""
    customers = reverse("admin:customers_customer_changelist")
    middle = Customer.objects.order_by("pk")[Customer.objects.count() // 2 :].first()
    return [
        ("dashboard", reverse("admin:index"), 0.5),
        ("profile", middle.get_absolute_url(), 0.3),
        (
            "profile, a search of the story",
            f"{reverse('customer_story', args=[middle.public_id])}?q=vase",
            0.3,
        ),
        ("merge review, a name", f"{reverse('merge_review')}?q={middle.name[:2]}", 0.3),
        ("merge review, last digits", f"{reverse('merge_review')}?q=0042", 0.3),
        ("customers", customers, 0.3),
        ("customers, a member id", f"{customers}?q=M{middle.pk:08}", 0.3),
        ("customers, a name", f"{customers}?q={middle.name}", 0.3),
        ("events", reverse("admin:events_event_changelist"), 0.3),
        ("orders", reverse("admin:events_order_changelist"), 0.3),
        ("messages", reverse("admin:campaigns_message_changelist"), 0.3),
        ("segments", reverse("admin:customers_segment_changelist"), 0.3),
    ]


def main() -> None:
    client = Client(SERVER_NAME="localhost")
    client.force_login(a_boss())
    people = Customer.objects.count()
    for name, address, budget in pages():
        took, cpu, queries = [], [], 0
        for _n in range(TIMES):
            with (
                CaptureQueriesContext(connection) as asked,
                Meter(os.getpid(), int(os.environ["BENCH_POSTGRES_PID"])) as spent,
            ):
                began = time.perf_counter()
                answer = client.get(address, follow=True)
                took.append(time.perf_counter() - began)
            assert answer.status_code == 200, (name, answer.status_code)
            queries = len(asked)
            cpu.append(spent.seconds)
        found = {
            "customers": people,
            "first_s": took[0],
            "took_s": took,
            "cpu_s": cpu,
            "queries": queries,
        }
        seconds = median(took)
        unit = (
            f"s; {people} customers, {queries} queries, {median(cpu):.3f} s of CPU; the first time"
            f" {took[0]:.3f}"
        )
        report(
            f"page: {name}",
            seconds,
            budget,
            budget=budget,
            at_most=True,
            ratio=seconds,
            unit=unit,
            **found,
        )
        if name != "dashboard":
            report(
                f"queries: {name}",
                queries,
                MOST_QUERIES,
                budget=MOST_QUERIES,
                at_most=True,
                ratio=queries,
                unit="queries",
                **found,
            )


if __name__ == "__main__":
    main()
