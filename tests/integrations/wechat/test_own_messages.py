"""What was written to somebody inside the mini-program is told to them alone."""

import pytest

from campaigns.models import Message
from crm_project.queue.due import database_now
from customers.models import Identity, Namespace
from events.models import Event
from integrations.member_api import attempts, platforms
from tests.factories import a_namespace
from tests.integrations.member import Phone
from tests.integrations.wechat.conftest import an_app

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(app, platform):
    """Two people, each logged in, each with messages."""
    attempts.forget()
    platforms.forget()
    found = []
    for _n in range(2):
        person = platform.person()
        device = Phone(app)
        device.log_in(person.login()["code"])
        customer = Identity.objects.get(kind="wx_openid", value=person.openid).customer
        device.messages = [
            a_message(customer, channel) for channel in ("in_app", "in_app", "email")
        ]
        found.append(device)
    return found


def a_message(customer, channel: str) -> int:
    now = database_now()
    return Message.objects.create(
        customer=customer,
        origin_customer=customer,
        channel=channel,
        state=Message.State.SENT,
        effect_key=f"test:{customer.pk}:{channel}:{Message.objects.count()}",
        content={"title": "Hello", "body": f"for {customer.pk}", "page": "pages/index/index"},
        sent_at=now,
        created_at=now,
    ).pk


def listed(device, query: str = "") -> list[int]:
    return [one["id"] for one in device.ask("GET", f"me/messages{query}").json()["results"]]


def test_everybody_sees_their_own_newest_first(two):
    for device in two:
        assert listed(device) == sorted(device.messages[:2], reverse=True)


def test_pages_and_what_is_unread(two):
    device = two[0]
    first = device.ask("GET", "me/messages?limit=1").json()

    assert [one["id"] for one in first["results"]] == [device.messages[1]]
    assert listed(device, f"?limit=1&cursor={first['next']}") == [device.messages[0]]
    assert listed(device, "?unread=true") == sorted(device.messages[:2], reverse=True)


def test_one_reads_only_what_is_ones_own(two):
    mine, theirs = two
    answer = mine.ask(
        "POST", "me/messages/read", {"message_ids": [mine.messages[0], theirs.messages[0]]}
    )

    assert answer.json()["accepted"] == 1
    [refused] = answer.json()["rejected"]
    assert refused["code"] == "unknown_message"
    opened = Event.objects.filter(name__name="Message Opened")
    assert [event.properties["message_id"] for event in opened] == [mine.messages[0]]


def test_a_message_by_another_channel_is_not_told_here(two):
    device = two[0]
    answer = device.ask("POST", "me/messages/read", {"message_ids": [device.messages[2]]})

    assert answer.status_code == 400
    assert listed(device).count(device.messages[2]) == 0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?limit=0", "out_of_range"),
        ("?limit=x", "out_of_range"),
        ("?cursor=-1", "out_of_range"),
        ("?customer=1", "unknown_parameter"),
        ("?channel=email", "unknown_parameter"),
        ("?unread=true&unread=false", "repeated_parameter"),
        ("?x\x00=1", "unknown_parameter"),
    ],
)
def test_parameters_that_are_none(two, query, code):
    answer = two[0].ask("GET", f"me/messages{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_the_session_of_one_app_is_none_of_another(two, platform):
    """A session says itself of which app it is: there is nothing to be asked for another."""
    made = platform.tell("add_app")
    other = an_app(platform, appid=made["appid"], secret=made["secret"])
    mine = two[0]
    told = mine.ask("GET", f"session?app={other.account}")

    assert told.json()["code"] == "unknown_parameter"
    assert mine.ask("GET", "session").json()["app"] != other.account


def test_what_is_about_another_shop_is_shown_there(two):
    device = two[0]
    mine, other = device.messages[:2]
    here, there = Namespace.objects.get(), a_namespace("elsewhere")
    Message.objects.filter(pk=mine).update(facts={"namespace": here.pk})
    Message.objects.filter(pk=other).update(facts={"namespace": there.pk, "keys": []})

    assert listed(device) == [mine]
    answer = device.ask("POST", "me/messages/read", {"message_ids": [other]})
    assert answer.json()["accepted"] == 0
