"""The calls that stand in rows (customers/outbound.py) are made, each until it is answered, refused
for good or out of time; then its caller is told.

A call is made again after a failure, with the same id, so that a repeat is harmless to a receiver
who looks at it. Calls are under way at once, and one connection holds only so many of the places: a
slow one keeps the others waiting for nothing.
"""

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection as database
from django.db import transaction

from campaigns.delivery import sending
from crm_project.queue.due import STUCK_AFTER, database_now, storable, work_through
from crm_project.registry import UnknownKey
from customers import connection_health as health
from customers.models import Connection, OutboundCall, Workspace
from customers.outbound import callers
from customers.privacy.sealing import NotDecipherable
from integrations.connections import breaker
from integrations.connections.vendors import vendors
from integrations.outbound import client
from integrations.outbound.client import Answer, CallFailed

log = logging.getLogger(__name__)

State = OutboundCall.State
AT_ONCE, PER_CONNECTION = 100, 10  # calls under way
LEASE_SECONDS = 30  # longer than a call may take
LIFE = 10.0  # seconds in which new calls are begun; then the next tick goes on
MOST_KEPT = 64 << 10  # bytes of an answer
FIRST_PAUSE, LONGEST_PAUSE = 2, 3600  # seconds between two tries
# What says that the other side is down, rather than that it does not want this call.
DOWN = frozenset({"unknown_host", "unreachable", "tls", "timeout", "cut", "garbled", "busy"})

EXPIRE = """
UPDATE customers_outboundcall SET state = 'expired', ended_at = %(now)s, token = NULL,
  due_at = CASE WHEN caller <> '' THEN %(now)s END
 WHERE id IN (SELECT id FROM customers_outboundcall WHERE state = 'waiting'
   AND expires_at <= %(now)s ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class UnderWay:
    call: OutboundCall
    token: UUID


def work() -> int:
    """Whatever is due was done, for some seconds at most; how many calls were made.

    After a restore nothing leaves before somebody has confirmed it.
    """
    expire(database_now())
    notify_callers()
    if Workspace.objects.filter(restored_at__isnull=False).exists():
        return 0
    made, until, under_way = 0, time.monotonic() + LIFE, {}
    while True:
        if time.monotonic() < until:
            made += start_due_calls(under_way)
        if not under_way:
            return made
        done, _others = wait(under_way, timeout=1, return_when=FIRST_COMPLETED)
        if done:
            note([(under_way.pop(one), one) for one in done])
            notify_callers()


def start_due_calls(under_way: dict[Future, UnderWay]) -> int:
    """Calls that are due are on their way, as far as there are places; how many."""
    begun = 0
    while len(under_way) < AT_ONCE:
        busy = Counter(one.call.connection_id for one in under_way.values())
        # Half of what a connection was given has come back before it is given more: a system that
        # is down is known to be before all that waits for it has been tried.
        full = [pk for pk, number in busy.items() if number > PER_CONNECTION // 2]
        rows = OutboundCall.objects.filter(state=State.WAITING, attempts__lt=STUCK_AFTER)
        token, ids = (
            rows.exclude(OutboundCall.paused())
            .exclude(connection__in=full)
            .lease(limit=min(PER_CONNECTION, AT_ONCE - len(under_way)), seconds=LEASE_SECONDS)
        )
        if not ids:
            return begun
        calls = list(
            OutboundCall.objects.filter(pk__in=ids).select_related("connection").order_by("pk")
        )
        for call in let_through(calls, token, database_now()):
            under_way[start_call(call)] = UnderWay(call, token)
            begun += 1
    return begun


def let_through(calls: list[OutboundCall], token: UUID, now: datetime) -> list[OutboundCall]:
    """Those whose connection is not left alone at the moment; the others wait for it."""
    shut, passed = breaker.open_circuits({one.connection_id for one in calls}, now), []
    for one in calls:
        until = shut.get(one.connection_id)
        if until is None:
            passed.append(one)
        elif until <= now and breaker.claim_trial_call(one.connection_id, now):
            passed.append(one)
            shut[one.connection_id] = now + breaker.TRIAL
        else:
            OutboundCall.objects.filter(pk=one.pk, token=token).update(
                due_at=max(until, now + timedelta(seconds=1)), token=None, attempts=0
            )
    return passed


def start_call(call: OutboundCall) -> Future[Answer]:
    """The call is on its way; what cannot be made into a request has failed."""
    try:
        request = vendors[call.connection.vendor]().request(call.connection, call)
    except CallFailed as failed:
        return failure(failed)
    except (UnknownKey, NotDecipherable) as error:
        return failure(CallFailed("unusable", type(error).__name__))
    except Exception:
        log.exception("no request can be made of a call", extra={"row": call.pk})
        return failure(CallFailed("unusable"))
    return asyncio.run_coroutine_threadsafe(client.fetch(request), sending.loop())


def failure(failed: CallFailed) -> Future:
    made: Future = Future()
    made.set_exception(failed)
    return made


def note(ended: Sequence[tuple[UnderWay, Future]]) -> None:
    """What became of each call stands in its row, unless somebody else has taken it meanwhile; and
    how its connection fares."""
    now, well, ill, down = database_now(), set(), {}, Counter()
    with transaction.atomic():
        for one, future in sorted(ended, key=lambda pair: pair[0].call.pk):
            held = OutboundCall.objects.held(one.token, [one.call.pk]).first()
            try:
                answer = future.result()
                kept = kept_of(answer)
            except CallFailed as failed:
                ill[one.call.connection_id] = str(failed)
                if failed.code in DOWN:
                    down[one.call.connection_id] += 1
                else:
                    well.add(one.call.connection_id)
                if held:
                    put_off(held, failed, now)
            else:
                well.add(one.call.connection_id)
                if held:
                    held.sealed_answer, held.status = kept, answer.status
                    end(held, State.ANSWERED, now)
        breaker.worked(well - down.keys())
        breaker.failed(down, now)
        health.worked(well - ill.keys(), now)
        health.failed(ill, now)


def kept_of(answer: Answer) -> str:
    """The answer as JSON. Raises CallFailed where it is more than a row should hold."""
    if len(answer.body) > MOST_KEPT:
        raise CallFailed("too_large")
    text = answer.body.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return json.dumps(text, ensure_ascii=False)


def put_off(call: OutboundCall, failed: CallFailed, now: datetime) -> None:
    """It is tried again later, or has failed for good."""
    call.tries += 1
    words = storable(str(failed))[:2000]
    if failed.is_final:
        call.status = failed.status
        end(call, State.FAILED, now, words)
        return
    pause = min(FIRST_PAUSE * 2 ** min(call.tries - 1, 16), LONGEST_PAUSE)
    call.done(due_at=now + timedelta(seconds=max(pause, failed.retry_after or 0)))
    call.error = words
    call.save(update_fields=["tries", "due_at", "token", "attempts", "error"])


def end(call: OutboundCall, state: str, now: datetime, error: str = "") -> None:
    """It is over; due still, until its caller was told."""
    call.state, call.ended_at = state, now
    call.done(due_at=now if call.caller else None)
    call.error = error
    call.save()


def expire(now: datetime) -> None:
    with database.cursor() as cursor:
        cursor.execute(EXPIRE, {"now": now})


def notify_callers() -> None:
    """Callers know of the calls that have ended."""
    while work_through(OutboundCall.objects.exclude(state=State.WAITING), notify_batch, limit=200):
        pass


def notify_batch(calls: Sequence[OutboundCall], now: datetime) -> None:
    """The callers of these calls know of their ends, and nothing is due of them any more."""
    for key in sorted({one.caller for one in calls}):
        if key in callers:
            callers[key]().ended([one for one in calls if one.caller == key], now)
    OutboundCall.objects.filter(pk__in=[one.pk for one in calls]).update(
        due_at=None, token=None, attempts=0
    )


def try_again(connection: Connection, now: datetime) -> int:
    """What failed or waits for a broken connection goes at once, as somebody has mended it."""
    breaker.worked([connection.pk])
    waiting = OutboundCall.objects.filter(
        connection=connection, state=State.WAITING, token=None, due_at__gt=now
    )
    return waiting.update(due_at=now)
