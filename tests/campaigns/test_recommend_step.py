"""The step that recommends: what it finds is told by messages further on, and only by those that
are marketing."""

import pytest
from django.utils import translation

from campaigns.admin.content import field_help
from campaigns.admin.journey_forms import given_at
from campaigns.journeys import definition, telling
from campaigns.models import Message, RunStep
from customers.models import Consent, Customer
from events.models import Product
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
    settle,
)
from tests.campaigns.test_leaving import a_journey
from tests.campaigns.test_purpose import says, texts
from tests.campaigns.test_wait_for_event import seconds, step
from tests.events.test_recommend import a_product, bought, counted
from tests.factories import (
    NOW,
    a_customer,
    a_namespace,
    a_source,
    a_template,
    an_event,
    happened,
    member,
)

pytestmark = pytest.mark.django_db
TELLS = says("{{ recommended.name }} {{ recommended.price_yuan }}", purpose="marketing")


def recommends(tells=TELLS, none=None, **fields):
    return a_journey(
        {"s1": step("recommend", fields, next="s2", none=none), "s2": tells}
        | ({"s3": says("nothing")} if none else {})
    )


@pytest.fixture
def source():
    return a_source(namespace=a_namespace())


def a_bestseller(source, name, **more):
    product = a_product(source.namespace, name, price_fen=1990, **more)
    for _n in range(2):
        bought(a_customer(), source, product, at=NOW)
    return product


def walked(clock, source):  # noqa: F811
    counted()
    happened(source, an_event(member(1)))
    clock(seconds(2))
    settle()


def ways():
    return list(RunStep.objects.filter(step="s1").values_list("way", flat=True))


def test_messages_further_on_tell_what_was_found(clock, source):  # noqa: F811
    recommends()
    a_bestseller(source, "Tea")
    walked(clock, source)

    assert ways() == ["next"]
    assert texts() == [("sent", "Tea 19.90")]


def test_of_one_kind_only(clock, source):  # noqa: F811
    recommends(kind="course")
    a_bestseller(source, "Tea")
    a_bestseller(source, "Piano", kind="course")
    walked(clock, source)

    assert texts() == [("sent", "Piano 19.90")]


@pytest.mark.parametrize("is_sold_out", [False, True])
def test_without_anything_on_sale_there_is_another_way(clock, source, is_sold_out):  # noqa: F811
    recommends(none="s3")
    if is_sold_out:
        a_bestseller(source, "Tea", stock=0)
    walked(clock, source)

    assert (ways(), texts()) == (["none"], [("sent", "nothing")])


def test_what_is_sold_out_by_the_time_it_leaves_is_not_told(clock, source):  # noqa: F811
    recommends()
    a_bestseller(source, "Tea")
    walked(clock, source)
    Product.objects.update(stock=0)

    texts()
    assert list(Message.objects.values_list("state", "reason")) == [
        ("skipped", "no_field:recommended.name")
    ]


def test_who_refused_to_be_chosen_for_is_offered_what_everybody_is(clock, source):  # noqa: F811
    recommends()
    tea, cup = a_bestseller(source, "Tea"), a_bestseller(source, "Cup")
    bought(a_customer(), source, tea, at=NOW)
    happened(source, an_event(member(1), name="Hello"))
    somebody = Customer.objects.latest("pk")
    bought(somebody, source, cup, at=NOW)
    Consent.objects.create(
        customer=somebody,
        origin_customer=somebody,
        channel="",
        purpose="personalisation",
        is_granted=False,
        occurred_at=NOW,
    )
    walked(clock, source)

    assert texts() == [("sent", "Tea 19.90")]


def test_begun_without_a_shop_the_only_one_counts_and_of_two_the_chosen(clock):  # noqa: F811
    one, two = a_source(namespace=a_namespace("one")), a_source(namespace=a_namespace("two"))
    a_bestseller(one, "Tea")
    a_bestseller(two, "Piano")
    recommends(shop=two.namespace_id)
    walked(clock, one)

    assert texts() == [("sent", "Piano 19.90")]


@pytest.mark.parametrize("channel", ["in_app", "email"])
def test_a_service_message_does_not_recommend(channel):
    text = "{{ recommended.name }}"
    more = {} if channel == "in_app" else {"content": {"subject": text, "body": "x"}}
    with (
        translation.override("en"),
        pytest.raises(definition.InvalidJourney, match="recommendation is marketing"),
    ):
        recommends(says(text, purpose="service", channel=channel, **more))


@pytest.mark.parametrize(("purpose", "is_refused"), [("marketing", True), ("service", False)])
def test_a_service_message_falls_back_to_no_template_for_marketing(purpose, is_refused):
    content = {"subject": "Hello", "body": "Hello"}
    last = a_template(name="last", channel="email", content=content, purpose=purpose)
    tells = says("Hello", purpose="service", otherwise=last.pk)
    if is_refused:
        with (
            translation.override("en"),
            pytest.raises(definition.InvalidJourney, match="“last” is for marketing"),
        ):
            a_journey({"s1": tells})
    else:
        a_journey({"s1": tells})


def test_only_messages_after_it_can_speak_of_it():
    with pytest.raises(definition.InvalidJourney, match=r"recommended\.name"):
        a_journey({"s1": TELLS})
    with pytest.raises(definition.InvalidJourney, match=r"recommended\.name"):
        a_journey({"s1": step("recommend", {}, next=None, none="s2"), "s2": TELLS})


def test_pickers_offer_what_there_is_at_the_place():
    draft = recommends(none="s3").draft
    after, without = given_at(draft, "s2"), given_at(draft, "s3")
    codes = {code for code, _words in field_help(after)}

    assert "recommended" in after - without
    assert "{{ recommended.name }}" in codes
    assert "{{ booking.time }}" not in codes
    assert given_at({}, "s2") is None


@pytest.mark.parametrize(
    ("language", "kind", "said"),
    [("en", "course", "recommend a course"), ("zh-hans", "", "推荐一个商品或课程")],
)
def test_it_says_what_it_does(language, kind, said):
    journey = recommends(kind=kind)
    with translation.override(language):
        assert said in telling.sentence(journey.draft).lower()
