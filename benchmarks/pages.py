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
from campaigns.models import Journey
from customers.models import Customer, Tag

TIMES = 5
STEPS = 100
MOST_QUERIES = 15


def a_hundred_steps() -> Journey:
    """A draft as large as they get: twenty times a message, a split of two ways that meet again, a
    wait in one of them and a tag in the other."""
    text = {"title": "Hello", "body": "{{ customer.name | default: 'you' }}"}
    said = {"channel": "in_app", "purpose": "marketing", "content": text}
    tag, found = Tag.objects.get_or_create(name="benchmark")[0], {}
    for n in range(0, STEPS, 5):
        following = f"s{n + 5}" if n + 5 < STEPS else None
        halves = {"w1_label": "A", "w1_percent": 50, "w2_label": "B", "w2_percent": 50}
        found |= {
            f"s{n}": part("send_message", said, next=f"s{n + 1}"),
            f"s{n + 1}": part("random_split", halves, w1=f"s{n + 2}", w2=f"s{n + 3}"),
            f"s{n + 2}": part("wait", {"n": 2, "unit": "days"}, next=f"s{n + 4}"),
            f"s{n + 3}": part("add_tag", {"tag": tag.pk}, next=f"s{n + 4}"),
            f"s{n + 4}": part("wait", {"n": 1, "unit": "hours"}, next=following),
        }
    draft = {
        "v": 2,
        "trigger": {"trigger": "event", "fields": {"event": "Product Viewed"}},
        "reentry": {"kind": "always"},
        "start": "s0",
        "steps": found,
    }
    return Journey.objects.update_or_create(name="a hundred steps", defaults={"draft": draft})[0]


def part(step: str, fields: dict, **exits) -> dict:
    return {"step": step, "fields": fields, "exits": exits}


def pages() -> list[tuple[str, str, float]]:
    """(name, address, seconds that it may take)."""
    customers = reverse("admin:customers_customer_changelist")
    editor = reverse("admin:campaigns_journey_editor", args=[a_hundred_steps().pk])
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
        ("journey editor, 100 steps", editor, 0.1),
        ("journey editor, 100 steps, a message is open", f"{editor}?step=s50", 0.1),
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
