"""One process carries all channels: nobody waits for another's provider, and batches are as large
as a pause allows."""

import asyncio
import contextlib
import os
import select
import threading
from collections import deque

import pytest
from django.db import OperationalError

from campaigns.delivery import records, sender, sending
from campaigns.delivery.channels import Address, Parcel
from campaigns.models import Message
from customers.models import Workspace
from tests.campaigns.loopback import Waiting
from tests.campaigns.queued import a_message, agree, outcome
from tests.factories import a_customer, a_workspace

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 120  # seconds for what comes at once on a quiet machine


@pytest.fixture
def carrier(push):
    a_workspace(caps=None)
    made = sender.Sender()
    yield made
    made.finish()


class Provider:
    """Of the channel `waiting`: it answers once it is let, so that no test is a race with a clock.
    What a batch takes goes by on `now`."""

    def __init__(self):
        self.may_answer = threading.Event()
        self.takes, self.now = 0.0, 0.0

    async def send(self, parcels):
        await asyncio.to_thread(self.may_answer.wait)
        self.now += self.takes
        return {p.message_id: "id" for p in parcels}

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def slow(push, monkeypatch):
    made = Provider()
    monkeypatch.setattr(Waiting, "send", lambda self, parcels: made.send(parcels))
    monkeypatch.setattr(sending, "SECONDS", 600)
    yield made
    made.may_answer.set()


def ready(channel, number=1):
    customers = [a_customer() for _n in range(number)]
    agree(*customers, channel=channel)
    return [a_message(customer, channel=channel) for customer in customers]


def test_a_slow_provider_holds_up_nobody_else(slow, carrier):
    [late], [early] = ready("waiting"), ready("loopback")

    while carrier.work():
        pass
    assert (outcome(late), outcome(early)) == (("sending", ""), ("sent", ""))

    slow.may_answer.set()
    assert select.select([carrier.wake], [], [], PATIENCE)[0]
    carrier.work()
    assert outcome(late) == ("sent", "")


def test_what_is_with_a_provider_at_the_end_is_recorded(slow, push):
    a_workspace()
    [message] = ready("waiting")
    leaving = sender.Sender()
    leaving.work()
    assert outcome(message) == ("sending", "")

    slow.may_answer.set()
    leaving.finish()

    assert outcome(message) == ("sent", "")


def test_no_lease_is_renewed_for_ever_when_a_batch_could_not_be_recorded(slow, push, monkeypatch):
    """The database goes away while two batches are with their provider."""
    a_workspace()
    ready("waiting", 2)
    leaving = sender.Sender()
    line = leaving.lanes["waiting", None]
    line.size = 1
    while leaving.work():
        pass
    batches = list(line.under_way)
    assert len(batches) == 2
    slow.may_answer.set()

    def breaks(*_args):
        raise OperationalError

    monkeypatch.setattr(records, "write", breaks)
    with pytest.raises(OperationalError):
        leaving.finish()

    assert line.under_way == deque()
    assert all(batch.answer.done() for batch in batches)
    assert not [thread for thread in threading.enumerate() if thread.name == "lease"]


def test_who_does_not_listen_waits_for_the_providers_and_then_ends(slow, carrier):
    [message] = ready("waiting")
    while carrier.work():
        pass
    slow.may_answer.set()
    while carrier.work_or_wait():
        pass
    assert outcome(message) == ("sent", "")


def test_a_pause_leaves_at_most_two_batches_on_their_way(slow, carrier):
    ready("waiting", sender.FIRST * 3)
    while carrier.work():
        pass
    Workspace.objects.update(sending_paused=True)
    slow.may_answer.set()
    while carrier.work_or_wait():
        pass
    assert Message.objects.filter(state="sent").count() == 2 * sender.FIRST
    assert Message.objects.filter(state="queued").count() == sender.FIRST


@pytest.mark.parametrize(("seconds", "larger"), [(0.01, True), (sender.SLOW + 0.1, False)])
def test_batches_grow_while_the_provider_is_quick_and_shrink_when_it_is_slow(
    slow, carrier, monkeypatch, seconds, larger
):
    monkeypatch.setattr(sender, "time", slow)
    slow.takes = seconds
    slow.may_answer.set()
    ready("waiting")
    line = carrier.lanes["waiting", None]
    while carrier.work_or_wait():
        pass
    assert (line.size > sender.FIRST, line.size < sender.FIRST) == (larger, not larger)


def test_what_a_failing_channel_did_cannot_be_known(push, monkeypatch, carrier):
    async def breaks(self, parcels):
        raise RuntimeError("bug")

    monkeypatch.setattr(Waiting, "send", breaks)
    monkeypatch.setattr(push.Loopback, "answer", staticmethod(lambda parcel: 1 / 0))
    messages = ready("waiting") + ready("loopback")
    while carrier.work_or_wait():
        pass
    assert [outcome(m) for m in messages] == [("unknown", "no_answer")] * 2


def test_what_a_provider_does_not_say_in_time_cannot_be_known(slow, push, monkeypatch):
    monkeypatch.setattr(sending, "SECONDS", 0.1)
    assert sending.started(Waiting(), [Parcel(1, 1, "address", {}, "key")]).result(PATIENCE) == {}


def test_a_forked_child_sends_by_itself(slow):
    slow.may_answer.set()
    parcels = [Parcel(1, 1, "address", {}, "key")]
    assert sending.started(Waiting(), parcels).result(PATIENCE) == {1: "id"}
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os._exit(0 if sending.started(Waiting(), parcels).result(PATIENCE) == {1: "id"} else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_slow_account_holds_up_only_itself(slow, carrier, monkeypatch):
    """Two accounts of one channel; the second is added while the sender is at work."""
    monkeypatch.setattr(Waiting, "has_connections", True)
    accounts = {}

    def addresses(self, customer_ids):
        return {pk: [Address(accounts[pk], "there")] for pk in customer_ids if pk in accounts}

    async def send(self, parcels):
        if parcels[0].connection_id == 1:
            return await slow.send(parcels)
        return {p.message_id: "id" for p in parcels}

    monkeypatch.setattr(Waiting, "addresses", addresses)
    monkeypatch.setattr(Waiting, "send", send)
    first, second = a_customer(), a_customer()
    agree(first, second, channel="waiting")
    accounts[first.pk] = 1
    late = a_message(first, channel="waiting")
    while carrier.work():
        pass
    accounts[second.pk] = 2
    early = a_message(second, channel="waiting")
    while outcome(early) != ("sent", ""):
        carrier.work_or_wait()

    assert outcome(late) == ("sending", "")
    assert set(carrier.lanes) >= {("waiting", 1), ("waiting", 2)}
    slow.may_answer.set()


def test_whoever_left_an_account_is_written_to_by_another(push, monkeypatch):
    a_workspace()
    monkeypatch.setattr(push.Loopback, "has_connections", True)
    accounts = [1]
    monkeypatch.setattr(
        push.Loopback,
        "addresses",
        lambda self, ids: {pk: [Address(one, f"at {one}") for one in accounts] for pk in ids},
    )
    [message] = ready("loopback")
    assert message.connection_id == 1
    accounts[:] = [2]

    assert (sender.send_due("loopback", connection_id=1), outcome(message)) == (1, ("queued", ""))
    sender.send_due("loopback", connection_id=2)

    assert [(p.connection_id, p.address) for p in push.Loopback.sent] == [(2, "at 2")]
    assert outcome(message) == ("sent", "")
    accounts.clear()
    [message] = ready("loopback")
    while sender.Sender().work():
        pass
    assert outcome(message) == ("skipped", "unreachable")
