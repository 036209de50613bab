"""A channel that somebody adds, with accounts at a vendor: judged, reserving and releasing, falling
back, with receipts before and after our commit, priced, and waiting for people."""

from datetime import timedelta

import pytest
from django import forms

from campaigns import experiments
from campaigns.delivery import (
    costs,
    dispatch,
    early_receipts,
    fallback,
    outbox,
    policy,
    receipts,
    recovering,
    sender,
)
from campaigns.delivery.channels import (
    Address,
    Channel,
    LiquidField,
    SendFailed,
    Sent,
    WaitsForPerson,
    channels,
)
from campaigns.models import Cap, EarlyReceipt, Message, Price, QuietHours, Template
from crm_project.queue.due import database_now
from customers.models import Connection, Workspace
from tests.campaigns.queued import a_message, agree, outcome
from tests.factories import NOW, a_customer, a_member, a_namespace, a_night, a_workspace, set_caps

pytestmark = pytest.mark.django_db
HOUR = 3600


class Pigeon(Channel):
    """Carries words to people in lofts, from which each pigeon flies once: like a permission to be
    written to that is used up."""

    key, label = "pigeon", "pigeon"
    has_connections = True
    lofts: dict[int, int] = {}  # customer → connection
    pigeons: dict[int, int] = {}  # customer → how many are left
    held: dict[int, int] = {}  # message → customer
    flown: list = []
    answer = staticmethod(lambda parcel: f"flight {parcel.message_id}")

    class Content(forms.Form):
        words = LiquidField()

    def addresses(self, customer_ids):
        return {pk: [Address(self.lofts[pk], "loft")] for pk in customer_ids if pk in self.lofts}

    def judge(self, messages, addresses, *, now):
        assert all(addresses[m.pk].value == "loft" for m in messages)
        return {m.pk: "no_pigeon" for m in messages if not self.pigeons.get(m.customer_id)}

    def judge_text(self, messages, *, now):
        return {m.pk: "too_heavy" for m in messages if len(m.filled["words"]) > 20}

    def reserve(self, messages, *, now):
        lacking = {}
        for m in messages:
            if m.pk in self.held:
                continue
            if not self.pigeons.get(m.customer_id):
                lacking[m.pk] = "no_pigeon"
                continue
            self.pigeons[m.customer_id] -= 1
            self.held[m.pk] = m.customer_id
        return lacking

    def release(self, messages, *, now):
        for m in messages:
            if (customer := self.held.pop(m.pk, None)) is not None:
                self.pigeons[customer] += 1

    def parts(self, parcel):
        return 1 + len(parcel.content["words"]) // 10

    def price_kind(self, parcel):
        return "heavy" if self.parts(parcel) > 1 else ""

    def send(self, parcels):
        self.flown.extend(parcels)
        return {p.message_id: type(self).answer(p) for p in parcels}


@pytest.fixture
def loft(settings, monkeypatch):
    """An account at the pigeons' vendor; the channel is listed."""
    settings.CRM_CHANNELS = [*settings.CRM_CHANNELS, "tests.seams.test_toy_channel.Pigeon"]
    channels.__dict__.pop("by_key", None)
    for name in ("lofts", "pigeons", "held"):
        monkeypatch.setattr(Pigeon, name, {})
    monkeypatch.setattr(Pigeon, "flown", [])
    monkeypatch.setattr(Pigeon, "answer", Pigeon.answer)
    a_workspace(caps=None)
    yield Connection.objects.create(
        vendor="toy", namespace=a_namespace(), name="Loft", account="loft"
    )
    channels.__dict__.pop("by_key", None)


def somebody(loft, *, pigeons=1):
    """A member of the shop who can be reached there, and in the mini-program."""
    customer = a_member()
    agree(customer, channel="pigeon")
    Pigeon.lofts[customer.pk], Pigeon.pigeons[customer.pk] = loft.pk, pigeons
    return customer


def said(customer, words="coo", **more):
    return a_message(customer, channel="pigeon", content={"words": words}, **more)


def carried():
    """Everything that is due, through every lane."""
    carrier = sender.Sender()
    while carrier.work_or_wait():
        pass
    carrier.finish()


OTHERWISE = [{"channel": "in_app", "content": {"title": "Hello", "body": "coo, in the program"}}]


def test_it_leaves_through_its_account_and_is_known_by_the_vendors_id(loft):
    message = said(somebody(loft))
    carried()

    [parcel] = Pigeon.flown
    assert (parcel.connection_id, parcel.address) == (loft.pk, "loft")
    receipts.receive(loft, [(f"flight {message.pk}", "delivered", NOW, {})], now=NOW)
    message.refresh_from_db()
    assert (message.state, message.delivered_at) == ("sent", NOW)


def test_a_receipt_that_is_quicker_than_our_commit_counts_all_the_same(loft):
    def quick(parcel):
        receipts.receive(loft, [(f"flight {parcel.message_id}", "clicked", NOW, {})], now=NOW)
        return f"flight {parcel.message_id}"

    Pigeon.answer = staticmethod(quick)
    message = said(somebody(loft))
    carried()
    assert EarlyReceipt.objects.get().due_at <= database_now()  # the record has called it

    early_receipts.look_again()

    assert Message.objects.get(pk=message.pk).clicked_at == NOW
    assert not EarlyReceipt.objects.exists()


def test_it_has_its_own_word_before_and_after_the_words_are_filled_in(loft):
    none, heavy = said(somebody(loft, pigeons=0)), said(somebody(loft), "w" * 30)
    carried()

    assert (outcome(none), outcome(heavy)) == (("skipped", "no_pigeon"), ("skipped", "too_heavy"))
    assert not Pigeon.held


def test_each_message_has_a_pigeon_of_its_own(loft):
    customer = somebody(loft, pigeons=2)
    messages = [said(customer, f"coo {n}") for n in range(3)]
    carried()

    assert sorted(map(outcome, messages)) == [
        ("sent", ""),
        ("sent", ""),
        ("skipped", "no_pigeon"),
    ]
    assert (Pigeon.pigeons[customer.pk], len(Pigeon.held)) == (0, 2)


@pytest.mark.parametrize(
    ("answer", "ends", "left"),
    [
        (SendFailed("hawk", permanent=True), ("failed", "refused"), 1),
        (SendFailed("storm"), ("queued", "temporary"), 1),
        (None, ("unknown", "no_answer"), 0),
    ],
)
def test_what_did_not_leave_frees_its_pigeon_and_what_nobody_knows_does_not(
    loft, answer, ends, left
):
    customer = somebody(loft)
    Pigeon.answer = staticmethod(lambda parcel: answer)
    message = said(customer)
    dispatch.deliver("pigeon", connection_id=loft.pk)

    assert (outcome(message), Pigeon.pigeons[customer.pk]) == (ends, left)


def test_a_cap_is_asked_last_and_frees_what_was_reserved(loft):
    customer = somebody(loft, pigeons=5)
    set_caps({HOUR: 1})
    messages = [said(customer, f"coo {n}") for n in range(3)]
    carried()

    assert sorted(map(outcome, messages)) == [
        ("sent", ""),
        ("skipped", "cap_hour"),
        ("skipped", "cap_hour"),
    ]
    assert Pigeon.pigeons[customer.pk] == 4


# -- to another channel


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda c: Pigeon.lofts.pop(c.pk), "unreachable"),
        (lambda c: agree(c, channel="pigeon", is_granted=False), "no_consent"),
        (lambda c: Pigeon.pigeons.update({c.pk: 0}), "no_pigeon"),
        (lambda _c: a_night(channel="pigeon", act=QuietHours.Act.DROP), "quiet_hours"),
    ],
)
def test_what_this_channel_cannot_carry_another_does(loft, spoil, why):
    customer = somebody(loft)
    spoil(customer)
    message = said(customer, alternatives=OTHERWISE)
    carried()

    row = Message.objects.get(pk=message.pk)
    assert (row.state, row.channel, row.connection_id) == ("sent", "in_app", None)
    assert (row.content, row.alternatives) == (OTHERWISE[0]["content"], [])
    assert row.tried == [{"channel": "pigeon", "reason": why}]
    assert Message.objects.count() == 1
    assert not Pigeon.flown


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: set_caps({HOUR: 0}),
        lambda c: Workspace.objects.update(holdout_percent=50, holdout_salt=salt_for(c)),
    ],
)
def test_what_no_channel_may_carry_moves_nowhere(loft, spoil):
    customer = somebody(loft)
    spoil(customer)
    message = said(customer, alternatives=OTHERWISE)
    carried()

    row = Message.objects.get(pk=message.pk)
    assert (row.state, row.channel, row.tried) == ("skipped", "pigeon", [])


def salt_for(customer):
    return next(s for s in map(str, range(999)) if experiments.bucket(s, customer.pk) < 5000)


def test_what_waits_for_the_morning_does_not_move(loft):
    customer = somebody(loft)
    a_night(channel="pigeon")
    message = said(customer, alternatives=OTHERWISE)
    carried()

    assert outcome(message) == ("queued", "quiet_hours")


def test_after_the_fence_it_never_moves(loft):
    Pigeon.answer = staticmethod(lambda parcel: SendFailed("hawk", permanent=True))
    message = said(somebody(loft), alternatives=OTHERWISE)
    carried()

    row = Message.objects.get(pk=message.pk)
    assert (row.state, row.channel, row.tried) == ("failed", "pigeon", [])


def test_from_channel_to_channel_until_there_is_none(loft):
    customer = a_customer()  # reached nowhere
    message = said(customer, alternatives=OTHERWISE)
    carried()

    row = Message.objects.get(pk=message.pk)
    assert (row.state, row.reason, row.channel) == ("skipped", "unreachable", "in_app")
    assert [t["channel"] for t in row.tried] == ["pigeon"]


def test_another_channel_first_and_this_one_through_its_account(loft):
    customer = somebody(loft)
    agree(customer, channel="in_app", is_granted=False)
    pigeon = [{"channel": "pigeon", "content": {"words": "coo"}}]
    message = a_message(customer, alternatives=pigeon)
    carried()

    assert outcome(message) == ("sent", "")
    assert [p.connection_id for p in Pigeon.flown] == [loft.pk]


# -- money


def test_it_costs_its_parts_at_the_price_of_the_day_and_the_vendor_counts(loft):
    for price, more in [
        (100, {"since": NOW - timedelta(days=9)}),
        (450, {"since": NOW - timedelta(days=1)}),
        (999, {"since": database_now() + timedelta(days=1)}),
        (700, {"since": NOW - timedelta(days=9), "connection": loft, "kind": "heavy"}),
    ]:
        Price.objects.create(channel="pigeon", price=price, **more)
    light, heavy = said(somebody(loft), "coo"), said(somebody(loft), "coo coo coo coo")
    counted = said(somebody(loft), "coo coo coo!")
    answer = Pigeon.answer
    Pigeon.answer = staticmethod(
        lambda p: Sent(answer(p), parts=3) if p.message_id == counted.pk else answer(p)
    )
    carried()

    def costs_of(*messages):
        return [Message.objects.values_list("parts", "cost").get(pk=m.pk) for m in messages]

    assert costs_of(light, heavy, counted) == [(1, 450), (2, 1400), (3, 2100)]
    told = [(f"flight {heavy.pk}", "delivered", NOW, {"parts": 5})]
    receipts.receive(loft, told, now=NOW)
    receipts.receive(loft, told, now=NOW)
    assert costs_of(heavy) == [(5, 3500)]
    assert costs.yuan(450) == "¥0.045"


def test_what_never_left_costs_nothing(loft):
    Price.objects.create(channel="pigeon", price=450, since=NOW - timedelta(days=1))
    Pigeon.answer = staticmethod(lambda parcel: SendFailed("hawk", permanent=True))
    message = said(somebody(loft))
    carried()

    assert Message.objects.values_list("parts", "cost").get(pk=message.pk) == (None, None)


# -- laid before a person of ours


def test_somebody_of_ours_sends_it_by_hand_until_its_deadline(loft):
    now = database_now()
    Pigeon.answer = staticmethod(
        lambda p: WaitsForPerson(f"flight {p.message_id}", now + timedelta(hours=1))
    )
    done, undone = said(somebody(loft)), said(somebody(loft))
    carried()
    assert [outcome(m) for m in (done, undone)] == [("waiting", "")] * 2
    assert recovering.recover(now) == 0

    later = now + timedelta(minutes=30)
    receipts.receive(loft, [(f"flight {done.pk}", "delivered", later, {})], now=later)
    recovering.recover(now + timedelta(hours=2))

    assert (outcome(done), outcome(undone)) == (("sent", ""), ("failed", "nobody_sent"))
    assert Message.objects.get(pk=done.pk).sent_at == later
    # They did it at the last moment, and the vendor says so late.
    receipts.receive(loft, [(f"flight {undone.pk}", "delivered", later, {})], now=later)
    assert outcome(undone) == ("sent", "")


# -- what is not there yet


def test_the_rules_judge_messages_that_do_not_exist(loft):
    """As a dry run asks, and writes nothing."""
    fine, bare = somebody(loft), somebody(loft, pigeons=0)
    Cap.objects.create(seconds=HOUR, limit=1)
    imagined = [
        Message(
            customer_id=c.pk,
            origin_customer_id=c.pk,
            channel="pigeon",
            purpose="marketing",
        )
        for c in (fine, bare, fine)
    ]
    context = policy.PolicyContext(Pigeon(), Workspace.get(), database_now())

    verdicts = policy.foreseen(imagined, context)

    assert [v and v.reason for v in verdicts] == [None, "no_pigeon", "cap_hour"]
    assert not Message.objects.exists()
    assert not Pigeon.held


def test_a_template_and_its_fallbacks_go_from_channel_to_channel_once():
    program = Template.objects.create(name="p", channel="in_app", content={"title": "p"})
    letter = Template.objects.create(
        name="l", channel="email", content={"subject": "l"}, fallback=program
    )
    program.fallback = letter

    assert fallback.alternatives(letter, after="pigeon") == [
        {"channel": "email", "content": {"subject": "l"}},
        {"channel": "in_app", "content": {"title": "p"}},
    ]
    assert fallback.alternatives(letter, after="in_app") == [
        {"channel": "email", "content": {"subject": "l"}}
    ]


def test_a_message_is_queued_with_its_connection(loft):
    customer = somebody(loft)
    outbox.queue(
        [
            outbox.Intent(customer.pk, customer.pk, "k", "pigeon", "service", {"words": "x"}),
            outbox.Intent(customer.pk, customer.pk, "h", "pigeon", "service", {}, skip="holdout"),
        ],
        now=NOW,
    )

    assert list(
        Message.objects.order_by("effect_key").values_list("effect_key", "connection_id")
    ) == [("h", None), ("k", loft.pk)]
