"""What vendors say of messages, by their own ids: before our commit and after it, in any order."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.delivery import early_receipts, policy, receipts, sender
from campaigns.delivery.channels import Address
from campaigns.delivery.outcomes import outcomes
from campaigns.models import EarlyReceipt, Message, Suppression
from crm_project.models import Tally
from crm_project.queue.due import database_now
from crm_project.registry import UnknownKey
from customers.models import Connection
from tests.campaigns.at_once import at_once
from tests.campaigns.queued import a_message, agree, outcome
from tests.factories import NOW, a_customer, a_namespace, a_workspace

count = itertools.count(1)
db = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def a_connection(**more):
    made = {"vendor": "toy", "namespace": a_namespace(), "name": f"toy {next(count)}"}
    return Connection.objects.create(**made, account=f"account {next(count)}", **more)


@pytest.fixture
def account(push, monkeypatch):
    """The channel `loopback` leaves by this connection."""
    made = a_connection()
    monkeypatch.setattr(push.Loopback, "has_connections", True)
    monkeypatch.setattr(
        push.Loopback, "addresses", lambda self, ids: {pk: [Address(made.pk, "x")] for pk in ids}
    )
    a_workspace()
    return made


def a_sent_one(account, customer=None):
    customer = customer or a_customer()
    agree(customer, at=NOW - MINUTE)
    message = a_message(customer, channel="loopback", purpose="service")
    sender.send_due("loopback", connection_id=account.pk)
    return Message.objects.get(pk=message.pk)


def silences():
    return list(Suppression.objects.values_list("channel", "purpose", "reason", "at"))


@db
def test_a_vendor_names_a_message_by_its_own_id(account):
    message, other = a_sent_one(account), a_connection()

    assert receipts.receive(other, [(message.provider_id, "delivered", NOW, {})], now=NOW) == 0
    assert receipts.receive(account, [(message.provider_id, "clicked", NOW, {})], now=NOW) == 1
    assert receipts.receive(account, [(message.provider_id, "opened", NOW, {})], now=NOW) == 0

    message.refresh_from_db()
    assert (message.clicked_at, message.opened_at, message.delivered_at) == (NOW, NOW, NOW)
    assert EarlyReceipt.objects.get().connection_id == other.pk


@db
def test_a_word_that_we_have_not_got_is_refused_whole(account):
    message = a_sent_one(account)

    with pytest.raises(UnknownKey):
        receipts.receive(
            account,
            [(message.provider_id, "opened", NOW, {}), ("another", "eaten", NOW, {})],
            now=NOW,
        )
    assert Message.objects.get(pk=message.pk).opened_at is None


@db
def test_what_comes_before_our_commit_counts_once_we_have_committed(account, push, monkeypatch):
    """The vendor is so quick that its receipt is here before its answer is recorded."""

    def quick(parcel):
        receipts.receive(account, [(f"id {parcel.message_id}", "bounced", NOW, {})], now=NOW)
        return f"id {parcel.message_id}"

    monkeypatch.setattr(push.Loopback, "answer", staticmethod(quick))
    message = a_sent_one(account)
    assert (message.state, EarlyReceipt.objects.count()) == ("sent", 1)

    assert early_receipts.look_again() == 1

    assert outcome(message) == ("failed", "bounced")
    assert not EarlyReceipt.objects.exists()


@db
def test_what_nobody_sent_is_counted_as_of_nobody_after_three_days(account):
    now = database_now()
    receipts.receive(account, [("a", "opened", now, {}), ("a", "opened", now, {})], now=now)
    row = EarlyReceipt.objects.get()
    waits = []
    while EarlyReceipt.objects.exists():
        row.refresh_from_db()
        waits.append(row.due_at - now)
        early_receipts.look([row], row.due_at)

    assert waits[:3] == [timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=4)]
    assert waits[-1] == timedelta(hours=72)
    assert len(waits) < 25
    [counted] = Tally.objects.all()
    assert (counted.act, counted.subject, counted.number) == (
        "receipt.of_nobody",
        f"connection:{account.pk}",
        1,
    )


@db
@pytest.mark.parametrize(
    ("word", "detail", "silence"),
    [
        ("delivered", {}, None),
        ("failed", {}, None),
        ("bounced", {"permanent": False}, None),
        ("bounced", {}, ("", "bounced")),
        ("complained", {}, ("", "complained")),
        ("unsubscribed", {}, ("marketing", "unsubscribed")),
    ],
)
def test_whom_we_do_not_write_to_any_more(account, word, detail, silence):
    message = a_sent_one(account)

    receipts.receive(account, [(message.provider_id, word, NOW, detail)], now=NOW)

    assert silences() == ([("loopback", *silence, NOW)] if silence else [])


@db
def test_who_wants_no_advertising_is_still_told_of_what_they_ordered(account, push):
    message = a_sent_one(account)
    receipts.receive(account, [(message.provider_id, "unsubscribed", NOW, {})], now=NOW)
    customer = message.customer

    marketing = a_message(customer, channel="loopback")
    service = a_message(customer, channel="loopback", purpose="service")
    for _twice in range(2):
        sender.send_due("loopback", connection_id=account.pk)
    assert outcome(marketing) == ("skipped", "suppressed")
    assert outcome(service) == ("sent", "")

    agree(customer, at=NOW + MINUTE)
    assert not Suppression.objects.in_force().exists()
    assert policy.suppression([marketing], policy.PolicyContext(push.Loopback(), None, NOW)) == {}


SAID = st.tuples(st.sampled_from(sorted(o.key for o in outcomes)), st.integers(0, 5), st.booleans())


@db
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(SAID, min_size=1, max_size=5, unique_by=lambda said: said[0]), st.data())
def test_the_order_in_which_vendors_say_it_does_not_matter(account, said, data):
    """Also not how many come in one call, nor whether some come before our commit."""
    ends = []
    for order in (said, data.draw(st.permutations(said))):
        Suppression.objects.all().delete()
        message = a_sent_one(account)
        told = [
            (message.provider_id, word, NOW + n * MINUTE, {} if is_hard else {"permanent": False})
            for word, n, is_hard in order
        ]
        together = data.draw(st.integers(1, len(told)))
        for first in range(0, len(told), together):
            receipts.receive(account, told[first : first + together], now=NOW)
        ends.append((outcome(message), sorted(silences())))
    assert ends[0] == ends[1]


@pytest.mark.django_db(transaction=True)
def test_many_vendors_at_once(account):
    messages = [a_sent_one(account) for _n in range(20)]

    def tell(number):
        words = sorted(o.key for o in outcomes)
        told = [(m.provider_id, words[number % len(words)], NOW, {}) for m in messages]
        receipts.receive(account, told[::-1] if number % 2 else told, now=NOW)

    at_once(8, tell)

    rows = Message.objects.filter(pk__in=[m.pk for m in messages])
    assert set(rows.values_list("state", "clicked_at", "bounced_at")) == {("sent", NOW, NOW)}


@db
def test_two_messages_that_the_vendor_calls_the_same_both_left(account, push, monkeypatch):
    monkeypatch.setattr(push.Loopback, "answer", staticmethod(lambda parcel: "the same"))
    first, second = a_sent_one(account), a_sent_one(account)

    assert [(m.state, m.provider_id) for m in (first, second)] == [
        ("sent", "the same"),
        ("sent", ""),
    ]
