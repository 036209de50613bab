"""The ready journeys: each can be switched on in each trade, channel and language, says what is
missing, is made once, and does what it says at its times."""

import re
from datetime import timedelta

import pytest
from django.utils import translation
from django.utils.html import escape

from campaigns import coupons
from campaigns.broadcasts import schedules
from campaigns.delivery import content, sender
from campaigns.journeys import definition, reading, starting, telling
from campaigns.models import CouponBatch, Journey, Message, Run
from campaigns.recipes import switching
from campaigns.recipes.parts import CHANNELS, CLINIC, SCHOOL, SHOP
from campaigns.recipes.ready import RECIPES
from campaigns.recipes.switching import Coupons
from customers.models import Customer, CustomerAttribute, FollowUp, Segment
from customers.segments import membership
from events import answers
from events.answers import Answer
from events.incoming_items import BookingState
from events.models import Booking
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.factories import (
    NOW,
    a_batch,
    a_namespace,
    a_source,
    an_event,
    an_order,
    happened,
    member,
)

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COUPONS = Coupons(1000, 5000, 14, stock=50)
EVERY = [(key, trade) for key, recipe in RECIPES.items() for trade in recipe.trades]


def on(key, *, trade=None, coupons=COUPONS, holdout=0, **more):
    recipe = RECIPES[key]
    return switching.switch_on(
        recipe,
        namespace=a_namespace(),
        trade=trade or recipe.trades[0],
        channel="in_app",
        coupons=coupons,
        holdout_percent=holdout,
        by=None,
        now=NOW,
        **more,
    )[0]


def go(clock, at):  # noqa: F811
    """All that is due by then has happened."""
    clock(at + timedelta(seconds=5))
    starting.by_occasions(at + timedelta(seconds=5))
    settle()
    sender.send_due("in_app")


def titles():
    return list(
        Message.objects.filter(state="sent").order_by("pk").values_list("content__title", flat=True)
    )


def tasks():
    return list(FollowUp.objects.order_by("pk").values_list("title", flat=True))


def booked(source, number, *, kind, starts, at=NOW, status="booked", of=1, **more):
    names = {"booked": "Booking Created", "no_show": "Booking Missed"}
    state = BookingState(
        number=number, status=status, kind=kind, occurred_at=at, starts_at=starts, **more
    )
    told = {"booking_number": number, "kind": kind}
    told |= {"for_key": more["for_key"]} if more.get("for_key") else {}
    event = an_event(member(of), name=names[status], at=at, booking=state, properties=told)
    happened(source, event, now=at)


@pytest.fixture(autouse=True)
def in_english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("has_coupon", [True, False])
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(("key", "trade"), EVERY)
def test_each_can_be_published_and_speaks_one_language(key, trade, channel, has_coupon, language):
    with translation.override(language):
        name = str(RECIPES[key].name)
        found = switching.looked_at(
            RECIPES[key], trade=trade, channel=channel, has_coupon=has_coupon
        )
        with reading.imagining(found.rows):
            sentence = telling.sentence(found.stored)
            journey = definition.read(found.stored)
    said = [content.readable(text) for step in journey.steps.values() for text in step.texts()]
    for text in (*said, sentence, name):
        words = re.sub(r"‹[^›]*›|\W|\d", "", text)
        has_chinese = any("一" <= letter <= "鿿" for letter in words)
        assert not words or has_chinese == (language == "zh-hans") or text == sentence, text


@pytest.mark.parametrize(("key", "trade"), EVERY)
def test_marketing_holds_out_and_service_does_not(key, trade):
    recipe = RECIPES[key]
    found = switching.looked_at(recipe, trade=trade, channel="in_app", has_coupon=True)
    with reading.imagining(found.rows):
        is_marketing = definition.read(found.stored).is_marketing
    assert is_marketing == recipe.is_marketing
    assert (found.stored["holdout_percent"] > 0) == is_marketing


def test_a_clinic_tells_nothing_of_why_somebody_comes():
    told = {"booking.name", "booking.category", "booking.place", "booking.resource", "event"}
    for key, recipe in RECIPES.items():
        if CLINIC in recipe.trades:
            texts = [
                text
                for channel in CHANNELS
                for step in switching.looked_at(
                    recipe, trade=CLINIC, channel=channel, has_coupon=False
                )
                .stored["steps"]
                .values()
                for text in step["fields"].get("content", {}).values()
            ]
            assert not any(field in text for field in told for text in texts), key
            assert not recipe.may_have_coupon(CLINIC), key


def test_switched_on_twice_it_is_there_once():
    first, second = on("second_purchase"), on("second_purchase")

    assert first == second
    assert first.status == "live"
    assert (CouponBatch.objects.count(), Segment.objects.count()) == (1, 1)
    assert CouponBatch.objects.get().stock == 50


def test_after_one_that_has_ended_another_can_be_switched_on():
    first = on("welcome")
    Journey.objects.update(status="ended")
    second = on("welcome")

    assert second != first
    assert second.name == f"{first.name} 2"


def test_without_a_coupon_none_is_made():
    on("welcome", coupons=None)
    assert not CouponBatch.objects.exists()


def test_it_says_what_is_missing(client):
    def lacks(key, channel="in_app"):
        recipe = RECIPES[key]
        found = switching.looked_at(
            recipe, trade=recipe.trades[0], channel=channel, has_coupon=True
        )
        with translation.override("en"):
            return " ".join(one.text for one in switching.missing(recipe, found, channel))

    assert "Customer Registered" in lacks("welcome")
    assert "birthday" in lacks("birthday")
    assert "Booking Created" in lacks("lesson")
    assert "agreed to marketing" in lacks("welcome", "email")
    assert lacks("coupon_end") == ""


def registered(source, of=1, at=NOW):
    happened(source, an_event(member(of), name="Customer Registered", at=at), now=at)


def ordered(source, at, of=1, number=None, **more):
    happened(source, an_event(member(of), name="Order Completed", at=at, **more), now=at)


def test_welcome(clock):  # noqa: F811
    on("welcome")
    source = a_source()
    registered(source, 1)
    registered(source, 2)
    go(clock, NOW + timedelta(minutes=1))
    assert len(titles()) == 2
    assert "code" in Message.objects.first().content["body"]

    ordered(source, NOW + DAY, of=2)
    go(clock, NOW + DAY)
    go(clock, NOW + 3 * DAY - HOUR)
    assert len(titles()) == 2
    go(clock, NOW + 3 * DAY + HOUR)
    assert titles()[2:] == ["Can we help you to choose?"]


def test_viewed_not_bought(clock):  # noqa: F811
    on("viewed")
    source = a_source()
    for of in (1, 2):
        happened(source, an_event(member(of), keys=["p1"]))
    ordered(source, NOW + HOUR, of=2, keys=["p1"])
    go(clock, NOW + 23 * HOUR)
    assert titles() == []
    go(clock, NOW + 25 * HOUR)
    assert len(titles()) == 1


def test_left_in_the_cart(clock):  # noqa: F811
    on("cart")
    source = a_source()
    for of in (1, 2):
        happened(source, an_event(member(of), name="Product Added", keys=["p1"]))
    go(clock, NOW + 50 * timedelta(minutes=1))
    assert titles() == []
    go(clock, NOW + 62 * timedelta(minutes=1))
    assert titles() == ["Your cart is still here"] * 2
    ordered(source, NOW + 3 * HOUR, of=2, keys=["p1"])
    go(clock, NOW + 26 * HOUR)
    assert titles()[2:] == ["Something for your cart"]


def test_second_purchase(clock):  # noqa: F811
    on("second_purchase")
    source = a_source()
    for of in (1, 2):
        happened(source, an_event(member(of), name="Hello"))
        somebody = Customer.objects.latest("pk")
        an_order(somebody, source=source, number=f"o{of}")
        ordered(source, NOW, of=of)
    go(clock, NOW + timedelta(minutes=1))
    assert Run.objects.count() == 2
    ordered(source, NOW + 10 * DAY, of=2)
    go(clock, NOW + 10 * DAY)
    go(clock, NOW + 14 * DAY - HOUR)
    assert titles() == []
    go(clock, NOW + 14 * DAY + HOUR)
    assert titles() == ["How do you like it?"]


def test_win_back(clock):  # noqa: F811
    journey = on("win_back")
    source = a_source()
    happened(source, an_event(member(1), name="Hello"))
    somebody = Customer.objects.get()
    run = starting.by_hand(journey, somebody, by=None, now=NOW)
    assert run
    go(clock, NOW + timedelta(minutes=1))
    assert titles() == ["It has been a while"]
    go(clock, NOW + 7 * DAY + HOUR)
    assert titles()[1:] == ["We are still here for you"]


def test_birthday(clock):  # noqa: F811
    on("birthday")
    source = a_source()
    for of, day in ((1, "1990-11-25"), (2, "1990-11-26")):
        happened(source, an_event(member(of), name="Hello"))
        somebody = Customer.objects.latest("pk")
        CustomerAttribute.objects.create(
            customer=somebody,
            key="birthday",
            value=day,
            occurred_at=NOW,
        )
    fired(clock, NOW + 14 * HOUR)
    assert titles() == []
    fired(clock, NOW + 23 * HOUR + timedelta(minutes=5))
    assert titles() == ["Happy birthday!"]


def fired(clock, at):  # noqa: F811
    clock(at)
    schedules.fire(at)
    schedules.expand()
    go(clock, at)


def test_coupons_end(clock):  # noqa: F811
    on("coupon_end")
    batch, source = a_batch(), a_source()
    for of in (1, 2):
        happened(source, an_event(member(of), name="Hello"))
    people = list(Customer.objects.order_by("pk"))
    wanted = [coupons.Wanted(one.pk, one.pk, f"x{one.pk}", None, "") for one in people]
    issued = coupons.issue(batch, wanted, by="test", now=NOW)
    used = next(iter(issued.values()))
    ends = used.expires_at
    type(used).objects.filter(pk=used.pk).update(state="expired")
    go(clock, ends - 3 * DAY - HOUR)
    assert titles() == []
    go(clock, ends - 3 * DAY + timedelta(minutes=1))
    assert titles() == ["Your coupon ends soon"]


def test_lesson_reminder_and_who_was_absent(clock):  # noqa: F811
    on("lesson", trade=SCHOOL)
    source, starts = a_source(), NOW + 3 * DAY
    for number, child in (("b1", "小明"), ("b2", "小红")):
        booked(source, number, kind="class", starts=starts, for_key=child, for_name=child)
    booked(source, "b3", kind="appointment", starts=starts)
    go(clock, starts - 25 * HOUR)
    assert titles() == []
    go(clock, starts - 24 * HOUR)
    assert len(titles()) == 2
    booked(
        source,
        "b1",
        kind="class",
        starts=starts,
        at=starts + HOUR,
        status="no_show",
        for_key="小明",
        for_name="小明",
    )
    go(clock, starts + HOUR)
    assert titles()[2:] == ["We missed you"]
    assert len(tasks()) == 1
    assert "小明" in tasks()[0]


@pytest.mark.parametrize(
    ("answer", "task"), [(Answer.CANNOT, "cannot come"), (Answer.ANOTHER_TIME, "another time")]
)
def test_appointment_reminder_with_an_answer(clock, answer, task):  # noqa: F811
    on("appointment", trade=CLINIC)
    source, starts = a_source(), NOW + 3 * DAY
    for of, number in ((1, "b1"), (2, "b2"), (3, "b3")):
        booked(source, number, kind="appointment", starts=starts, of=of)
    go(clock, starts - 25 * HOUR)
    assert titles() == []
    go(clock, starts - 24 * HOUR)
    assert len(titles()) == 3
    assert "/b/" in Message.objects.first().content["page"]

    one, two, _three = Booking.objects.order_by("number")
    answers.state(one, answer, by="page", now=starts - 20 * HOUR)
    answers.state(two, Answer.COME, by="page", now=starts - 20 * HOUR)
    go(clock, starts - 20 * HOUR)
    assert len(tasks()) == 1
    assert task in tasks()[0]
    go(clock, starts - 4 * HOUR)
    go(clock, starts - 3 * HOUR)
    assert titles()[3:] == ["Today at 10:00"]


def test_an_appointment_that_moves_is_reminded_at_its_new_time_alone(clock):  # noqa: F811
    on("appointment", trade=CLINIC)
    source, starts = a_source(), NOW + 3 * DAY
    booked(source, "b1", kind="appointment", starts=starts)
    go(clock, starts - 24 * HOUR)
    moved = BookingState(
        number="b1",
        status="rescheduled",
        kind="appointment",
        occurred_at=starts - 20 * HOUR,
        starts_at=starts + 2 * DAY,
    )
    told = an_event(
        member(1),
        name="Booking Rescheduled",
        at=starts - 20 * HOUR,
        booking=moved,
        properties={"booking_number": "b1"},
    )
    happened(source, told, now=starts - 20 * HOUR)
    go(clock, starts - 20 * HOUR)
    go(clock, starts - 3 * HOUR)
    assert len(titles()) == 1
    go(clock, starts + DAY)
    assert len(titles()) == 2


@pytest.mark.parametrize("is_answered", [True, False])
def test_no_show_recovery(clock, is_answered):  # noqa: F811
    on("no_show", trade=CLINIC)
    source = a_source()
    booked(source, "b1", kind="appointment", starts=NOW - HOUR, status="no_show")
    go(clock, NOW + timedelta(minutes=1))
    assert titles() == []
    go(clock, NOW + HOUR + timedelta(minutes=2))
    assert titles() == ["Shall we find another time?"]
    if is_answered:
        at = NOW + 5 * HOUR
        answers.state(Booking.objects.get(), Answer.ANOTHER_TIME, by="page", now=at)
        go(clock, at)
        assert "asks for another time" in tasks()[0]
    else:
        go(clock, NOW + 2 * DAY + 2 * HOUR)
        assert "has not answered" in tasks()[0]


def test_whoever_falls_silent_begins_the_win_back():
    """Its trigger is the segment that it brought along."""
    journey = on("win_back")
    segment = Segment.objects.get()
    assert definition.read(journey.draft).segments() == {segment.pk}
    membership.refresh()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_show_it_and_switch_it_on_in_three_clicks(admin_client, language):
    a_namespace()
    head = {"headers": {"Accept-Language": language}}
    overview = admin_client.get("/admin/campaigns/journey/recipes/", **head).content.decode()
    assert overview.count("ht-recipes") == 1
    for key, recipe in RECIPES.items():
        with translation.override(language):
            assert escape(str(recipe.name)) in overview
        for trade in recipe.trades:
            page = admin_client.get(
                f"/admin/campaigns/journey/recipes/{key}/?trade={trade}", **head
            )
            assert page.status_code == 200, key

    page = "/admin/campaigns/journey/recipes/cart/"
    form = {
        "trade": SHOP,
        "channel": "in_app",
        "coupon": "new",
        "amount_off": "5",
        "threshold": "30",
        "valid_days": "3",
        "holdout_percent": "10",
    }
    assert admin_client.post(page, form).status_code == 200  # how many coupons there are is asked
    assert not Journey.objects.exists()
    answer = admin_client.post(page, form | {"stock": "100"})
    assert answer.status_code == 302
    journey = Journey.objects.get()
    assert (journey.status, journey.recipe) == ("live", "cart")
    assert CouponBatch.objects.get().amount_off_fen == 500
    admin_client.post(page, form | {"stock": "100"})
    assert Journey.objects.count() == 1
    for wrong in (
        {"channel": "pigeon"},
        {"stock": "-1"},
        {"coupon": "x"},
        {"holdout_percent": "99"},
    ):
        assert admin_client.post(page, form | {"stock": "1"} | wrong).status_code == 200
    assert admin_client.get("/admin/campaigns/journey/recipes/nothing/").status_code == 404


def test_it_can_be_changed_first(admin_client):
    a_namespace()
    form = {"trade": CLINIC, "channel": "in_app", "draft": "1"}
    answer = admin_client.post("/admin/campaigns/journey/recipes/appointment/", form)
    journey = Journey.objects.get()
    assert (journey.status, answer["Location"]) == (
        "draft",
        f"/admin/campaigns/journey/{journey.pk}/editor/",
    )
    assert admin_client.get(answer["Location"]).status_code == 200
