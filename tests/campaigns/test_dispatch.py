"""From the queue to the channel: once, fenced, recorded; what dies on the way is found again."""

import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.delivery import dispatch, receipts, records, recovering, rendering, sender
from campaigns.delivery.channels import SendFailed
from campaigns.delivery.limits import HOUR
from campaigns.models import Journey, Message, Suppression
from crm_project.queue.due import database_now
from customers.models import Customer, Workspace
from events.models import EventName
from tests.campaigns.at_once import at_once
from tests.campaigns.queued import a_message, agree, outcome
from tests.factories import a_customer, a_member, a_workspace

pytestmark = pytest.mark.django_db


class Died(BaseException):
    """The worker is gone between the fence and the record."""


def a_ready(channel="loopback", **more):
    customer = a_customer()
    agree(customer, channel=channel)
    return a_message(customer, channel=channel, **more)


def dies(parcel):
    raise Died


def lease_over():
    Message.objects.filter(due_at__isnull=False).update(
        due_at=database_now() - timedelta(seconds=1)
    )


def row(message):
    message.refresh_from_db()
    return message


def test_an_in_app_message_is_delivered_by_being_recorded():
    a_workspace()
    message = a_message(
        a_member(name="Li"), content={"title": "Hi {{ customer.name }}", "body": "x", "page": ""}
    )

    assert sender.send_due("in_app") == 1
    assert sender.send_due("in_app") == 0
    assert (
        row(message).state,
        message.content["title"],
        message.due_at,
        message.token,
        message.attempts,
    ) == (
        "sent",
        "Hi Li",
        None,
        None,
        0,
    )
    assert message.sent_at is not None


@pytest.mark.parametrize("channel", ["loopback", "waiting"])
def test_a_pushed_message_reaches_its_provider_once(push, channel):
    a_workspace()
    message = a_ready(channel)

    sender.send_due(channel)
    sender.send_due(channel)

    sent = {"loopback": push.Loopback, "waiting": push.Waiting}[channel].sent
    assert [(p.message_id, p.address, p.effect_key, p.content) for p in sent] == [
        (message.pk, f"address {message.customer_id}", message.effect_key, message.content)
    ]
    assert (row(message).state, message.provider_id, message.due_at) == (
        "sent",
        f"id {message.pk}",
        None,
    )


def test_a_message_is_not_sent_before_it_is_due(push):
    a_workspace()
    a_ready(now=database_now() + timedelta(minutes=1))

    assert sender.send_due("loopback") == 0


def test_nothing_leaves_while_all_sending_is_paused(push):
    a_workspace(sending_paused=True)
    message = a_ready()

    assert sender.send_due("loopback") == 0
    Workspace.objects.update(sending_paused=False)
    assert sender.send_due("loopback") == 1
    assert outcome(message) == ("sent", "")


def test_the_messages_of_a_paused_journey_wait(push):
    a_workspace()
    journey = Journey.objects.create(name="j", status=Journey.Status.PAUSED)
    held, free = a_ready(journey_id=journey.pk), a_ready()

    sender.send_due("loopback")
    before = [outcome(held), outcome(free)]
    Journey.objects.update(status=Journey.Status.LIVE)
    sender.send_due("loopback")

    assert before == [("queued", ""), ("sent", "")]
    assert outcome(held) == ("sent", "")


def test_a_temporary_failure_is_tried_again_when_the_provider_says(push):
    a_workspace()
    push.Loopback.answer = staticmethod(lambda p: SendFailed("slow down", retry_after=120))
    message = a_ready()

    sender.send_due("loopback")

    assert (row(message).state, message.reason, message.error, message.sent_at, message.token) == (
        "queued",
        "temporary",
        "slow down",
        None,
        None,
    )
    assert timedelta(seconds=118) < message.due_at - database_now() <= timedelta(seconds=120)


def test_without_a_hint_the_delay_grows_and_ends(push):
    a_workspace()
    push.Loopback.answer = staticmethod(lambda p: SendFailed("busy"))
    message, delays = a_ready(), []
    while row(message).state == "queued":
        lease_over()
        dispatch.deliver("loopback")
        if row(message).due_at:
            delays.append(round((message.due_at - database_now()).total_seconds()))

    assert delays == [2, 4, 8, 16, 32, 64, 128]
    assert (message.state, message.reason, message.error) == ("failed", "gave_up", "busy")


def test_a_permanent_refusal_suppresses_the_address_on_that_channel(push):
    a_workspace()
    push.Loopback.answer = staticmethod(lambda p: SendFailed("no such number", permanent=True))
    message = a_ready()

    sender.send_due("loopback")

    assert (row(message).state, message.reason, message.sent_at) == ("failed", "refused", None)
    assert list(Suppression.objects.values_list("customer", "channel", "reason")) == [
        (message.customer_id, "loopback", "refused")
    ]


def test_a_failure_frees_its_place_in_the_caps(push):
    a_workspace(caps={HOUR: 1})
    push.Loopback.answer = staticmethod(lambda p: SendFailed("x", permanent=True))
    first = a_ready()
    sender.send_due("loopback")
    agree(first.customer, channel="keyed")
    second = a_message(first.customer, channel="keyed")

    sender.send_due("keyed")

    assert (outcome(first), outcome(second)) == (("failed", "refused"), ("sent", ""))


def test_whatever_a_provider_says_can_be_stored(push):
    a_workspace()
    rude = "\x00\ud800" + "x" * 5000
    push.Loopback.answer = staticmethod(lambda p: rude)
    push.Keyed.answer = staticmethod(lambda p: SendFailed(rude))
    told, failed = a_ready("loopback"), a_ready("keyed")

    sender.send_due("loopback")
    sender.send_due("keyed")

    assert (row(told).state, told.provider_id) == ("sent", "?" + "x" * 127)
    assert (row(failed).state, failed.error) == ("queued", "?" + "x" * 1999)


def test_an_answer_that_never_came_cannot_be_known(push):
    a_workspace()
    push.Loopback.answer = staticmethod(lambda p: None)
    message = a_ready()

    sender.send_due("loopback")

    assert outcome(message) == ("unknown", "no_answer")


def test_where_the_provider_knows_the_key_a_missing_answer_is_asked_for_again(push):
    a_workspace()
    push.Keyed.answer = staticmethod(lambda p: None)
    message = a_ready("keyed")

    sender.send_due("keyed")
    first = outcome(message)
    push.Keyed.answer = staticmethod(lambda p: "id")
    lease_over()
    sender.send_due("keyed")

    assert (first, outcome(message)) == (("queued", "no_answer"), ("sent", ""))
    assert len({p.effect_key for p in push.Keyed.sent}) == 1


def a_lost(push, **more):
    """A message whose provider's answer was lost, in the queue again."""
    push.Keyed.answer = staticmethod(lambda p: None)
    message = a_ready("keyed", **more)
    sender.send_due("keyed")
    assert outcome(message) == ("queued", "no_answer")
    lease_over()
    return message


def test_a_lost_answer_holds_its_place_in_the_caps_and_its_next_try_needs_none(push):
    a_workspace(caps={HOUR: 1})
    lost = a_lost(push)
    push.Keyed.answer = staticmethod(lambda p: "id")
    other = a_message(lost.customer, channel="keyed")

    sender.send_due("keyed")

    assert (outcome(lost), outcome(other)) == (("sent", ""), ("skipped", "cap_hour"))


def test_what_is_stopped_at_its_second_try_may_have_arrived(push):
    a_workspace()
    lost = a_lost(push)
    agree(lost.customer, channel="keyed", is_granted=False)

    sender.send_due("keyed")

    assert (outcome(lost), row(lost).error, len(push.Keyed.sent)) == (
        ("unknown", "no_answer"),
        "no_consent",
        1,
    )


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (SendFailed("gone", permanent=True), ("unknown", "no_answer")),
        (SendFailed("busy"), ("queued", "temporary")),
    ],
)
def test_what_the_provider_refuses_at_its_second_try_may_have_arrived_at_the_first(
    push, failure, state
):
    a_workspace(caps={HOUR: 1})
    lost = a_lost(push)
    at = row(lost).sent_at
    push.Keyed.answer = staticmethod(lambda p: failure)

    sender.send_due("keyed")

    assert (outcome(lost), row(lost).sent_at) == (state, at)


def test_nothing_is_repeated_once_the_provider_has_forgotten_the_key(push):
    """It waited for the end of the night, say."""
    a_workspace()
    lost = a_lost(push)
    Message.objects.filter(pk=lost.pk).update(
        sent_at=database_now() - timedelta(minutes=11), reason="quiet_hours"
    )

    sender.send_due("keyed")

    assert (outcome(lost), len(push.Keyed.sent)) == (("unknown", "no_answer"), 1)


def test_another_try_says_what_the_first_said_and_fills_in_nothing_anew(push):
    """What somebody is called is no template."""
    a_workspace()
    push.Loopback.answer = staticmethod(lambda p: SendFailed("busy"))
    customer = a_customer(name="{{ workspace.name }}")
    agree(customer)
    message = a_message(customer, channel="loopback", content={"body": "Dear {{ customer.name }}"})

    for _try in range(3):
        sender.send_due("loopback")
        lease_over()

    assert [p.content["body"] for p in push.Loopback.sent] == ["Dear {{ workspace.name }}"] * 3
    assert row(message).content == {"body": "Dear {{ workspace.name }}"}


@pytest.mark.django_db(transaction=True)
def test_a_receipt_during_the_second_try_is_heard(push):
    a_workspace()
    lost = a_lost(push)

    def told_meanwhile(parcel):
        delivered = SimpleNamespace(
            name_id=EventName.objects.get_or_create(name="Message Delivered")[0].pk,
            properties={"message_id": parcel.message_id},
            occurred_at=database_now(),
            customer_id=parcel.customer_id,
        )
        receipts.note([delivered], database_now())

    push.Keyed.answer = staticmethod(told_meanwhile)
    sender.send_due("keyed")

    assert (outcome(lost), row(lost).due_at) == (("sent", ""), None)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_after_the_fence_leaves_what_nobody_sends_again(push):
    a_workspace()
    push.Loopback.answer = staticmethod(dies)
    message = a_ready()

    with pytest.raises(Died):
        dispatch.deliver("loopback")

    assert outcome(message) == ("sending", "")
    assert recovering.recover(database_now()) == 0
    lease_over()
    assert recovering.recover(database_now()) == 1
    assert outcome(message) == ("unknown", "worker_died")
    assert (sender.send_due("loopback"), len(push.Loopback.sent)) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_a_keyed_channel_sends_again_inside_its_window_and_not_after(push):
    a_workspace()
    push.Keyed.answer = staticmethod(dies)
    inside, outside = a_ready("keyed"), a_ready("keyed")
    with pytest.raises(Died):
        dispatch.deliver("keyed")
    Message.objects.filter(pk=outside.pk).update(sent_at=database_now() - timedelta(minutes=10))
    lease_over()

    push.Keyed.answer = staticmethod(lambda p: "id")
    assert recovering.recover(database_now()) == 2
    sender.send_due("keyed")

    assert (outcome(inside), outcome(outside)) == (("sent", ""), ("unknown", "worker_died"))


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_before_the_fence_gives_its_messages_back(push):
    a_workspace()
    message = a_ready()
    Message.objects.lease(limit=10)

    assert sender.send_due("loopback") == 0
    lease_over()
    assert sender.send_due("loopback") == 1
    assert outcome(message) == ("sent", "")


@pytest.mark.django_db(transaction=True)
def test_a_late_writer_changes_nothing(push):
    """The first worker hangs past its lease; what it says afterwards is not written over what was
    found out meanwhile."""
    a_workspace()

    def hangs(parcel):
        lease_over()
        recovering.recover(database_now())
        return "too late"

    push.Loopback.answer = staticmethod(hangs)
    message = a_ready()

    sender.send_due("loopback")

    assert (row(message).state, message.provider_id) == ("unknown", "")


@pytest.mark.django_db(transaction=True)
def test_a_late_refusal_suppresses_nobody(push):
    a_workspace()

    def hangs(parcel):
        lease_over()
        recovering.recover(database_now())
        return SendFailed("no", permanent=True)

    push.Loopback.answer = staticmethod(hangs)
    a_ready()

    sender.send_due("loopback")

    assert Suppression.objects.count() == 0


def test_a_wrong_token_writes_nothing():
    message = a_message(a_member())
    message.state = "failed"

    assert records.write(uuid.uuid4(), [message]) == set()
    assert row(message).state == "queued"


@pytest.mark.django_db(transaction=True)
def test_a_poison_message_waits_by_itself(push, monkeypatch):
    """A bug that one message wakes must not hold up its neighbours."""
    a_workspace()
    poison, neighbours = a_ready(), [a_ready() for _n in range(3)]
    fill = rendering.fill

    def trips(message, context, **more):
        if message.pk == poison.pk:
            raise RuntimeError("bug")
        return fill(message, context, **more)

    monkeypatch.setattr(rendering, "fill", trips)
    dispatch.deliver("loopback")

    assert [outcome(m) for m in neighbours] == [("sent", "")] * 3
    assert (row(poison).state, poison.error, poison.attempts, poison.due_at > database_now()) == (
        "queued",
        "RuntimeError: bug",
        1,
        True,
    )
    assert len(push.Loopback.sent) == 3


@pytest.mark.django_db(transaction=True)
def test_a_customer_who_is_being_merged_is_asked_again_in_a_second(push):
    a_workspace()
    message = a_ready()
    loser, survivor = message.customer, a_customer()
    Customer.objects.filter(pk=loser.pk).update(merged_into=survivor)

    sender.send_due("loopback")

    assert outcome(message) == ("queued", "customer_busy")


@pytest.mark.django_db(transaction=True)
def test_eight_workers_send_each_message_once(push):
    a_workspace(caps=None)
    messages = [a_ready() for _n in range(200)]

    at_once(8, lambda n: sender.send_due("loopback", rounds=50))

    assert sorted(p.message_id for p in push.Loopback.sent) == sorted(m.pk for m in messages)
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.parametrize("channel", ["in_app", "loopback"])
def test_a_batch_of_many_takes_as_many_queries_as_one_of_a_few(push, channel):
    """Whatever the rules look at is read with the batch, never for a message by itself."""
    a_workspace()

    def queries(number):
        for _n in range(number):
            customer = a_member()
            agree(customer, channel=channel)
            a_message(customer, channel=channel, campaign_id=7, journey_id=7)
        with CaptureQueriesContext(connection) as asked:
            dispatch.deliver(channel)
        return len(asked)

    queries(1)
    assert queries(20) == queries(3)
