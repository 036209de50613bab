"""2,000 events while ten processes of the product are killed: nothing is lost, nothing is doubled, nothing is left lying about."""

import time
from random import Random

import pytest
from django.apps import apps

from crm_project.due import DueRow
from tests.faults.sender import WATCHED, Sender
from tests.product import Product, eventually

EVENTS = 2_000
KILLS = 10
KILL_UP = 5  # the sixth: `up` itself
SECONDS = 28
BETWEEN_KILLS = 1.8  # the last one is so early that the leases it leaves (30 s) are over when we look

JOURNEY = {
    "trigger": {"trigger": "event", "event": WATCHED},
    "reentry": {"kind": "always"},
    "start": "tell",
    "steps": {
        "tell": {
            "step": "send_message",
            "channel": "in_app",
            "purpose": "service",
            "content": {"title": "{{ event.number }}", "body": "{{ event.number }}"},
            "next": None,
        }
    },
}


@pytest.fixture(scope="module")
def product():
    with Product(demo=False) as product:
        product.start()
        # The row comes with the first tick. A held-out customer gets nothing, which is not what is counted here.
        assert eventually(lambda: product.rows("UPDATE customers_workspace SET holdout_percent = 0 RETURNING id"), seconds=20)
        yield product


def test_ten_kills_lose_and_double_nothing(product):
    source = product.made_source("Kill test")
    product.publish("Watched", JOURNEY)
    dice = Random()
    senders = [Sender(product.url, source, numbers, seconds=SECONDS, dice=Random(dice.random())) for numbers in halves(range(EVENTS))]
    for sender in senders:
        sender.start()

    for kill in range(KILLS):
        time.sleep(BETWEEN_KILLS)
        if kill == KILL_UP:
            product.process.kill()
            product.process.wait(10)
            product.start()
        else:
            kill_one(product, dice)
    for sender in senders:
        sender.join(30)

    assert [sender.surprises for sender in senders] == [[], []]
    assert set.union(*(sender.acknowledged for sender in senders)) == {f"event-{number:05}" for number in range(EVENTS)}
    print("retries", sum(sender.retries for sender in senders))
    left = eventually(lambda: not left_over(product), seconds=20, every=0.5) or left_over(product)
    assert left is True, left
    every_event_is_stored_once(product)
    every_watched_event_has_one_run_and_one_message(product)


def kill_one(product, dice: Random) -> None:
    victim = dice.choice(product.killable())
    print("killed", victim.pid, "child of", victim.ppid(), " ".join(victim.cmdline())[-80:])
    victim.kill()


def halves(numbers: range) -> list[range]:
    return [numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]]


def left_over(product) -> dict[str, int]:
    """Rows with something left to do, by table."""
    tables = [model._meta.db_table for model in apps.get_models() if issubclass(model, DueRow)]
    counts = {table: product.count(f"SELECT count(*) FROM {table} WHERE due_at IS NOT NULL") for table in tables}
    return {table: count for table, count in counts.items() if count}


def every_event_is_stored_once(product):
    stored = product.rows("SELECT external_id, count(*) AS times FROM events_event GROUP BY external_id")

    assert {row["external_id"]: row["times"] for row in stored} == {f"event-{number:05}": 1 for number in range(EVENTS)}
    assert product.count("SELECT count(*) FROM events_ledger") == EVENTS
    assert product.count("SELECT count(*) FROM customers_customer WHERE merged_into_id IS NULL") == 100


def every_watched_event_has_one_run_and_one_message(product):
    runs = product.rows(
        "SELECT e.external_id, count(DISTINCT r.id) AS runs, count(m.id) AS messages, min(m.state || m.reason) AS state, min(m.content ->> 'title') AS title "
        "FROM events_event e JOIN events_eventname n ON n.id = e.name_id AND n.name = %s "
        "LEFT JOIN campaigns_run r ON r.event_id = e.id AND r.event_occurred_at = e.occurred_at "
        "LEFT JOIN campaigns_message m ON m.run_id = r.id GROUP BY e.id, e.external_id ORDER BY e.external_id",
        WATCHED,
    )

    watched = range(0, EVENTS, 10)
    assert runs == [
        {"external_id": f"event-{number:05}", "runs": 1, "messages": 1, "state": "sent", "title": str(number)} for number in watched
    ]
    assert product.count("SELECT count(*) FROM campaigns_run") == product.count("SELECT count(*) FROM campaigns_message") == len(watched)
