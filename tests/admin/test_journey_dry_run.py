"""The pages of the dry run and of one person with a clock: what they show, to whom, and what they
say to what cannot be."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from campaigns.journeys import definition
from campaigns.journeys.dry_run.tally import Tally
from campaigns.models import DryRun, Journey, Message, Run
from crm_project.queue.due import database_now
from events import names, partitions
from events.commerce import measurements
from events.models import Event, EventName, Order
from tests.campaigns.test_dry_run import VIEW, a_draft, everything, message, wait
from tests.factories import (
    a_batch,
    a_customer,
    a_member,
    a_source,
    a_workspace,
    an_event,
    an_order,
    happened,
    member,
)

pytestmark = pytest.mark.django_db

RESULT = [
    [["entered"], 1_234],
    [["left", "s1", "yes"], 1_000],
    [["left", "s1", "no"], 4],
    [["message", "s2", "sent", ""], 990],
    [["message", "s2", "skipped", "cap_day"], 10],
    [["channel", "in_app", "sent", ""], 990],
    [["channel", "in_app", "skipped", "cap_day"], 10],
]
DID = {"condition": "did_event", "event": "Cart Viewed", "comparison": ">=", "times": 1}


@pytest.fixture(autouse=True)
def months_ahead():
    """As the tick makes them, whatever day it is."""
    partitions.keep_ahead(database_now())
    yield
    partitions.forget()


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def staff(client, *permissions: str) -> User:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return user


def branching(rule=DID) -> Journey:
    return a_draft(
        {
            "s1": {"step": "branch", "fields": {"rule": rule}, "exits": {"yes": "s2", "no": None}},
            "s2": message(),
        }
    )


def page(journey: Journey, name="dry_run") -> str:
    return reverse(f"admin:campaigns_journey_{name}", args=[journey.pk])


def a_result(journey: Journey, **more) -> DryRun:
    now = database_now()
    return DryRun.objects.create(
        journey=journey,
        definition=journey.draft,
        since=now - timedelta(days=30),
        until=now,
        created_at=now,
        ended_at=now,
        result=RESULT,
        **more,
    )


def test_it_is_begun_and_shows_its_bar(boss):
    journey = branching()
    answer = boss.post(page(journey), {"days": "30"})

    row = DryRun.objects.get()
    assert answer.url == f"{page(journey)}?run={row.pk}"
    assert row.until - row.since == timedelta(days=30)
    assert "job-progress" in boss.get(answer.url).text


@pytest.mark.parametrize("days", ["91", "0", "-3", "x", "", "9" * 40])
def test_other_days_are_refused_in_words(boss, days):
    answer = boss.post(page(branching()), {"days": days})
    assert (answer.status_code, DryRun.objects.count()) == (200, 0)
    assert "ht-error" in answer.text


def test_a_draft_with_marks_is_not_tried_and_says_where_they_are(boss):
    empty = Journey.objects.create(name="empty")
    broken = branching()
    broken.draft["steps"]["s2"]["fields"]["batch"] = 10**9
    broken.save()
    for journey in (empty, broken):
        for language in ("en", "zh-hans"):
            boss.cookies["django_language"] = language
            answer = boss.post(page(journey), {"days": "7"})
            assert (answer.status_code, DryRun.objects.count()) == (200, 0)
            assert "ht-note-warning" in answer.text
            assert boss.get(page(journey)).status_code == 200
    assert boss.get(reverse("admin:campaigns_journey_dry_run", args=[10**9])).status_code == 404


def test_the_results_stand_on_the_cards(boss):
    journey = branching()
    row = a_result(journey)
    text = " ".join(boss.get(f"{page(journey)}?run={row.pk}").text.split())

    assert "have entered 1,234" in text
    assert "came</span" not in text
    assert 'sent <span class="ht-strong">990</span>' in text
    assert "skipped: has had enough today 10" in text
    assert "Yes" in text
    assert boss.get(f"{page(journey)}?run=x").status_code == 200


def test_whoever_may_not_see_people_is_told_round_numbers_and_none_of_a_few(client):
    journey = branching()
    a_result(journey)
    staff(client, "view_journey", "view_event")
    text = client.get(page(journey)).text

    assert "1,230" in text
    assert "1,234" not in text
    assert "fewer than 5" in text
    assert "Try it on the past" not in text
    assert client.post(page(journey), {"days": "7"}).status_code == 403
    assert client.get(page(journey, "try_one")).status_code == 403


def test_numbers_of_what_somebody_may_not_know_are_hidden(client):
    journey = branching()
    journey.draft["leave"] = [{"by": "event", "fields": {"event": measurements.EVENT}}]
    a_result(journey)
    staff(client, "view_journey", "view_event", "view_customer")
    text = client.get(page(journey)).text

    assert "1,234" not in text
    assert "you may not see" in text


def test_without_the_right_to_journeys_there_is_nothing(client):
    journey = branching()
    staff(client, "view_event", "view_customer")
    assert client.get(page(journey)).status_code == 403
    assert client.get(page(journey, "try_one")).status_code == 403


def test_what_was_tried_and_lost_a_part_since_says_so(boss):
    batch = a_batch()
    journey = a_draft({"s1": message(batch=batch.pk)})
    a_result(journey)
    batch.delete()
    answer = boss.get(page(journey))
    assert (answer.status_code, "cannot be shown any more" in answer.text) == (200, True)


@pytest.mark.django_db(transaction=True)
def test_some_of_the_people_behind_a_number_are_shown_to_whoever_may_see_them(client):
    a_workspace()
    journey, now = a_draft({"s1": wait(1, None)}), database_now()
    happened(a_source(), an_event(member(1), name=VIEW, at=now), now=now)
    somebody = Event.objects.get().customer
    type(somebody).objects.filter(pk=somebody.pk).update(name="Li Lei")
    row = DryRun.objects.create(
        journey=journey,
        definition=journey.draft,
        since=now - timedelta(days=1),
        until=now + timedelta(hours=3),
        created_at=now,
        ended_at=now,
    )
    asked = {"run": row.pk, "step": "s1", "way": "next"}
    staff(client, "view_journey", "view_event", "view_customer")
    assert "Li Lei" in client.get(page(journey), asked).text
    assert "Li Lei" not in client.get(page(journey), asked | {"way": "no"}).text
    assert "Li Lei" in client.get(page(journey), {"run": row.pk, "step": "s1"}).text
    for strange in ("s9", "\0", "x" * 5_000):
        assert client.get(page(journey), asked | {"step": strange}).status_code == 200
    User.objects.get().user_permissions.remove(Permission.objects.get(codename="view_customer"))
    assert "Li Lei" not in client.get(page(journey), asked).text


# -- one person with a clock


def said(customer, *deeds: dict, **more) -> dict:
    data = {"customer": customer.public_id, "deed-TOTAL_FORMS": len(deeds), "deed-INITIAL_FORMS": 0}
    for number, deed in enumerate(deeds):
        data |= {f"deed-{number}-{name}": value for name, value in deed.items()}
    return data | more


@pytest.fixture
def shop():
    a_workspace()
    source = a_source()
    happened(source, an_event(member(99), name=VIEW), an_event(member(99), name="Cart Viewed"))
    return source


def in_order(*parts: str, text: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


def test_each_step_is_seen_in_its_order_and_nothing_is_written(boss, shop):
    customer = a_member(1, name="Wang Xiaoming")
    hello = message(content={"title": "Still want it?", "body": "Dear {{ customer.name }}"})
    await_cart = {
        "step": "wait_for_event",
        "fields": {"event": "Cart Viewed", "n": 2, "unit": "days"},
        "exits": {"happened": "s2", "timed_out": None},
    }
    again = {"step": "branch", "fields": {"rule": DID}, "exits": {"yes": "s3", "no": None}}
    journey = a_draft({"s1": await_cart, "s2": again, "s3": hello})
    boss.get(page(journey, "try_one"))  # what a first visit of anybody writes, is written
    before = everything()

    text = boss.post(
        page(journey, "try_one"),
        said(
            customer,
            {"event": VIEW, "n": 1, "unit": "hours"},
            {"event": "Cart Viewed", "n": 5, "unit": "hours", "products": "tea", "yuan": "12.5"},
            {"event": ""},
        ),
    ).text

    moments = " ".join(text[text.index('id="moments"') :].split())
    assert in_order(
        "enters the journey",
        "→ it happened",
        "→ yes",
        "Dear Wang Xiaoming",
        "is over",
        text=moments,
    ), moments
    assert everything() == before
    assert not Run.objects.exists()
    assert not Message.objects.exists()
    assert Event.objects.filter(customer=customer).count() == 0


def test_why_not_is_said(boss, shop):
    """Of one who entered once, and of one who has had the same just now."""
    customer = a_member(1)
    journey = a_draft({"s1": message()}, reentry={"kind": "once"})
    definition.publish(journey, by=None, now=database_now())
    text = boss.post(
        page(journey, "try_one"),
        said(customer, {"event": VIEW, "n": 1}, {"event": VIEW, "n": 2}),
    ).text
    assert "may not enter again yet" in text

    twice = a_draft({"s1": message()})
    text = boss.post(
        page(twice, "try_one"),
        said(customer, {"event": VIEW, "n": 1}, {"event": VIEW, "n": 2}),
    ).text
    assert "got the same text within a day" in text


def test_somebody_may_be_let_in_and_a_booking_moves(boss, shop):
    customer = a_member(1)
    now = database_now()
    reminder = {
        "step": "wait_for_booking",
        "fields": {"direction": "before", "n": 2, "unit": "hours"},
        "exits": {"next": "s2", "cancelled": None, "too_late": None, "unknown": None},
    }
    begins = {"trigger": "event", "fields": {"event": "Booking Created"}}
    content = {"title": "Soon", "body": "At {{ booking.time }}"}
    journey = a_draft(
        {"s1": reminder, "s2": message(purpose="service", content=content)}, trigger=begins
    )
    for name in ("Booking Created", "Booking Rescheduled", "Booking Cancelled"):
        EventName.objects.get_or_create(name=name)
    starts = (now + timedelta(days=3)).isoformat()
    later = (now + timedelta(days=5)).isoformat()
    created = {
        "event": "Booking Created",
        "n": 1,
        "properties": f"booking_number = 7\nstarts_at = {starts}",
    }
    moved = {
        "event": "Booking Rescheduled",
        "n": 2,
        "properties": f"booking_number = 7\nstarts_at = {later}",
    }
    cancelled = {"event": "Booking Cancelled", "n": 3, "properties": "booking_number = 7"}

    sent = boss.post(page(journey, "try_one"), said(customer, created, moved)).text
    gone = boss.post(page(journey, "try_one"), said(customer, created, moved, cancelled)).text
    let_in = boss.post(
        page(a_draft({"s1": wait(1, None)}), "try_one"), said(customer, starts_now="on")
    ).text

    day = timezone.localtime(now + timedelta(days=5, hours=-2)).date().isoformat()
    assert f'datetime="{day}' in sent
    assert "it was cancelled" in gone
    assert "enters the journey" in let_in


def test_an_order_that_is_paid_counts_in_rules_from_then_on(boss, shop):
    EventName.objects.get_or_create(name="Order Completed")
    rule = {"condition": "orders", "measure": "count", "comparison": ">=", "times": 1}
    rule |= {"window": "last", "window_n": 2, "window_unit": "days"}
    branch = {"step": "branch", "fields": {"rule": rule}, "exits": {"yes": None, "no": None}}
    journey = a_draft({"s1": wait(5, "s2"), "s2": branch})
    customer, paid = a_member(1), {"event": "Order Completed", "n": 3, "yuan": "9.90"}

    without = boss.post(page(journey, "try_one"), said(customer, {"event": VIEW, "n": 1})).text
    bought = boss.post(page(journey, "try_one"), said(customer, {"event": VIEW, "n": 1}, paid)).text

    assert ("→ no" in without, "→ yes" in without) == (True, False)
    assert ("→ no" in bought, "→ yes" in bought) == (False, True)


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ({"event": "Never Seen", "n": 1}, "No event of this name"),
        ({"event": VIEW, "n": -1}, "ht-error"),
        ({"event": VIEW, "at": "2020-01-01T10:00"}, "This is past"),
        ({"event": VIEW, "at": "2999-01-01T10:00"}, "days ahead"),
        ({"event": VIEW, "at": "not a time"}, "ht-error"),
        ({"event": VIEW, "n": 10_000, "unit": "weeks"}, "days ahead"),
        ({"event": VIEW, "n": 1, "properties": "nonsense"}, "name = value"),
        ({"event": VIEW, "n": 1, "yuan": "1e99"}, "ht-error"),
        ({"event": VIEW, "n": 1, "unit": "x"}, "ht-error"),
        ({"event": "\0", "n": 1}, "ht-error"),
    ],
)
def test_what_cannot_be_is_answered_in_words(boss, shop, deed, words):
    answer = boss.post(page(a_draft({"s1": wait(1, None)}), "try_one"), said(a_member(1), deed))
    assert (answer.status_code, words in answer.text) == (200, True)
    assert 'id="moments"' not in answer.text


def test_odd_values_and_numbers_of_others_are_taken_as_they_can_be(boss, shop):
    other, customer = a_member(2), a_member(1)
    an_order(other, number="o1", source=shop)
    named = {"properties": "order_number = o1", "products": "p1", "yuan": "10", "n": 1}
    journey = a_draft({"s1": wait(1, None)})
    for deed in (
        {"event": VIEW, "n": 1, "properties": "x = nan\ny = 1e999\nz = inf"},
        {"event": VIEW, "n": 1, "products": "p" * 129},
        {"event": VIEW, "at": "0001-01-01T00:00"},
        {"event": VIEW, "at": "9999-12-31T23:59"},
        {"event": "Order Completed", **named},
    ):
        names.numbers(["Order Completed"])
        answer = boss.post(page(journey, "try_one"), said(customer, deed, deed))
        assert answer.status_code == 200, deed
    assert Order.objects.get().customer_id == other.pk


def test_a_thousand_rows_strange_people_and_broken_drafts_are_answered_in_words(boss, shop):
    journey, customer = a_draft({"s1": wait(1, None)}), a_member(1)
    for data in (
        said(customer, {"event": VIEW}) | {"deed-TOTAL_FORMS": 1_000},
        said(customer, {"event": VIEW}) | {"deed-TOTAL_FORMS": "x"},
        {"customer": customer.public_id},
        said(customer, {"event": VIEW}) | {"customer": "nobody"},
        said(customer, {"event": VIEW}) | {"customer": "0" * 32},
    ):
        answer = boss.post(page(journey, "try_one"), data)
        assert (answer.status_code, 'role="alert"' in answer.text) == (200, True)
    empty = Journey.objects.create(name="empty")
    answer = boss.post(page(empty, "try_one"), said(customer, {"event": VIEW}))
    assert (answer.status_code, "cannot be tried yet" in answer.text) == (200, True)


def test_more_rows_and_the_search_for_somebody(boss, shop):
    journey = a_draft({"s1": wait(1, None)})
    one, other = a_member(1, name="Li Lei"), a_customer(name="Han Meimei")
    text = boss.post(page(journey, "try_one"), said(one, {"event": VIEW}, more="1")).text
    assert text.count("deed-3-event") > 0
    assert 'id="moments"' not in text
    found = boss.get(page(journey, "try_one"), {"term": "Han Meimei"}).text
    assert str(other.public_id) in found
    assert str(one.public_id) not in found


def test_a_tally_is_stored_and_read():
    tally = Tally({("left", "s1", "yes"): 2, ("entered",): 3})
    assert Tally.read(tally.stored()) == tally
    assert tally.of("left", "s1") == {("yes",): 2}
