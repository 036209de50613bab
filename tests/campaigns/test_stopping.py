"""Stop all marketing: within a second nothing more reaches a provider, service goes on, what waits
is released or called off, and those who got it can be written to."""

import asyncio
import threading
import time

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.urls import reverse

from campaigns.delivery import dispatch, outbox, sender, stopping
from campaigns.delivery.channels import channels
from campaigns.models import Campaign, MarketingStop, Message
from crm_project.queue.due import database_now
from customers.models import Customer, Segment, Workspace
from customers.segments import membership, rules
from tests.campaigns.loopback import Waiting
from tests.campaigns.queued import a_message, agree, intent, outcome
from tests.factories import NOW, a_campaign, a_customer, a_workspace

MANY, WANTED = 2000, 300


@pytest.fixture
def workspace(push, db):
    return a_workspace(caps=None)


def delivered(*keys):
    for channel in keys:
        sender.send_due(channel)


class Sink:
    """A provider that takes 2 ms a message, one after the other, and notes when each came."""

    def __init__(self):
        self.came: list[float] = []
        self.has_many = threading.Event()

    async def send(self, parcels):
        for _parcel in parcels:
            await asyncio.sleep(0.002)
            self.came.append(time.monotonic())
            if len(self.came) >= WANTED:
                self.has_many.set()
        return {p.message_id: f"id {p.message_id}" for p in parcels}


@pytest.mark.django_db(transaction=True)
def test_a_stop_in_the_middle_of_2000_lets_nothing_through_after_a_second(workspace, monkeypatch):
    sink, over = Sink(), threading.Event()
    monkeypatch.setattr(Waiting, "send", lambda self, parcels: sink.send(parcels))
    people = Customer.objects.bulk_create(
        [Customer(name=f"{n}", first_seen_at=NOW) for n in range(MANY)]
    )
    agree(*people, channel="waiting")
    outbox.queue([intent(one, channel="waiting") for one in people], now=database_now())

    def carry():
        carrier = sender.Sender()
        try:
            while not over.is_set():
                carrier.work_or_wait()
        finally:
            carrier.finish()
            connection.close()

    worker = threading.Thread(target=carry)
    worker.start()
    try:
        assert sink.has_many.wait(60)
        stopping.stop("", by=None)
        stopped_at = time.monotonic()
        time.sleep(2.5)
        late = [at - stopped_at for at in sink.came if at > stopped_at + 1]
        n = len(sink.came)
        served = a_message(people[0], channel="waiting", purpose="service")
        until = time.monotonic() + 30
        while outcome(served)[0] != "sent" and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        over.set()
        worker.join()

    assert (late, WANTED <= n < MANY) == ([], True)
    assert outcome(served) == ("sent", "")
    assert Message.objects.filter(state="queued").count() == MANY - n
    held = membership_of(
        {"condition": "was_told", "until": str(MarketingStop.objects.get().began_at)}
    )
    assert held == set(
        Message.objects.filter(state="sent", purpose="marketing").values_list("customer", flat=True)
    )


def membership_of(leaf) -> set[int]:
    return set(rules.Evaluation(database_now()).of(leaf))


def test_it_holds_one_channel_and_marketing_only(workspace):
    one, other, served = (
        a_message(a_customer(), channel="loopback", purpose="service"),
        *(a_message(c, channel=channel) for c, channel in people_of("loopback", "keyed")),
    )
    stopping.stop("loopback", by=None)

    delivered("loopback", "keyed")

    assert [outcome(m)[0] for m in (one, other, served)] == ["sent", "queued", "sent"]


def people_of(*keys):
    for channel in keys:
        customer = a_customer()
        agree(customer, channel=channel)
        yield customer, channel


def test_a_claim_that_was_leased_before_the_stop_is_held_at_its_fence(workspace):
    """The summary that a worker has read is old: the fence itself asks."""
    (customer, _channel) = next(people_of("loopback"))
    message = a_message(customer, channel="loopback")
    old = Workspace.get()
    stopping.stop("", by=None)

    dispatch.claim(channels["loopback"](), old, limit=10)

    assert outcome(message) == ("queued", "stopped")


def test_released_and_called_off_by_campaign_and_the_stop_ends(workspace):
    mine, other = a_campaign(), a_campaign()
    messages = [
        a_message(c, channel="loopback", campaign_id=of)
        for (c, _channel), of in zip(
            people_of(*["loopback"] * 3), (mine.pk, other.pk, None), strict=True
        )
    ]
    stop, now = stopping.stop("", by=None), database_now()
    assert stopping.stop("", by=None) == stop  # a second click
    assert {(w.campaign_id, w.n) for w in stopping.waiting()} == {
        (mine.pk, 1),
        (other.pk, 1),
        (None, 1),
    }

    stopping.release(campaign_id=mine.pk, journey_id=None, by=None, now=now)
    stopping.release(campaign_id=mine.pk, journey_id=None, by=None, now=now)
    assert stopping.call_off(campaign_id=other.pk, journey_id=None, by=None, now=now) == 1
    delivered("loopback")
    assert [outcome(m) for m in messages] == [
        ("sent", ""),
        ("cancelled", "stop_called_off"),
        ("queued", ""),
    ]

    assert stopping.end(stop, by=None, now=now)
    assert not stopping.end(stop, by=None, now=now)
    delivered("loopback")
    assert outcome(messages[2]) == ("sent", "")
    assert Workspace.get().stopped_channels == []


def test_what_waits_because_of_a_stop_is_not_late(workspace):
    (customer, _channel) = next(people_of("loopback"))
    a_message(customer, channel="loopback")
    later = database_now()
    assert Message.objects.overdue(later).exists()

    stopping.stop("", by=None)

    assert not Message.objects.overdue(later).exists()


# -- the page


def test_the_button_stands_on_every_page_for_who_may(client, django_user_model, workspace):
    page = reverse("admin:campaigns_marketingstop_now")
    user = django_user_model.objects.create_user("li", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_segment"))
    client.force_login(user)
    segments = reverse("admin:customers_segment_changelist")
    assert page not in client.get(segments).content.decode()
    assert client.post(page, {"act": "stop"}).status_code == 403

    user.user_permissions.add(
        *Permission.objects.filter(codename__in=["stop_marketing", "view_marketingstop"])
    )
    assert page in client.get(segments).content.decode()
    client.post(page, {"act": "stop", "channel": "", "note": "wrong price"})

    assert MarketingStop.objects.get().began_by == user
    assert 'role="status"' in client.get(segments).content.decode()
    assert client.get(page).status_code == 200


def test_those_who_got_it_are_written_to(admin_client, workspace):
    campaign = a_campaign()
    (got, _c), (waits, _d) = people_of("loopback", "loopback")
    a_message(got, channel="loopback", campaign_id=campaign.pk)
    delivered("loopback")
    stop = stopping.stop("", by=None)
    a_message(waits, channel="loopback", campaign_id=campaign.pk)
    page = reverse("admin:campaigns_marketingstop_now")
    said = {"act": "write", "stop": stop.pk, "campaign_id": campaign.pk, "journey_id": ""}

    first, second = (admin_client.post(page, said) for _n in range(2))

    segment = Segment.objects.exclude(pk__in=Campaign.objects.values("segment")).get()
    assert first.url == second.url
    assert first.url.endswith(f"?segment={segment.pk}")
    membership.refresh_all()
    assert list(segment.memberships.values_list("customer", flat=True)) == [got.pk]


@pytest.mark.parametrize(
    "said",
    [
        {"act": "stop", "channel": "pigeon"},
        {"act": "end", "stop": "x"},
        {"act": "write", "stop": "9"},
        {"act": "release", "campaign_id": "x"},
        {"act": ""},
    ],
)
def test_nonsense_stops_nothing(admin_client, workspace, said):
    answer = admin_client.post(reverse("admin:campaigns_marketingstop_now"), said)

    assert (answer.status_code, MarketingStop.objects.count()) == (302, 0)
