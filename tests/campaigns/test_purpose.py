"""What service messages may, what they may not, and whom a booking is for."""

import pytest

from campaigns.delivery import sender
from campaigns.journeys import definition
from campaigns.models import Assignment, Message, Run
from customers.models import Customer
from events.incoming_items import BookingState
from events.models import Booking
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.campaigns.test_leaving import WAIT, a_journey
from tests.campaigns.test_wait_for_event import seconds, step
from tests.factories import (
    NOW,
    a_batch,
    a_namespace,
    a_source,
    a_workspace,
    an_event,
    an_order,
    happened,
    member,
)

pytestmark = pytest.mark.django_db

ON_BOOKED = {"trigger": "event", "fields": {"event": "Booking Created"}}


def says(body, *, purpose="service", channel="in_app", **more):
    content = {"title": "Hello", "body": body} if channel == "in_app" else more.pop("content")
    fields = {"channel": channel, "purpose": purpose, "content": content, **more}
    return step("send_message", fields, next=None)


def a_booking(number, *, of=1, at=NOW, starts=NOW, **more):
    """As the door makes it."""
    state = BookingState(
        number=number, status="booked", kind="class", occurred_at=at, starts_at=starts, **more
    )
    properties = {"booking_number": number, "starts_at": starts.isoformat()}
    if state.for_key:
        properties |= {"for_key": state.for_key, "for_name": state.for_name}
    return an_event(member(of), name="Booking Created", at=at, booking=state, properties=properties)


def texts():
    sender.send_due("in_app")
    return [(one.state, one.content["body"]) for one in Message.objects.order_by("pk")]


@pytest.mark.parametrize("reentry", [{"kind": "once"}, {"kind": "days", "days": 30}])
def test_two_children_of_one_phone_get_two_right_messages(clock, reentry):  # noqa: F811
    body = "{{ booking.for_name }}: {{ booking.name }}, {{ booking.date }} {{ booking.time }}"
    a_journey({"s1": says(body)}, trigger=ON_BOOKED, reentry=reentry)
    happened(
        a_source(),
        a_booking("b1", for_key="c1", for_name="小明", name="Piano", starts=seconds(7200)),
        a_booking("b2", for_key="c2", for_name="小红", name="Dance", starts=seconds(3600)),
        a_booking("b3", for_key="c2", for_name="小红", name="Again", starts=seconds(3600)),
    )
    clock(seconds(2))
    settle()

    assert texts() == [
        ("sent", "小明: Piano, 2026-11-24 12:00"),
        ("sent", "小红: Dance, 2026-11-24 11:00"),
    ]


def test_a_booking_is_told_as_it_is_when_the_message_leaves(clock):  # noqa: F811
    a_journey({"s1": says("{{ booking.time }}")}, trigger=ON_BOOKED)
    happened(a_source(), a_booking("b1", starts=seconds(3600)))
    clock(seconds(2))
    settle()
    Booking.objects.update(starts_at=seconds(7200))

    assert texts() == [("sent", "12:00")]


def test_nobody_is_told_of_others_bookings_by_their_number(clock):  # noqa: F811
    """A number is a property, and a public key may say any."""
    shop = a_namespace()
    viewed = {"trigger": "event", "fields": {"event": "Product Viewed"}}
    body = "{{ booking.for_name | default: 'nobody' }} {{ order.number | default: 'none' }}"
    a_journey({"s1": says(body)}, trigger=viewed)
    happened(a_source(namespace=shop), a_booking("b1", of=1, for_key="c1", for_name="小明"))
    curious = an_event(member(2), properties={"booking_number": "b1", "order_number": "o1"})
    an_order(Customer.objects.get(), source=a_source(namespace=shop), number="o1")
    happened(a_source(namespace=shop), curious)
    clock(seconds(2))
    settle()

    assert texts() == [("sent", "nobody none")]


def test_an_order_is_told_in_a_journey_that_begins_with_one(clock):  # noqa: F811
    on_order = {"trigger": "event", "fields": {"event": "Order Completed"}}
    a_journey({"s1": says("{{ order.number }}")}, trigger=on_order)
    with pytest.raises(definition.InvalidJourney, match=r"booking\.name"):
        a_journey({"s1": says("{{ booking.name }}")}, trigger=on_order)
    with pytest.raises(definition.InvalidJourney, match=r"order\.number"):
        a_journey({"s1": says("{{ order.number }}")}, trigger=ON_BOOKED)


def test_held_out_of_marketing_is_not_held_out_of_service(clock):  # noqa: F811
    a_workspace()
    a_journey(
        {
            "s1": says("Buy", purpose="marketing") | {"exits": {"next": "s2"}},
            "s2": says("Your lesson is tomorrow"),
        },
        trigger=ON_BOOKED,
        holdout_percent=90,
    )
    happened(a_source(), *(a_booking(f"b{n}", of=n) for n in range(40)))
    clock(seconds(2))
    settle()
    sender.send_due("in_app")

    held_out = Run.objects.filter(is_held_out=True).count()
    assert held_out > 20
    service = Message.objects.filter(purpose="service")
    assert set(service.values_list("state")) == {("sent",)}
    assert service.count() == 40
    assert Message.objects.filter(purpose="marketing", reason="holdout").count() == held_out


def test_nobody_is_held_out_where_nothing_is_marketing(clock):  # noqa: F811
    a_journey({"s1": says("Tomorrow")}, trigger=ON_BOOKED, holdout_percent=90)
    happened(a_source(), *(a_booking(f"b{n}", of=n) for n in range(10)))
    clock(seconds(2))
    settle()

    assert set(Assignment.objects.values_list("arm", flat=True)) == {"treated"}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: says("Take {{ coupon.code }}"),
        lambda: says("Take {% if coupon.code %}it{% endif %}"),
        lambda: says("Take it", batch=a_batch().pk),
    ],
)
def test_a_service_message_is_no_gift(wrong):
    with pytest.raises(definition.InvalidJourney):
        a_journey({"s1": wrong()})


def letter(body):
    return says(None, channel="email", content={"subject": "Hello", "body": body})


def test_what_was_measured_is_not_told_outside_the_app():
    measured = {"trigger": "event", "fields": {"event": "Measurement Recorded"}}
    a_journey({"s1": says("{{ event.value }}")}, trigger=measured)
    a_journey({"s1": letter("A new value")}, trigger=measured)
    a_journey({"s1": letter("{{ event.value }}")})
    with pytest.raises(definition.InvalidJourney, match="event…"):
        a_journey({"s1": letter("{{ event.value | default: 1 }}")}, trigger=measured)


def awaits(event, **exits):
    return step("wait_for_event", {"event": event, "n": 1, "unit": "days"}, **exits)


@pytest.mark.parametrize(
    ("event", "is_bribed"),
    [
        ("Message Subscribed", True),
        ("Subscription Accepted", True),
        ("Page Shared", True),
        ("Account Followed", True),
        ("关注公众号", True),
        ("分享商品", True),
        ("取消关注", False),
        ("Message Unsubscribed", False),
        ("Product Viewed", False),
        ("Order Completed", False),
    ],
)
@pytest.mark.parametrize("awaited", [True, False])
def test_nobody_is_rewarded_for_subscribing_sharing_or_following(event, is_bribed, awaited):
    gift = step("issue_coupon", {"batch": a_batch().pk}, next=None, none=None)
    wait = step(
        "wait_for_event", {"event": event, "n": 1, "unit": "days"}, happened="gift", timed_out=None
    )
    begins = {"trigger": "event", "fields": {"event": "Cart Viewed" if awaited else event}}
    steps = {"s1": wait if awaited else WAIT | {"exits": {"next": "gift"}}, "gift": gift}
    if is_bribed:
        with pytest.raises(definition.InvalidJourney, match=r"5\.21"):
            a_journey(steps, trigger=begins)
    else:
        a_journey(steps, trigger=begins)


def test_who_merely_did_not_subscribe_may_be_given_something():
    gift = step("issue_coupon", {"batch": a_batch().pk}, next=None, none=None)
    wait = step(
        "wait_for_event",
        {"event": "Followed", "n": 1, "unit": "days"},
        happened=None,
        timed_out="gift",
    )
    a_journey({"s1": wait, "gift": gift})
