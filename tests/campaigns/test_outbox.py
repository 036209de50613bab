import pytest

from campaigns.delivery import outbox
from campaigns.models import Message
from tests.campaigns.at_once import at_once
from tests.campaigns.queued import intent
from tests.factories import NOW, a_customer


@pytest.mark.django_db
def test_an_intent_becomes_one_message_however_often_it_is_queued():
    customer = a_customer()
    wanted = intent(
        customer,
        run_id=7,
        step="send",
        journey_id=3,
        coupon_id=9,
        assignment_id=5,
        facts={"keys": ["p1"]},
    )

    outbox.queue([wanted, wanted], now=NOW)
    outbox.queue([wanted], now=NOW)

    message = Message.objects.get()
    assert (message.state, message.due_at, message.created_at) == ("queued", NOW, NOW)
    assert (message.customer_id, message.origin_customer_id, message.channel) == (
        customer.pk,
        customer.pk,
        "in_app",
    )
    assert (
        message.run_id,
        message.step,
        message.journey_id,
        message.coupon_id,
        message.assignment_id,
    ) == (7, "send", 3, 9, 5)
    assert (message.content, message.facts) == (wanted.content, {"keys": ["p1"]})


@pytest.mark.django_db
def test_a_held_out_intent_is_a_row_that_never_leaves():
    outbox.queue(
        [intent(a_customer(), held_out=True), intent(a_customer(), skip="merged")], now=NOW
    )

    assert list(Message.objects.order_by("pk").values_list("state", "reason", "due_at")) == [
        ("skipped", "holdout", None),
        ("skipped", "merged", None),
    ]


@pytest.mark.django_db(transaction=True)
def test_eight_workers_that_queue_the_same_intents_leave_one_message_each():
    wanted = [intent(a_customer()) for _n in range(100)]

    results = at_once(8, lambda n: outbox.queue(wanted[n:] + wanted[:n], now=NOW))

    assert results == [None] * 8
    assert Message.objects.count() == 100
