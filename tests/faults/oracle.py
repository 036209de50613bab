"""What must be true of the product after any fault, asked from outside: of its database, its log,
and the provider.

Nothing acknowledged is missing, nothing happened twice, every row has come to its end, nothing is
leased, the sums add up, and no request was answered 500.
"""

import json
from collections import Counter, defaultdict

from django.apps import apps

from crm_project.queue.due import DueRow
from tests.faults.sender import WATCHED
from tests.product import eventually

ENDED = ("sent", "unknown")
STANDING = {"customers_retention"}  # due again and again for ever: what is old goes
WAITING = """
SELECT channel, state, reason, attempts, token IS NOT NULL AS leased, extract(epoch
  FROM due_at - now())::int AS seconds, count(*)
  FROM campaigns_message WHERE state IN ('queued', 'sending') GROUP BY 1, 2, 3, 4, 5, 6
"""
SESSIONS = """
SELECT state, wait_event, extract(epoch FROM now() - state_change)::int AS seconds, left(query,
  80) AS query
  FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
MESSAGES = """
SELECT e.external_id AS event, r.id AS run, r.state AS run_state, m.channel, m.state
  FROM events_event e JOIN events_eventname n ON n.id = e.name_id AND n.name = %s
  LEFT JOIN campaigns_run r ON r.event_id = e.id AND r.event_occurred_at = e.occurred_at
  LEFT JOIN campaigns_message m ON m.run_id = r.id
"""


# A coupon that travels in a message is as its message is, and each batch counts what it holds and
# promises.
ASTRAY = """
SELECT c.state, m.state AS of_message, count(*) FROM campaigns_coupon c
  JOIN campaigns_message m ON m.coupon_id = c.id AND m.effect_key = c.effect_key
 WHERE c.state = 'pending' OR (c.state = 'issued') <> (m.state IN ('sent', 'unknown'))
   AND c.state IN ('issued', 'withdrawn')
 GROUP BY 1, 2
"""
MONEY = """
SELECT b.id, b.issued, b.promised_fen, h.n, h.fen FROM campaigns_couponbatch b CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE state <> 'withdrawn') AS n,
         coalesce(sum(promised_fen) FILTER (WHERE state IN ('pending', 'issued', 'claimed',
           'reserved', 'returned')), 0) AS fen
    FROM campaigns_coupon WHERE batch_id = b.id) h
 WHERE (b.issued, b.promised_fen) <> (h.n, h.fen) OR b.issued > b.stock
"""


def holds(
    product,
    *,
    acknowledged: set[str],
    provider=None,
    channels=(),
    unknown_at_most: int = 0,
    seconds: float = 30,
) -> Counter:
    """All of it; `channels` are those that the product tells of each watched event. The number of
    messages in each end state."""
    everything_is_drained(product, seconds=seconds)
    every_event_is_stored_once(product, acknowledged)
    rows = product.rows(MESSAGES, WATCHED) if channels else []
    every_watched_event_has_one_run_and_its_messages(product, rows, channels)
    if provider:
        effects_and_records_agree(product, provider.effects)
    coupons_agree_with_messages(product)
    states = Counter(row["state"] for row in rows)
    assert set(states) <= set(ENDED), states
    assert states["unknown"] <= unknown_at_most, states
    no_request_was_answered_wrongly(product)
    return states


def everything_is_drained(product, *, seconds: float) -> None:
    left = eventually(lambda: not left_over(product), seconds=seconds, every=0.5) or left_over(
        product
    )
    assert left is True, (
        left,
        product.rows(WAITING),
        product.rows(SESSIONS),
        [line for line in product.lines if "request" not in line][-30:],
    )


def left_over(product) -> dict[str, int]:
    """Rows with something left to do, or on their way, by table."""
    tables = [
        model._meta.db_table
        for model in apps.get_models()
        if issubclass(model, DueRow) and model._meta.db_table not in STANDING
    ]
    counts = {
        table: product.count(
            f"SELECT count(*) FROM {table} WHERE due_at IS NOT NULL OR token IS NOT NULL"
        )
        for table in tables
    }
    counts["on their way"] = product.count(
        "SELECT count(*) FROM campaigns_message WHERE state IN ('queued', 'sending')"
    )
    return {table: count for table, count in counts.items() if count}


def every_event_is_stored_once(product, acknowledged: set[str]) -> None:
    """What was acknowledged is there; what is there is there once. An event whose sender never
    heard of it may be there too."""
    stored = Counter(
        row["external_id"] for row in product.rows("SELECT external_id FROM events_event")
    )

    assert acknowledged - stored.keys() == set(), (
        f"{len(acknowledged - stored.keys())} acknowledged and lost"
    )
    assert {event: times for event, times in stored.items() if times > 1} == {}
    assert product.count("SELECT count(*) FROM events_ledger") == stored.total()


def every_watched_event_has_one_run_and_its_messages(product, rows: list[dict], channels) -> None:
    of_event = defaultdict(list)
    for row in rows:
        of_event[row["event"]].append(row)
    wanted = sorted(channels)
    wrong = [
        those
        for those in of_event.values()
        if sorted(str(row["channel"]) for row in those) != wanted
    ]
    assert wrong == [], f"{len(wrong)} of {len(of_event)} events: {wrong[:3]}"
    assert {row["run_state"] for row in rows} <= {"completed"}
    assert (
        product.count("SELECT count(*) FROM campaigns_run WHERE event_id IS NOT NULL")
        == len({row["run"] for row in rows})
        == len(of_event)
    )


def effects_and_records_agree(product, effects: dict[str, int]) -> None:
    """Nobody got a message twice; what is recorded as sent has arrived, and what arrived is
    recorded or cannot be known."""
    sent = product.rows("SELECT effect_key, state FROM campaigns_message WHERE state <> 'skipped'")
    states = {row["effect_key"]: row["state"] for row in sent}
    twice = {reference: times for reference, times in effects.items() if times > 1}
    assert twice == {}, f"{len(twice)} messages arrived more than once"
    assert {reference for reference, state in states.items() if state == "sent"} <= effects.keys()
    assert {
        reference: states.get(reference)
        for reference in effects
        if states.get(reference) not in ENDED
    } == {}


def coupons_agree_with_messages(product) -> None:
    """Nobody holds a coupon whose message did not leave, whoever got the message holds his, and
    stock and budget say so."""
    assert product.rows(ASTRAY) == []
    assert product.rows(MONEY) == []


def no_request_was_answered_wrongly(product) -> None:
    """The log knows no 500, and 503 is an answer."""
    requests = [
        json.loads(line.partition("| ")[2])
        for line in list(product.lines)
        if '"event": "request"' in line
    ]
    assert [
        request for request in requests if request["status"] >= 500 and request["status"] != 503
    ] == []
