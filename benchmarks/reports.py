"""Pages of reports over a year of campaigns: seconds until the page is there, how many questions it
asks; and what it takes to work the figures of one campaign out."""

import os
import time
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.cpu import Meter
from benchmarks.inside import median, report, scaled
from benchmarks.shop import a_boss
from campaigns.models import (
    Campaign,
    CampaignSlot,
    CampaignVersion,
    Message,
    ReportMark,
    ReportState,
    Template,
)
from campaigns.reports.kept import deriving
from crm_project.queue.due import database_now
from customers.models import Customer

TIMES = 5
MOST_QUERIES = 20
CAMPAIGNS = 50
# Everybody is in several campaigns; a tenth of each is held out, and some are of two variants.
ASSIGN = """
INSERT INTO campaigns_assignment (subject, customer_id, origin_customer_id, arm, at)
SELECT %(subject)s, id, id, CASE WHEN id %% 10 = 0 THEN 'held_out'
  WHEN NOT %(tried)s THEN 'treated' WHEN id %% 2 = 0 THEN 'a' ELSE 'b' END, %(at)s
  FROM customers_customer WHERE merged_into_id IS NULL AND hashint4(id + %(n)s * 7919) > %(part)s
 ORDER BY id LIMIT %(count)s
"""
TELL = """
INSERT INTO campaigns_message (customer_id, origin_customer_id, channel, purpose, state, reason,
  effect_key, step, content, facts, content_digest, provider_id, created_at, sent_at, delivered_at,
  opened_at, clicked_at, campaign_id, slot_id, assignment_id, attempts, error)
SELECT customer_id, customer_id, 'in_app', 'marketing',
  CASE WHEN arm = 'held_out' THEN 'skipped' ELSE 'sent' END,
  CASE WHEN arm = 'held_out' THEN 'holdout' ELSE '' END, subject || ':' || customer_id, '', '{}',
  '{}', '', '', at, CASE WHEN arm <> 'held_out' THEN at END,
  CASE WHEN arm <> 'held_out' THEN at END, CASE WHEN id %% 4 = 1 THEN at + interval '1 hour' END,
  CASE WHEN id %% 20 = 1 THEN at + interval '1 hour' END, %(campaign)s, %(slot)s, id, 0, ''
  FROM campaigns_assignment WHERE subject = %(subject)s
"""
TEST = {"percent": 100, "metric": "bought", "decide_hours": 72, "to_rest": "by_hand"}
VARIANT = {"share": 50, "hours": 0, "channel": "in_app", "content": {}, "alternatives": []}


def told(n: int, template: Template, count: int, now) -> None:
    """A campaign of the last months, as its rows."""
    at = now - timedelta(days=70 - n)
    is_tried = n % 3 == 0
    campaign = Campaign.objects.create(
        name=f"report {n}",
        template=template,
        variants=2 if is_tried else 1,
        b_hours=1,
        holdout_percent=10,
        status="done",
        purpose="marketing",
        channel="in_app",
        launched_at=at,
    )
    keys = [{"key": key, "coupon": None, **VARIANT} for key in ("ab" if is_tried else "a")]
    version = CampaignVersion.objects.create(
        campaign=campaign,
        number=1,
        definition={"variants": keys, **({"test": TEST} if is_tried else {})},
        made_at=at,
    )
    slot = CampaignSlot.objects.create(
        campaign=campaign, version=version, at=at, began_at=at, state="done", audience=count
    )
    if is_tried:
        slot.decide_at, slot.counted = at, {"a": [count // 2, 500], "b": [count // 2, 600]}
    slot.subject = f"campaign:{campaign.pk}:{slot.pk}"
    slot.save()
    values = {"subject": slot.subject, "campaign": campaign.pk, "slot": slot.pk, "at": at, "n": n}
    share = min(1.1 * count / people(), 1)  # a few more than wanted
    part = int(2**31 - 2**32 * share)
    with connection.cursor() as cursor:
        cursor.execute(ASSIGN, {**values, "tried": is_tried, "count": count, "part": part})
        cursor.execute(TELL, values)


def people() -> int:
    return Customer.objects.count()


def derived(now) -> list[float]:
    """All that is behind is worked out: how many seconds each took."""
    while deriving.keep(now) or ReportMark.objects.exists():
        pass
    took = list(ReportState.objects.filter(took_ms__gt=0).values_list("took_ms", flat=True))
    return [ms / 1000 for ms in took]


def main() -> None:
    postgres, now = int(os.environ["BENCH_POSTGRES_PID"]), database_now()
    template = Template.objects.create(name="reports", channel="in_app", content={})
    for n in range(CAMPAIGNS):
        told(n, template, scaled(100_000), now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) campaigns_message, campaigns_assignment")
    took = derived(now)
    print(f"figures of one campaign and month: {median(took):.2f} s, at most {max(took):.2f} s")
    client = Client(SERVER_NAME="localhost")
    client.force_login(a_boss())
    plain, tried = (Campaign.objects.get(name=f"report {n}").pk for n in (1, 0))
    pages = {
        "reports": "/reports/",
        "report of a campaign": f"/reports/campaign/{plain}/",
        "report of variants": f"/reports/campaign/{tried}/",
        "report as a file": f"/reports/campaign/{tried}/?as=xlsx",
    }
    for name, address in pages.items():
        seconds, cpu, queries = [], [], 0
        for _n in range(TIMES):
            with CaptureQueriesContext(connection) as asked, Meter(os.getpid(), postgres) as spent:
                began = time.perf_counter()
                answer = client.get(address)
                seconds.append(time.perf_counter() - began)
            assert answer.status_code == 200, (name, answer.status_code)
            queries = len(asked)
            cpu.append(spent.seconds)
        found = {"first_s": seconds[0], "took_s": seconds, "queries": queries}
        size = f"{people()} customers, {Message.objects.count()} messages"
        report(
            f"page: {name}",
            median(seconds),
            0.5,
            budget=0.5,
            at_most=True,
            ratio=median(seconds),
            unit=f"s; {size}, {queries} queries, {median(cpu):.3f} s of CPU",
            **found,
        )
        report(
            f"queries: {name}",
            queries,
            MOST_QUERIES,
            budget=MOST_QUERIES,
            at_most=True,
            ratio=queries,
            unit="queries",
        )


if __name__ == "__main__":
    main()
