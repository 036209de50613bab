"""The row whose time somebody is written to about: a booking that may move or be called off, a
coupon that may be used. Looked at again in the transaction that claims the message."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from campaigns.models import Coupon, Message, Run
from crm_project.db.sets import among
from customers.identity import following
from customers.models import Source
from events import names
from events.commerce import bookings
from events.models import Booking

ABOUT = "about"  # in the facts of runs and messages
SHOP = "namespace"  # in those of runs that an event of our own began: the shop that it is about
UNUSED = (Coupon.State.ISSUED, Coupon.State.CLAIMED, Coupon.State.RETURNED)
# Back to the wait that the moved booking moves, where the run's version has it. One that is just
# being walked is left alone.
BACK = """
WITH back AS (
  SELECT r.id, r.visit, r.step, r.state, n.step AS wait FROM campaigns_run r
    JOIN unnest(%(runs)s::bigint[], %(steps)s::text[]) AS n(id, step) ON n.id = r.id
    JOIN campaigns_journeyversion v ON v.id = r.version_id AND v.definition -> 'steps' ? n.step
   WHERE r.state IN ('active', 'completed') FOR UPDATE OF r SKIP LOCKED),
left_behind AS (
  INSERT INTO campaigns_runstep (run_id, visit, step, at, outcome)
  SELECT id, visit, step, %(now)s, 'booking_moved' FROM back WHERE state = 'active'
      ON CONFLICT DO NOTHING)
UPDATE campaigns_run r SET state = 'active', step = back.wait, visit = back.visit + 1,
  is_waiting = false, due_at = %(now)s, outcome = '', ended_at = NULL, held_at = NULL,
  token = NULL, attempts = 0, error = ''
  FROM back WHERE back.id = r.id
"""


def names_of_bookings() -> frozenset[int]:
    """The events by which a booking's states are told."""
    return frozenset(names.numbers(bookings.NAMES.values()).values())


def bookings_of(runs: Iterable[Run]) -> dict[int, Booking]:
    """By run that began with a booking of its customer: the booking, as it is now. The number is a
    property, which a public key may set."""
    runs = list(runs)
    at = numbers_of(runs)
    found = numbered({number for _shop, number in at.values()})
    return {
        run.pk: one
        for run in runs
        if run.pk in at and (one := found.get(at[run.pk])) and following.are_of_one(one, run)
    }


def shops_of(runs: Iterable[Run]) -> dict[int, int]:
    """By run that an event began: the namespace of its source, or the one that an event of our own
    is about."""
    runs = list(runs)
    sources = {run.pk: run.facts["source"] for run in runs if "source" in run.facts}
    shops = (
        dict(Source.objects.filter(pk__in=set(sources.values())).values_list("pk", "namespace"))
        if sources
        else {}
    )
    said = {run: shops[source] for run, source in sources.items() if source in shops}
    return said | {run.pk: run.facts[SHOP] for run in runs if SHOP in run.facts}


def numbers_of(runs: Iterable[Run]) -> dict[int, tuple[int, str]]:
    """By run whose beginning names a booking: its shop and number."""
    said = {
        run.pk: (run, str(number))
        for run in runs
        if (number := (run.facts.get("event") or {}).get("booking_number"))
    }
    shops = shops_of(run for run, _number in said.values())
    return {pk: (shops[pk], number) for pk, (_run, number) in said.items() if pk in shops}


def numbered(numbers: set[str]) -> dict[tuple[int, str], Booking]:
    rows = Booking.objects.filter(number__in=numbers) if numbers else ()
    return {(row.namespace_id, row.number): row for row in rows}


def booking(row: Booking, *, step: str, is_before: bool) -> dict:
    """What is remembered of it: `step` is the wait to go back to where it moves."""
    return {
        "namespace": row.namespace_id,
        "booking": row.number,
        "starts_at": row.starts_at.isoformat(),
        "step": step,
        "is_before": is_before,
    }


def stopped(messages: list[Message], now: datetime) -> dict[int, str]:
    """By message whose row is not as it was: the reason. Runs whose booking has moved go back to
    their wait."""
    said = {m.pk: (m, m.facts[ABOUT]) for m in messages if isinstance(m.facts.get(ABOUT), dict)}
    known = numbered({one["booking"] for _m, one in said.values() if "booking" in one})
    coupons = [m.coupon_id for m, one in said.values() if "coupon" in one and m.coupon_id]
    unused = set(
        Coupon.objects.filter(
            among("pk", coupons), state__in=UNUSED, expires_at__gt=now
        ).values_list("pk", flat=True)
        if coupons
        else ()
    )
    reasons: dict[int, str] = {}
    moved: dict[int, str] = {}
    for pk, (message, one) in said.items():
        if "coupon" in one:
            why = "" if message.coupon_id in unused else "coupon_used"
        else:
            why = why_not(known.get((one["namespace"], one["booking"])), one, now)
        if why:
            reasons[pk] = why
        if why == "booking_moved" and one["step"] and message.run_id:
            moved[message.run_id] = one["step"]
    if moved:
        with connection.cursor() as cursor:
            cursor.execute(BACK, {"runs": list(moved), "steps": list(moved.values()), "now": now})
    return reasons


def why_not(row: Booking | None, remembered: dict, now: datetime) -> str:
    if row is None or row.status == Booking.Status.CANCELLED:
        return "booking_cancelled"
    if row.starts_at != datetime.fromisoformat(remembered["starts_at"]):
        return "booking_moved"
    return "booking_past" if remembered["is_before"] and row.starts_at <= now else ""
