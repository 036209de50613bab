"""Personal data comes in under the keys of real clients, by every door: nothing of it stands
anywhere in clear, and it can be asked for."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from crm_project.queue.due import database_now
from customers.attributes.values import value_of
from customers.models import Customer, CustomerAttribute, Identity
from customers.segments import rules
from events import schema
from events.models import Booking, Event, Measurement, OrderLine, Product, Refund, SeenProperty
from events.segment_conditions.filters import FiltersField
from integrations.doors import masking
from tests.factories import a_source
from tests.integrations.conftest import Sender
from tests.integrations.foreign import a_segment, a_sensors, call, collect
from tests.integrations.test_erasing import dump

pytestmark = pytest.mark.django_db

PHONE, OTHER, ID_CARD = "13987654321", "13987654322", "11010519491231002X"
SECRETS = {
    "phoneNumber": PHONE,
    "receiver_phone": OTHER,
    "idCard": ID_CARD,
    "医保卡号": "YB-CANARY-1",
    "病历号": "BL-CANARY-2",
    "学籍号": "XJ-CANARY-3",
    "receiverAddress": "金丝雀路七号",
    "备注": OTHER,
}
NESTED = {
    **SECRETS,
    "order": {"receiver": dict(SECRETS), "list": [dict(SECRETS), [PHONE]]},
    "products": [{"product_id": "p", **SECRETS}],
}


@pytest.fixture
def server():
    return Sender(a_source())


def who(**more):
    return {"occurred_at": database_now().isoformat(), "identities": {"member_id": "7"}, **more}


def in_clear() -> list[str]:
    text = dump()
    return [
        line[:200]
        for line in text.splitlines()
        if any(secret in line for secret in SECRETS.values())
    ]


def test_by_no_door_anything_stays_in_clear(server):
    at = database_now().isoformat()
    line = {"product_id": "p", "name": PHONE, "category": ID_CARD}
    _segment, key = a_segment(trust="server")
    _sensors, token = a_sensors(trust="server")
    said = [
        server.post(
            "events", {"id": "e1", "name": "Sent", **who(properties=NESTED, context=NESTED)}
        ),
        server.post("customers", who(attributes={**SECRETS, "list": [PHONE, "x"], "name": PHONE})),
        server.post("orders", who(number="O1", status="paid", total_fen=100, lines=[line])),
        server.post(
            "refunds",
            {
                "number": "R1",
                "order_number": "O1",
                "amount_fen": 1,
                "occurred_at": at,
                "reason": PHONE,
            },
        ),
        server.post(
            "bookings",
            who(
                number="B1",
                status="booked",
                starts_at=at,
                name=PHONE,
                place=ID_CARD,
                resource=OTHER,
            ),
        ),
        server.post("measurements", who(id="M1", kind="weight", value=71.5, text=PHONE)),
        server.post(
            "products", {"product_id": "p", "name": PHONE, "category": ID_CARD, "occurred_at": at}
        ),
        call(key, "identify", userId="7", traits=dict(SECRETS), context=NESTED),
        call(key, "track", userId="7", event="Seen", properties=NESTED),
        call(
            key,
            "track",
            userId="7",
            event="Order Completed",
            properties={
                "order_id": "O2",
                "total": 1,
                "products": [{"product_id": "p", "name": PHONE}],
            },
        ),
        collect(
            token,
            {
                "type": "track",
                "event": "Seen",
                "distinct_id": "d1",
                "time": 1,
                "properties": NESTED,
            },
            {"type": "profile_set", "distinct_id": "d1", "time": 2, "properties": SECRETS},
        ),
    ]

    assert [
        answer.content
        for answer in said
        if answer.status_code >= 300 or b'"code"' in answer.content
    ] == []
    assert in_clear() == []
    assert {
        OrderLine.objects.values_list("name", flat=True)[0],
        Refund.objects.get().reason,
        Measurement.objects.get().text,
    } == {"139****4321"}
    assert (Product.objects.get().name, Booking.objects.get().place) == ("139****4321", "110****2X")
    assert {row.kind for row in Identity.objects.all()} == {
        "member_id",
        "phone",
        "anonymous_id",
    }  # the receiver's phone is nobody's identity
    assert Identity.objects.filter(kind="phone").count() == 1
    assert Customer.objects.filter(name=PHONE).count() == 0


def test_ids_and_measures_stay_as_they_are(server):
    properties = {
        "order_no": PHONE,
        "trackingNumber": PHONE,
        "sku": PHONE,
        "amount": 13987654321,
        "phone_model": "iPhone 17",
        "city": "上海",
    }

    server.post("events", {"id": "e1", "name": "Seen", **who(properties=properties)})

    assert Event.objects.get().properties == properties
    assert Event.objects.get().personal is None


@pytest.mark.parametrize(
    ("key", "value", "asked"),
    [
        ("phoneNumber", PHONE, "+86 139-8765-4321"),
        ("phoneNumber", 13987654321, PHONE),
        ("备用", "139 8765 4321", PHONE),
        ("idCard", ID_CARD, " 11010519491231002x"),
        ("病历号", "bl-7", "BL 7"),
        ("userEmail", "Wang@例子.中国", "wang@xn--fsqu00a.xn--fiqs8s"),
        ("receiverAddress", "幸福路七号", "幸福路七号 "),
    ],
)
def test_what_is_sealed_can_be_compared_as_a_whole(server, key, value, asked):
    server.post("customers", who(attributes={key: value}))
    server.post(
        "events", {"id": "e1", "name": "Seen", **who(properties={"to": {key: value}, key: value})}
    )
    server.post(
        "events",
        {"id": "e2", "name": "Seen", **who(identities={"member_id": "8"}, properties={"to": {}})},
    )
    customer, other = Customer.objects.order_by("pk")

    def fits(definition):
        rules.check(definition)
        return set(rules.Evaluation(database_now()).of(definition))

    attribute = {"condition": "attribute", "attribute": key}
    assert fits({**attribute, "operator": "is", "value": asked}) == {customer.pk}
    assert fits({**attribute, "operator": "is_not", "value": asked}) == {other.pk}
    assert fits({**attribute, "operator": "one_of", "value": f"x\n{asked}"}) == {customer.pk}
    did = {"condition": "did_event", "event": "Seen", "comparison": ">=", "times": 1}
    for path in (key, f"to.{key}"):
        assert fits({**did, "where": [[path, "is", asked]]}) == {customer.pk}
        assert fits({**did, "where": [[path, "is_not", asked]]}) == {other.pk}
        assert fits({**did, "where": [[path, "exists"]]}) == {customer.pk}
        assert fits({**did, "where": [[path, "not_exists"]]}) == {other.pk}


def test_what_is_sealed_is_not_asked_for_in_parts():
    with pytest.raises(rules.InvalidRule):
        rules.check(
            {
                "condition": "attribute",
                "attribute": "receiverPhone",
                "operator": "starts_with",
                "value": "139",
            }
        )
    with pytest.raises(ValidationError):
        FiltersField().clean([["to.phoneNumber", "contains", "139"]])
    FiltersField().clean([["phone_model", "contains", "iPhone"]])


def test_staff_see_it_masked_and_pickers_name_it_without_values(server):
    server.post(
        "customers", who(attributes={"phoneNumber": PHONE, "备用": OTHER, "病历号": "BL0012345"})
    )
    server.post(
        "events",
        {
            "id": "e1",
            "name": "Seen",
            **who(properties={"phoneNumber": PHONE, "city": "上海"}, context={"idCard": ID_CARD}),
        },
    )
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(User.objects.create_superuser("boss"))

    page = browser.get(
        reverse("admin:events_event_change", args=[Event.objects.get(name__name="Seen").pk])
    ).content.decode()
    assert "139****4321" in page
    assert "110****2X" in page
    assert "$sealed" not in page
    assert PHONE not in page
    assert {row.key: value_of(row) for row in CustomerAttribute.objects.all()} == {
        "phoneNumber": "139****4321",
        "备用": "139****4322",
        "病历号": "B****45",
    }
    schema.count(0, 2**40)
    seen = SeenProperty.objects.filter(event__name__name="Seen").values_list("key", "types")
    assert dict(seen) == {"phoneNumber": ["sealed"], "city": ["string"]}


def test_the_quarantine_shows_none_of_it():
    text = masking.readable(None, json.dumps(NESTED).encode())

    assert [secret for secret in SECRETS.values() if secret in text] == []
