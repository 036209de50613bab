from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.delivery import receipts, sender
from campaigns.models import Message
from events.models import EventName
from tests.campaigns.queued import a_message, outcome
from tests.factories import NOW, a_member, a_workspace

pytestmark = pytest.mark.django_db


def reaction(message, name="Message Opened", at=NOW, customer=None, **properties):
    event = EventName.objects.get_or_create(name=name)[0]
    given = {"message_id": message.pk, **properties}
    return SimpleNamespace(
        name_id=event.pk,
        properties=given,
        occurred_at=at,
        customer_id=customer or message.customer_id,
    )


def a_sent_message():
    a_workspace()
    message = a_message(a_member())
    sender.send_due("in_app")
    return message


def times(message):
    return Message.objects.values_list("delivered_at", "opened_at", "clicked_at").get(pk=message.pk)


def test_an_opening_is_noted_once():
    message = a_sent_message()

    assert receipts.note([reaction(message)], NOW) == 1
    assert receipts.note([reaction(message, at=NOW + timedelta(hours=1))], NOW) == 0
    assert times(message) == (NOW, NOW, None)


def test_of_several_receipts_at_once_the_earliest_counts():
    message = a_sent_message()

    receipts.note([reaction(message, at=NOW + timedelta(hours=1)), reaction(message)], NOW)

    assert times(message) == (NOW, NOW, None)


def test_who_clicked_has_opened():
    message, later = a_sent_message(), NOW + timedelta(minutes=5)

    receipts.note([reaction(message, "Message Clicked", at=later)], NOW)

    assert times(message) == (later, later, later)
    assert receipts.note([reaction(message, "Message Opened", at=NOW)], NOW) == 0


def test_the_message_id_may_be_text():
    message = a_sent_message()

    assert receipts.note([reaction(message, message_id=str(message.pk))], NOW) == 1


@pytest.mark.parametrize("nonsense", [None, "", "x", "-1", "１", "9" * 30, 1.5, True, [], {}])
def test_nonsense_is_passed_over(nonsense):
    assert receipts.note([reaction(a_sent_message(), message_id=nonsense)], NOW) == 0


def test_nobody_opens_anothers_message():
    message, other = a_sent_message(), a_member()

    assert receipts.note([reaction(message, customer=other.pk)], NOW) == 0


def test_a_message_that_was_not_sent_cannot_be_opened():
    assert receipts.note([reaction(a_message(a_member()))], NOW) == 0


def test_other_events_are_left_alone():
    message = a_sent_message()

    assert receipts.note([reaction(message, "Product Viewed")], NOW) == 0
    assert times(message) == (None, None, None)


@pytest.mark.parametrize("number", [1, 30])
def test_receipts_are_noted_in_as_many_queries_for_many_as_for_one(
    number, django_assert_num_queries
):
    reactions = [reaction(a_sent_message()) for _n in range(number)]

    with django_assert_num_queries(4):
        assert receipts.note(reactions, NOW) == number


LATER = NOW + timedelta(minutes=1)


def that_left(state, **more):
    """A message whose answer was lost, or that waits for its second try."""
    message = a_message(a_member())
    waits = {"due_at": LATER} if state == "queued" else {"due_at": None}
    Message.objects.filter(pk=message.pk).update(state=state, sent_at=NOW, **waits, **more)
    return message


@pytest.mark.parametrize("state", ["unknown", "queued"])
@pytest.mark.parametrize(
    ("name", "settled"),
    [
        ("Message Delivered", ("sent", "")),
        ("Message Opened", ("sent", "")),
        ("Message Clicked", ("sent", "")),
        ("Message Bounced", ("failed", "bounced")),
        ("Message Failed", ("failed", "bounced")),
        ("Message Refused", ("failed", "bounced")),
    ],
)
def test_a_receipt_settles_what_could_not_be_known(state, name, settled):
    message = that_left(state, reason="no_answer")

    receipts.note([reaction(message, name)], NOW)
    once = outcome(message)
    receipts.note([reaction(message, name, at=LATER)], NOW)

    assert once == outcome(message) == settled
    assert Message.objects.values_list("due_at", "token", "sent_at").get(pk=message.pk) == (
        None,
        None,
        NOW,
    )


@given(
    st.permutations(["Message Delivered", "Message Bounced", "Message Opened"]), st.integers(1, 3)
)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_order_in_which_receipts_come_does_not_matter(names, most):
    """Each was said at a moment of its own; whatever comes first, the same is true in the end."""
    moments = {
        "Message Delivered": NOW,
        "Message Bounced": LATER,
        "Message Opened": LATER + timedelta(minutes=1),
    }
    message = that_left("unknown")
    told = names[:most]

    for name in told:
        receipts.note([reaction(message, name, at=moments[name])], NOW)

    bounced = "Message Bounced" in told and "Message Opened" not in told
    assert outcome(message) == (("failed", "bounced") if bounced else ("sent", ""))


def test_what_is_with_the_provider_is_settled_when_he_has_answered():
    message = that_left("sending")

    receipts.note([reaction(message, "Message Delivered")], NOW)
    flying = outcome(message)
    Message.objects.filter(pk=message.pk).update(state="unknown", reason="worker_died")
    receipts.settle([message.pk], now=NOW)

    assert (flying, outcome(message)) == (("sending", ""), ("sent", ""))


def test_what_never_left_is_settled_by_no_receipt():
    message = a_message(a_member())

    assert receipts.note([reaction(message, "Message Bounced")], NOW) == 0
    assert outcome(message) == ("queued", "")
