from datetime import timedelta
from types import SimpleNamespace

import pytest

from campaigns.delivery import courier, outcomes
from campaigns.models import Message
from events.models import EventName
from tests.campaigns.queued import a_message
from tests.factories import NOW, a_member, a_workspace

pytestmark = pytest.mark.django_db


def reaction(message, name="Message Opened", at=NOW, customer=None, **properties):
    event = EventName.objects.get_or_create(name=name)[0]
    given = {"message_id": message.pk, **properties}
    return SimpleNamespace(name_id=event.pk, properties=given, occurred_at=at, customer_id=customer or message.customer_id)


def a_sent_message():
    a_workspace()
    message = a_message(a_member())
    courier.drain("in_app")
    return message


def times(message):
    return Message.objects.values_list("delivered_at", "opened_at", "clicked_at").get(pk=message.pk)


def test_an_opening_is_noted_once():
    message = a_sent_message()

    assert outcomes.note([reaction(message)]) == 1
    assert outcomes.note([reaction(message, at=NOW + timedelta(hours=1))]) == 0
    assert times(message) == (NOW, NOW, None)


def test_of_several_receipts_at_once_the_earliest_counts():
    message = a_sent_message()

    outcomes.note([reaction(message, at=NOW + timedelta(hours=1)), reaction(message)])

    assert times(message) == (NOW, NOW, None)


def test_who_clicked_has_opened():
    message, later = a_sent_message(), NOW + timedelta(minutes=5)

    outcomes.note([reaction(message, "Message Clicked", at=later)])

    assert times(message) == (later, later, later)
    assert outcomes.note([reaction(message, "Message Opened", at=NOW)]) == 0


def test_the_message_id_may_be_text():
    message = a_sent_message()

    assert outcomes.note([reaction(message, message_id=str(message.pk))]) == 1


@pytest.mark.parametrize("nonsense", [None, "", "x", "-1", "１", "9" * 30, 1.5, True, [], {}])
def test_nonsense_is_passed_over(nonsense):
    assert outcomes.note([reaction(a_sent_message(), message_id=nonsense)]) == 0


def test_nobody_opens_anothers_message():
    message, other = a_sent_message(), a_member()

    assert outcomes.note([reaction(message, customer=other.pk)]) == 0


def test_a_message_that_was_not_sent_cannot_be_opened():
    assert outcomes.note([reaction(a_message(a_member()))]) == 0


def test_other_events_are_left_alone():
    message = a_sent_message()

    assert outcomes.note([reaction(message, "Product Viewed")]) == 0
    assert times(message) == (None, None, None)


@pytest.mark.parametrize("number", [1, 30])
def test_receipts_are_noted_in_two_queries(number, django_assert_num_queries):
    reactions = [reaction(a_sent_message()) for _n in range(number)]

    with django_assert_num_queries(2):
        assert outcomes.note(reactions) == number
