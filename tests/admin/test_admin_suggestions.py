"""What the pickers of the segment builder offer."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from customers import suggestions
from customers.models import CustomerAttribute
from customers.privacy.sealing import digest
from events.models import EventName, Measurement, Product, SeenEvent, SeenProperty
from tests.factories import NOW, a_customer, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(client):
    user = User.objects.create_user("marketer", is_staff=True)
    user.user_permissions.add(
        *Permission.objects.filter(
            codename__in=[
                "view_segment",
                "view_customer",
                "view_measurement",
                "view_booking",
            ]
        )
    )
    client.force_login(user)
    client.cookies["django_language"] = "en"

    def ask(key: str, term: str = "", **about) -> list[dict]:
        return client.get(
            reverse("admin:customers_suggest", args=[key]), {"q": term, **about}
        ).json()["found"]

    return ask


def values(found: list[dict]) -> list[str]:
    return [one["value"] for one in found]


def attribute(value, key="level", **more):
    CustomerAttribute.objects.create(
        customer=a_customer(), key=key, value=value, occurred_at=NOW, **more
    )


def test_attributes_are_offered_with_their_type_and_values(asked):
    for level in ("gold", "silver", "gold"):
        attribute(level)
    attribute(120, key="points")
    attribute(None, key="forgotten")

    found = asked("attribute")

    assert values(found) == ["level", "points"]
    assert found[0] == {"value": "level", "label": "member level", "detail": "text: gold, silver"}
    assert values(asked("attribute", "POI")) == ["points"]


def test_values_of_an_attribute_come_with_the_commonest_first(asked):
    for level in ("silver", "gold", "gold"):
        attribute(level)
    attribute(["tea", "coffee"], key="likes")

    assert asked("attribute_value", attribute="level") == [
        {"value": "gold", "label": "", "detail": "2"},
        {"value": "silver", "label": "", "detail": "1"},
    ]
    assert values(asked("attribute_value", "te", attribute="likes")) == ["tea"]
    assert asked("attribute_value") == []


def test_of_very_many_values_the_ones_that_begin_so_are_found(asked, monkeypatch):
    monkeypatch.setattr("customers.attributes.suggestions.LOOKED_AT", 5)
    for n in range(20):
        attribute(f"v{n:02}", key="code")

    assert values(asked("attribute_value", "v17", attribute="code")) == ["v17"]


def test_nothing_personal_is_offered(asked):
    phone = "+8613800138000"
    attribute(None, key="phone", sealed=phone, digest=digest("attribute:phone", phone))
    attribute("13900139000", key="second_number")
    attribute("someone@example.com", key="contact")
    form = {"contact": "someone@example.com", "email": "x", "topic": "tea"}
    happened(a_source(), an_event(member(1), name="Form Submitted", properties=form))

    assert asked("attribute") == [
        {"value": "contact", "label": "", "detail": "text"},
        {"value": "second_number", "label": "", "detail": "text"},
        {"value": "phone", "label": "", "detail": "encrypted: compared as a whole only"},
    ]
    for key in ("phone", "second_number", "contact"):
        assert asked("attribute_value", attribute=key) == []
    assert asked("event_value", event="Form Submitted", property="contact") == []
    assert asked("event_value", event="Form Submitted", property="email") == []
    assert values(asked("event_value", event="Form Submitted", property="topic")) == ["tea"]


def test_events_their_properties_and_values_the_most_frequent_first(asked):
    source = a_source()
    viewed = [
        an_event(member(1), properties={"category": category, "new": True})
        for category in ("tea", "shoes", "shoes")
    ]
    happened(source, *viewed, an_event(member(1), name="Signed In"))
    for name, volume in (("Product Viewed", 3), ("Signed In", 1)):
        seen = SeenEvent.objects.create(
            source=source,
            name=EventName.objects.get(name=name),
            first_seen_at=NOW,
            last_seen_at=NOW,
            volume=volume,
        )
        for key, kind in (("category", "string"), ("new", "boolean")):
            SeenProperty.objects.create(
                event=seen,
                key=key,
                types=[kind],
                first_seen_at=NOW,
                last_seen_at=NOW,
                volume=volume,
            )

    assert asked("event")[0] == {
        "value": "Product Viewed",
        "label": "looked at a product",
        "detail": "3×",
    }
    assert values(asked("event", "sign")) == ["Signed In"]
    assert "Product Viewed" in values(asked("event", "looked at"))
    assert asked("event_property", event="Product Viewed") == [
        {"value": "category", "label": "", "detail": "text"},
        {"value": "new", "label": "", "detail": "yes or no"},
    ]
    assert asked("event_value", event="Product Viewed", property="category")[:2] == [
        {"value": "shoes", "label": "", "detail": "2×"},
        {"value": "tea", "label": "", "detail": "1×"},
    ]
    assert values(asked("event_value", event="Product Viewed", property="new")) == ["true"]
    assert asked("event_value", event="No Such", property="category") == []


def test_the_catalogue_is_found_by_name_and_id(asked):
    namespace = a_source().namespace
    for product_id, name, category, kind in (
        ("p1", "Green tea", "tea", "product"),
        ("c1", "Tea course", "school", "course"),
    ):
        Product.objects.create(
            namespace=namespace,
            product_id=product_id,
            name=name,
            category=category,
            kind=kind,
            updated_at=NOW,
        )

    assert asked("product", "green") == [{"value": "p1", "label": "Green tea", "detail": "tea"}]
    assert values(asked("bookable")) == ["c1"]
    assert values(asked("goods", what="category")) == ["school", "tea"]
    assert values(asked("goods", what="product_id")) == ["p1", "c1"]
    assert values(asked("event_value", "green", event="Product Viewed", property="product_id")) == [
        "p1"
    ]


def test_kinds_of_measurements(asked):
    customer, source = a_customer(), a_source()
    rest = {
        "customer": customer,
        "origin_customer": customer,
        "namespace": source.namespace,
        "source": source,
        "occurred_at": NOW,
    }
    for n, kind in enumerate(["weight", "weight", "pressure"]):
        Measurement.objects.create(number=str(n), kind=kind, value=1, **rest)

    assert values(asked("measurement_kind")) == ["pressure", "weight"]


@pytest.mark.parametrize("key", list(suggestions.suggesters.by_key))
def test_every_suggester_answers_whatever_is_asked(asked, key):
    for term in ("", "%", "'", "\0x", "x" * 5000):
        assert isinstance(
            asked(key, term, event="\0", attribute="'", property="a.b.", what="?"), list
        )


def test_who_may_not_see_segments_is_offered_nothing(client):
    client.force_login(User.objects.create_user("guest", is_staff=True))

    assert client.get(reverse("admin:customers_suggest", args=["attribute"])).status_code == 403
    assert client.get(reverse("admin:customers_suggest", args=["nonsense"])).status_code == 400


def test_what_takes_too_long_offers_nothing(asked, monkeypatch):
    monkeypatch.setattr(suggestions, "SECONDS", 0.001)
    monkeypatch.setattr("events.suggestions.KINDS", "SELECT pg_sleep(5)::text")

    assert asked("measurement_kind") == []
