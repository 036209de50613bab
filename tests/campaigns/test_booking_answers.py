"""What somebody answers to a booking: by a server, by staff, on the page behind a signed link; and
journeys that wait for it."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import translation

from campaigns.delivery import answer_pages
from campaigns.journeys import telling
from campaigns.models import Run, RunStep
from customers.models import Customer, Source, Workspace
from events import answers
from events.answers import Answer
from events.models import Booking, Event
from integrations.doors.event_names import trusted_name
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.campaigns.test_leaving import a_journey
from tests.campaigns.test_purpose import ON_BOOKED, a_booking, texts
from tests.campaigns.test_wait_for_event import step
from tests.factories import NOW, a_customer, a_namespace, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TOMORROW = NOW + 24 * HOUR
ANSWERED = "Booking Answered"


@pytest.fixture(autouse=True)
def nobody_guessed():
    cache.clear()


def waits(**more):
    ways = dict.fromkeys(("come", "cannot", "another_time", "timed_out"))
    return a_journey(
        {"s1": step("wait_for_answer", {"n": 12, "unit": "hours"}, **ways)},
        trigger=ON_BOOKED,
        **more,
    )


def booked(*numbers, clock, source=None, **more):  # noqa: F811
    source = source or a_source()
    happened(source, *(a_booking(n, starts=TOMORROW, **more) for n in numbers))
    go(clock, NOW + timedelta(seconds=1))
    return source


def go(clock, at):  # noqa: F811
    clock(at + timedelta(seconds=1))
    settle()


def left_by():
    return list(RunStep.objects.order_by("run", "visit").values_list("outcome", flat=True))


def page_of(booking, now=NOW):
    return answer_pages.address(booking, now).partition("/b/")[2]


@pytest.mark.parametrize("answer", Answer.values)
def test_each_answer_has_its_way_whoever_told_it(clock, answer):  # noqa: F811
    waits()
    source = booked("b1", "b2", clock=clock)
    one = Booking.objects.get(number="b1")
    assert answers.state(one, Answer(answer), by="staff", now=NOW + HOUR)
    told = an_event(
        member(1),
        name=ANSWERED,
        at=NOW + HOUR,
        properties={"booking_number": "b2", "answer": answer},
    )
    happened(source, told, now=NOW + HOUR)
    go(clock, NOW + HOUR)

    assert left_by() == [answer, answer]


def test_who_does_not_answer_in_time_goes_another_way(clock):  # noqa: F811
    waits()
    source = booked("b1", clock=clock)
    odd = {"booking_number": "b1", "answer": "perhaps"}
    happened(source, an_event(member(1), name=ANSWERED, at=NOW + HOUR, properties=odd))
    go(clock, NOW + 2 * HOUR)
    assert left_by() == []

    go(clock, NOW + 13 * HOUR)
    assert left_by() == ["timed_out"]


def test_the_answer_to_one_childs_lesson_is_none_to_the_others(clock):  # noqa: F811
    waits()
    booked("b1", "b2", clock=clock)
    answers.state(Booking.objects.get(number="b1"), Answer.COME, by="page", now=NOW + HOUR)
    go(clock, NOW + HOUR)

    assert left_by() == ["come"]
    assert Run.objects.filter(state="active").count() == 1


def test_a_number_of_another_shop_is_another_booking(clock):  # noqa: F811
    """Our own source is of the first shop, and says which shop it speaks of."""
    first, second = a_namespace("one"), a_namespace("two")
    Source.own()
    waits()
    booked("b1", clock=clock, source=a_source(namespace=second))
    happened(a_source(namespace=first), a_booking("b1", starts=TOMORROW), now=NOW)
    other = Booking.objects.get(namespace=first)
    answers.state(other, Answer.COME, by="page", now=NOW + HOUR)
    go(clock, NOW + HOUR)

    assert left_by() == ["come"]
    assert answers.latest(list(Booking.objects.all())).keys() == {other.pk}


def test_a_journey_that_begins_with_an_answer_knows_its_booking(clock):  # noqa: F811
    says = step(
        "send_message",
        {
            "channel": "in_app",
            "purpose": "service",
            "content": {"title": "Hello", "body": "{{ booking.date }} {{ booking.for_name }}"},
        },
        next=None,
    )
    a_namespace("first")
    Source.own()
    a_journey({"s1": says}, trigger={"trigger": "event", "fields": {"event": ANSWERED}})
    happened(
        a_source(namespace=a_namespace("second")),
        a_booking("b1", starts=TOMORROW, for_key="c1", for_name="小明"),
    )
    answers.state(Booking.objects.get(), Answer.ANOTHER_TIME, by="page", now=NOW + HOUR)
    go(clock, NOW + HOUR)

    assert texts() == [("sent", "2026-11-25 小明")]


def test_the_same_answer_again_is_none(clock):  # noqa: F811
    booked("b1", clock=clock)
    one = Booking.objects.get()
    said = [
        answers.state(one, answer, by="page", now=NOW + n * HOUR)
        for n, answer in enumerate([Answer.COME, Answer.COME, Answer.CANNOT, Answer.COME])
    ]

    assert said == [True, False, True, True]
    assert answers.latest([one])[one.pk].answer == Answer.COME


def test_an_answer_is_one_to_the_time_it_was_asked_for(clock):  # noqa: F811
    booked("b1", clock=clock)
    answers.state(Booking.objects.get(), Answer.COME, by="page", now=NOW + HOUR)
    Booking.objects.update(starts_at=TOMORROW + HOUR)

    assert answers.latest([Booking.objects.get()]) == {}
    assert answers.state(Booking.objects.get(), Answer.COME, by="page", now=NOW + HOUR)


def test_an_answer_of_the_shops_server_ends_when_the_booking_moves(clock):  # noqa: F811
    source = booked("b1", clock=clock)
    one = Booking.objects.get()
    told = {"booking_number": "b1", "answer": "come"}
    happened(source, an_event(member(1), name=ANSWERED, at=NOW + HOUR, properties=told))
    assert answers.latest([one])[one.pk].answer == Answer.COME
    happened(
        source,
        an_event(
            member(1),
            name="Booking Rescheduled",
            at=NOW + 2 * HOUR,
            properties={"booking_number": "b1"},
        ),
    )

    assert answers.latest([one]) == {}


def test_the_page_says_the_time_of_the_shops_zone(clock, client):  # noqa: F811
    booked("b1", clock=clock)
    Workspace.get()
    Workspace.objects.update(time_zone="Asia/Tokyo")

    page = client.get(f"/b/{page_of(Booking.objects.get())}").content.decode()

    assert "2026-11-25 11:00" in page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_looking_at_the_page_changes_nothing_and_it_says_no_more_than_when(
    clock,  # noqa: F811
    client,
    language,
):
    told = {"name": "Dermatology", "place": "Floor 3", "resource": "Dr Li", "for_name": "小明"}
    booked("b1", clock=clock, for_key="c1", **told)
    Customer.objects.update(name="王小明")
    answer = client.get(
        f"/b/{page_of(Booking.objects.get())}", headers={"Accept-Language": language}
    )

    assert answer.status_code == 200
    page = answer.content.decode()
    assert "2026-11-25 10:00" in page
    assert not any(word in page for word in (*told.values(), "b1", "王"))
    assert ("另约时间" in page) == (language == "zh-hans")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not Event.objects.filter(name__name=ANSWERED).exists()


def test_an_answer_on_the_page_is_said_once_and_may_change(clock, client):  # noqa: F811
    waits()
    booked("b1", clock=clock)
    page = f"/b/{page_of(Booking.objects.get())}"
    for answer in ("come", "come", "nonsense", "", "cannot"):
        client.post(page, {"answer": answer})
    go(clock, NOW + HOUR)

    told = Event.objects.filter(name__name=ANSWERED).order_by("pk")
    assert list(told.values_list("properties__answer", flat=True)) == ["come", "cannot"]
    assert left_by() == ["come"]
    assert client.post(page, {"answer": "nonsense"}).status_code == 422


def test_a_link_that_is_changed_or_too_old_leads_nowhere(clock, client):  # noqa: F811
    booked("b1", clock=clock)
    booking = Booking.objects.get()
    page = page_of(booking)
    other = "A" if page[3] != "A" else "B"
    for wrong in (page[:3] + other + page[4:], page[:-4], page + "AAAA", "é" * 40, "x"):
        assert client.post(f"/b/{wrong}", {"answer": "come"}).status_code == 404
    clock(TOMORROW + timedelta(days=8))
    assert client.post(f"/b/{page}", {"answer": "come"}).status_code == 410
    assert not Event.objects.filter(name__name=ANSWERED).exists()


def test_a_link_is_bound_to_its_customer(clock, client):  # noqa: F811
    booked("b1", clock=clock)
    booking = Booking.objects.get()
    other = answer_pages.code(booking.pk, a_customer().pk, TOMORROW)
    assert client.get(f"/b/{other}").status_code == 410


def test_merged_it_leads_on_and_forgotten_it_does_not(clock, client):  # noqa: F811
    booked("b1", clock=clock)
    booking = Booking.objects.get()
    page, survivor = f"/b/{page_of(booking)}", a_customer()
    Customer.objects.filter(pk=booking.customer_id).update(merged_into=survivor)
    Booking.objects.update(customer=survivor)
    assert client.get(page).status_code == 200
    Customer.objects.filter(pk=survivor.pk).update(erased_at=NOW)
    assert client.get(page).status_code == 410


def test_who_guesses_is_shut_out_for_a_while(clock, client):  # noqa: F811
    booked("b1", clock=clock)
    page = page_of(Booking.objects.get())
    for n in range(20):
        client.get(f"/b/guess{n}")
    assert client.get(f"/b/{page}").status_code == 429
    assert client.get(f"/b/{page}", REMOTE_ADDR="203.0.113.9").status_code == 200


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ("booked", {"come", "cannot", "another_time"}),
        ("no_show", {"another_time", "cannot"}),
        ("cancelled", set()),
        ("attended", set()),
    ],
)
def test_what_can_be_answered_follows_the_booking(clock, client, status, offered):  # noqa: F811
    booked("b1", clock=clock)
    Booking.objects.update(status=status)
    page = client.get(f"/b/{page_of(Booking.objects.get())}").content.decode()
    assert {one for one in Answer.values if f'value="{one}"' in page} == offered


def test_what_is_past_is_not_answered(clock, client):  # noqa: F811
    booked("b1", clock=clock)
    page = f"/b/{page_of(Booking.objects.get())}"
    clock(TOMORROW + HOUR)
    client.post(page, {"answer": "come"})
    assert not Event.objects.filter(name__name=ANSWERED).exists()


def test_a_public_key_cannot_answer():
    assert trusted_name(ANSWERED, a_source(trust="client")) == "Booking Answered (client)"


def test_staff_write_an_answer_down_on_the_customers_page(clock, admin_client):  # noqa: F811
    booked("b1", clock=clock)
    booking = Booking.objects.get()
    of_booking = admin_client.get(f"/admin/events/booking/{booking.pk}/change/", follow=True)
    assert "?booking=" in of_booking.content.decode()
    address = of_booking.context["answer_url"]
    assert admin_client.get(address).status_code == 200
    form = {"booking": booking.pk, "answer": "come"}
    admin_client.post(address.partition("?")[0], form)
    assert answers.latest([booking])[booking.pk].by == "staff"


def test_it_says_what_it_waits_for(clock):  # noqa: F811
    journey = waits()
    for language, said in (("en", "answer to this booking"), ("zh-hans", "预约")):
        with translation.override(language):
            assert said in telling.sentence(journey.draft)
