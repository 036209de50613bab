"""A campaign to 20,000: killed over and over while it is sent, stopped in the middle; and what a
schedule, a beat and a cap are worth when many work at once.

CAMPAIGN_PEOPLE and CAMPAIGN_KILLS say how large and how often.
"""

import os
import time
from random import Random

import pytest

from tests.faults import oracle
from tests.faults.killing import Killer
from tests.faults.provider import Provider
from tests.product import eventually

pytestmark = pytest.mark.proof
PEOPLE = int(os.environ.get("CAMPAIGN_PEOPLE", "20000"))
KILLS = int(os.environ.get("CAMPAIGN_KILLS", "20"))
SEED = int(os.environ.get("FAULT_SEED", "0")) or time.time_ns() % 1_000_000
SECONDS = 900
IMPORTS = """
from django.utils import timezone
from campaigns.broadcasts import launching
from campaigns.delivery import stopping
from campaigns.models import Campaign, Cap, QuietHours, Template
from customers.models import Customer, ListMember, Segment
from customers.segments import membership
from crm_project.queue.due import database_now
"""
LAUNCHED = """
Cap.objects.all().delete()
QuietHours.objects.all().delete()
people = Customer.objects.bulk_create(
    [Customer(name=f"p{{n}}", first_seen_at=timezone.now()) for n in range({people})], 5000)
segment = Segment.objects.create(name="many", kind="list")
ListMember.objects.bulk_create(
    [ListMember(segment=segment, customer=c, origin_customer=c) for c in people], 5000)
template = Template.objects.create(name="many", channel="{channel}", content={{"text": "Tea"}})
campaign = Campaign.objects.create(
    name="many", segment=segment, template=template, holdout_percent=10)
launching.launch(campaign, by=None, now=database_now())
"""
STATES = "SELECT state, reason, count(*) AS n FROM campaigns_message GROUP BY 1, 2"
ASSIGNED = """SELECT count(*) FROM campaigns_assignment WHERE subject LIKE 'campaign:%%'
 AND arm <> 'treated'"""


def launched(product, channel: str) -> int:
    return product.ask("campaign.pk", IMPORTS + LAUNCHED.format(people=PEOPLE, channel=channel))


def sent(product) -> int:
    return product.count("SELECT count(*) FROM campaigns_message WHERE state = 'sent'")


def by_state(product) -> dict[tuple[str, str], int]:
    return {(row["state"], row["reason"]): row["n"] for row in product.rows(STATES)}


@pytest.mark.parametrize("channel", ["keyed", "unkeyed"])
def test_kills_in_a_campaign_double_nothing_and_the_accounts_add_up(channel):
    dice = Random(SEED)
    with Provider() as provider, provider.customer() as product:
        provider.behave(slow=0.02, limit=0.01, fail=0.01)
        launched(product, channel)
        killer = Killer(product, provider, dice)
        plan = killer.plan(kills=KILLS, of_each_master=KILLS // 10, while_sending=KILLS // 4)
        told = PEOPLE * 9 // 10
        for number, target in enumerate(plan):
            wanted = told * number // len(plan)
            eventually(lambda least=wanted: len(provider.effects) >= least, seconds=60, every=0.2)
            killer.kill(target)
        oracle.everything_is_drained(product, seconds=SECONDS)
        states = by_state(product)
        held_out = product.count(ASSIGNED)
        arrived = provider.effects
        unknown = sum(n for (state, _why), n in states.items() if state == "unknown")
        print(
            f"\n{channel}, seed {SEED}: {states}, hits {dict(killer.hits)}, in flight"
            f" {killer.in_flight}, arrived {len(arrived)}"
        )
        oracle.effects_and_records_agree(product, arrived)
        assert sum(states.values()) == PEOPLE
        assert states["skipped", "holdout"] == held_out
        assert {state for state, _why in states} <= {"sent", "unknown", "skipped"}
        assert unknown <= (killer.in_flight if channel == "unkeyed" else 0)
        assert product.rows("SELECT status FROM campaigns_campaign")[0]["status"] == "done"
        assert sum(killer.hits.values()) >= KILLS - 1


def test_a_stop_in_the_middle_of_a_campaign_is_one_within_a_second():
    """At the provider's side: what it has not heard of a second after the button, never comes."""
    with Provider() as provider, provider.customer() as product:
        provider.behave(slow=0.02)
        launched(product, "unkeyed")
        assert eventually(lambda: len(provider.arrivals) > PEOPLE // 10, seconds=300, every=0.2)
        stopped_at = float(
            product.ask(
                "at", f"{IMPORTS}\nimport time\nstopping.stop('', by=None)\nat = time.time()"
            )
        )
        time.sleep(10)
        came = provider.arrivals
        late = [at - stopped_at for at in came.values() if at > stopped_at + 1]
        assert late == []
        assert len(came) < PEOPLE * 9 // 10, "it was over before the button was pressed"
        waiting = product.count("SELECT count(*) FROM campaigns_message WHERE state = 'queued'")
        print(
            f"\narrived {len(came)}, the last {max(came.values()) - stopped_at:.2f} s after,"
            f" still queued {waiting}"
        )
        assert sent(product) == len(provider.effects)
        assert waiting > 0
