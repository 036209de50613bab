"""Calls that stand in rows: made until they are answered, in spite of the receiver and of us."""

import json
import time
from datetime import timedelta

import pytest
from django.db import transaction

from crm_project.queue.due import database_now
from customers import connection_health as health
from customers import outbound
from customers.data_rights import erasing
from customers.models import Breaker, Connection, OutboundCall
from customers.outbound import Caller, Wanted, callers
from integrations.connections import breaker, calls
from integrations.connections.vendors import vendors
from integrations.doors import signatures
from integrations.privacy.erasing import forget_calls
from tests import rude
from tests.factories import a_customer, a_workspace
from tests.integrations.outbound.conftest import SECRET, a_webhook

pytestmark = pytest.mark.django_db(transaction=True)
State = OutboundCall.State


class Toy(Caller):
    key = "toy"
    told: list = []
    breaks = False

    def ended(self, calls, now):
        if Toy.breaks:
            raise RuntimeError("a caller of bad manners")
        Toy.told += [(one.key, one.state, one.status, one.answer) for one in calls]


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setitem(callers.by_key, "toy", Toy)
    Toy.told, Toy.breaks = [], False
    return Toy


def wanted(connection, *keys, **more):
    outbound.queue(
        [
            Wanted(key=key, connection_id=connection.pk, body='{"a": 1}', caller="toy", **more)
            for key in keys or ["run:1:2"]
        ],
        database_now(),
    )


def soon():
    """Whatever waits for its time is due now."""
    OutboundCall.objects.filter(due_at__isnull=False).update(due_at=database_now())


def one() -> OutboundCall:
    return OutboundCall.objects.get()


def test_a_call_is_made_once_signed_and_its_caller_is_told(server, toy):
    hook = a_webhook(server.url)
    wanted(hook)
    wanted(hook)

    assert calls.work() == 1
    assert calls.work() == 0

    head, _blank, body = server.seen[0].partition(b"\r\n\r\n")
    headers = {
        name.decode().lower(): value.decode()
        for name, _colon, value in (line.partition(b": ") for line in head.split(b"\r\n")[1:])
    }
    assert headers["webhook-id"] == "run:1:2"
    assert signatures.is_signed(headers, body, secrets=[SECRET], now=time.time())
    assert toy.told == [("run:1:2", "answered", 200, {"ok": True})]
    assert (one().due_at, one().state) == (None, State.ANSWERED)
    hook.refresh_from_db()
    assert hook.last_ok_at
    assert not health.is_failing(hook)


def test_nothing_is_called_before_the_commit_nor_after_a_rollback(server):
    hook = a_webhook(server.url)
    with transaction.atomic():
        wanted(hook)
        transaction.set_rollback(True)
    calls.work()

    assert server.seen == []


def test_what_was_cut_after_it_was_taken_is_made_again_under_the_same_id(server, toy):
    server.manners += [rude.cut, rude.status(503)]
    wanted(a_webhook(server.url))

    calls.work()
    assert (one().state, one().tries) == (State.WAITING, 1)
    assert one().error.startswith("cut")
    assert one().due_at > database_now()
    assert toy.told == []
    for _try in range(2):
        soon()
        calls.work()

    ids = {
        line
        for request in server.seen
        for line in request.split(b"\r\n")
        if line.lower().startswith(b"webhook-id")
    }
    assert len(server.seen) == 3
    assert ids == {b"webhook-id: run:1:2"}
    assert [state for _key, state, *_rest in toy.told] == ["answered"]


def test_a_refusal_is_final_and_said(server, toy):
    server.manners.append(rude.status(410))
    hook = a_webhook(server.url)
    wanted(hook)

    calls.work()

    assert toy.told == [("run:1:2", "failed", 410, None)]
    assert list(health.failing()) == [hook]


def test_it_waits_as_long_as_the_receiver_asks(server):
    server.manners.append(rude.status(429, b"Retry-After: 600\r\n"))
    wanted(a_webhook(server.url))

    calls.work()

    assert one().due_at > database_now() + timedelta(seconds=590)


@pytest.mark.parametrize("size", [calls.MOST_KEPT + 1, 2 << 20])
def test_an_answer_that_is_too_large_is_not_kept(server, toy, size):
    server.manners.append(rude.well(b"x" * size))
    wanted(a_webhook(server.url))

    calls.work()

    assert [state for _key, state, *_rest in toy.told] == ["failed"]
    assert one().sealed_answer is None


def test_a_text_that_is_no_json_is_an_answer_too(server, toy):
    server.manners.append(rude.well(b"\xff\x00fine"))
    wanted(a_webhook(server.url))

    calls.work()

    assert toy.told[0][3] == "\ufffd\x00fine"


def test_a_call_whose_time_is_over_is_not_made(server, toy):
    wanted(a_webhook(server.url), lasts=timedelta(seconds=-1))

    calls.work()

    assert server.seen == []
    assert [state for _key, state, *_rest in toy.told] == ["expired"]


def test_a_connection_that_is_switched_off_keeps_its_calls_waiting(server):
    hook = a_webhook(server.url, is_active=False)
    wanted(hook)
    calls.work()
    assert server.seen == []
    assert list(OutboundCall.objects.overdue(database_now())) == []

    Connection.objects.update(is_active=True)
    calls.work()
    assert len(server.seen) == 1


def test_after_a_restore_nothing_leaves_before_somebody_confirms(server):
    workspace = a_workspace(restored_at=database_now())
    wanted(a_webhook(server.url))
    calls.work()
    assert server.seen == []

    type(workspace).objects.update(restored_at=None)
    calls.work()
    assert len(server.seen) == 1


def test_a_caller_of_bad_manners_is_told_again_and_the_call_is_not_made_twice(server, toy):
    toy.breaks = True
    wanted(a_webhook(server.url))
    calls.work()
    assert one().state == State.ANSWERED
    assert "bad manners" in one().error

    toy.breaks = False
    soon()
    calls.work()
    assert len(server.seen) == 1
    assert len(toy.told) == 1


def test_a_worker_that_died_with_a_call_leaves_it_to_the_next_and_writes_nothing_late(server, toy):
    """His lease is over, somebody else has answered; what he hears then changes nothing."""
    wanted(a_webhook(server.url))
    under_way = {}
    assert calls.start_due_calls(under_way) == 1
    soon()
    calls.work()
    assert len(toy.told) == 1

    done = [(row, future) for future, row in under_way.items()]
    for _row, future in done:
        future.result()
    calls.note(done)
    calls.work()

    assert len(server.seen) == 2  # the receiver sees one id twice
    assert len(toy.told) == 1


def test_who_is_down_is_left_alone_then_one_call_tries(server, toy):
    hook = a_webhook(server.url)
    keys = [f"run:{n}:1" for n in range(20)]
    server.manners += [rude.status(500)] * 20
    wanted(hook, *keys)
    calls.work()
    made = len(server.seen)
    assert made < 20  # some were held back once it was known to be down
    assert Breaker.objects.get().open_until

    soon()
    calls.work()
    assert len(server.seen) == made  # shut

    Breaker.objects.update(open_until=database_now())
    soon()
    server.manners.clear()
    server.manners.append(rude.status(500))
    calls.work()
    assert len(server.seen) == made + 1  # one tries, in vain
    assert Breaker.objects.get().open_until > database_now()

    Breaker.objects.update(open_until=database_now())
    soon()
    calls.work()
    soon()
    calls.work()
    assert {state for _key, state, *_rest in toy.told} == {"answered"}
    assert len(toy.told) == 20
    assert Breaker.objects.get().failures == 0


def test_one_alone_tries_whoever_asks(server):
    hook, now = a_webhook(server.url), database_now()
    for _failure in range(breaker.OPENS_AFTER):
        breaker.failed({hook.pk: 1}, now)
    until = breaker.open_circuits([hook.pk], now)[hook.pk]

    assert not breaker.claim_trial_call(hook.pk, now)
    assert breaker.claim_trial_call(hook.pk, until)
    assert not breaker.claim_trial_call(hook.pk, until)
    assert breaker.claim_trial_call(hook.pk, until + breaker.TRIAL)  # the first one died


def test_a_silent_receiver_keeps_nobody_else_waiting(server, settings):
    with rude.Rude() as other:
        settings.OUTBOUND_HOSTS += [f"127.0.0.1:{other.port}"]
        other.manners += [rude.silent] * 30
        slow, quick = a_webhook(other.url), a_webhook(server.url)
        wanted(slow, *[f"slow:{n}" for n in range(30)])
        wanted(quick, *[f"quick:{n}" for n in range(30)])
        under_way = {}
        calls.start_due_calls(under_way)
        while len(server.seen) < 30:
            done = [future for future in under_way if future.done()]
            calls.note([(under_way.pop(one), one) for one in done])
            calls.start_due_calls(under_way)

        places = [row.call.connection_id for row in under_way.values()].count(slow.pk)
        assert places < 2 * calls.PER_CONNECTION
        for future in under_way:
            future.cancel()


def test_an_unknown_vendor_is_said(server, toy):
    hook = a_webhook(server.url, is_active=True)
    Connection.objects.filter(pk=hook.pk).update(vendor="gone")
    wanted(hook)

    calls.work()

    assert [state for _key, state, *_rest in toy.told] == ["failed"]


def test_a_body_beyond_measure_is_refused_where_it_is_wanted(server):
    hook = a_webhook(server.url)
    with pytest.raises(outbound.TooLarge):
        outbound.queue(
            [Wanted(key="k", connection_id=hook.pk, body="x" * (outbound.MOST_BYTES + 1))],
            database_now(),
        )


def test_calls_hold_no_secret_and_nobody_reads_their_content_in_the_table(server):
    customer = a_customer()
    hook = a_webhook(server.url)
    wanted(hook, customer=customer.pk)

    assert SECRET not in json.dumps(one().content)
    assert b'"a"' not in bytes(OutboundCall.objects.values_list("sealed_content", flat=True)[0])


def test_an_old_secret_signs_beside_the_new_one_for_a_while(server):
    hook = a_webhook(server.url)
    hook.settings = vendors["webhook"]().rotated(hook.settings)
    hook.save()
    wanted(hook)
    calls.work()

    head, _blank, body = server.seen[0].partition(b"\r\n\r\n")
    headers = {
        name.decode().lower(): value.decode()
        for name, _colon, value in (line.partition(b": ") for line in head.split(b"\r\n")[1:])
    }
    for secret in (SECRET, hook.settings["secret"]):
        assert signatures.is_signed(headers, body, secrets=[secret], now=time.time())


def test_calls_go_with_the_person_whom_they_are_about_or_name(server):
    customer, hook = a_customer(), a_webhook(server.url)
    wanted(hook, "theirs", customer=customer.pk)
    body = json.dumps({"mobile": "13812345678"})
    outbound.queue(
        [Wanted(key="of many", connection_id=hook.pk, body=body), Wanted("else", hook.pk, "{}")],
        database_now(),
    )

    erasing.erase(customer, by=None, reason="they asked for it", now=database_now())
    assert forget_calls({"13812345678"}) == 1

    assert [call.key for call in OutboundCall.objects.all()] == ["else"]
