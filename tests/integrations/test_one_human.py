"""One human, three formats, one shop: one customer once a server says so, and nobody's prey."""

from datetime import UTC, datetime

import pytest

from customers.models import Customer, Identity
from events.models import Event, Order
from tests.factories import a_source
from tests.integrations.foreign import a_segment, a_sensors, call, collect

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
MS = int(NOW.timestamp() * 1000)
PHONE = "13800138000"


@pytest.fixture
def shop(sender):
    """The three mini-programs, and the back end that alone is trusted."""
    return {
        "server": sender(a_source()),
        "native": sender(a_source(trust="client")),
        "segment": a_segment()[1],
        "sensors": a_sensors(app_id="wx1")[1],
    }


def seen_natively(shop, **identities):
    item = {
        "id": f"n{Event.objects.count()}",
        "name": "Product Viewed",
        "occurred_at": NOW.isoformat(),
        "identities": identities,
    }
    assert shop["native"].post("events", item).status_code == 202


def seen_by_segment(shop, **ids):
    assert call(shop["segment"], "track", event="Product Viewed", **ids).status_code == 200


def seen_by_sensors(shop, **ids):
    item = {
        "type": "track",
        "event": "ViewProduct",
        "time": MS,
        "_track_id": Event.objects.count(),
        "properties": {},
        **ids,
    }
    assert collect(shop["sensors"], item).status_code == 200


def confirmed(shop, **identities):
    """The back end names them together."""
    assert (
        shop["server"].post("customers", {"identities": identities, "registered": True}).status_code
        == 202
    )


def owners() -> set[int]:
    return set(
        Event.objects.exclude(name__name__in=["Customer Registered"]).values_list(
            "customer_id", flat=True
        )
    )


def the_member() -> Customer:
    return Identity.objects.get(kind="member_id", value="10086").customer


def test_three_devices_are_one_customer_once_the_server_has_named_each(shop):
    seen_natively(shop, anonymous_id="device-n")
    seen_by_segment(shop, anonymousId="device-g")
    seen_by_sensors(shop, distinct_id="device-s")
    assert len(owners()) == 3

    for device in ("device-n", "device-g", "device-s"):
        confirmed(shop, member_id="10086", anonymous_id=device, phone=PHONE, phone_verified=True)

    assert owners() == {the_member().pk}


def test_claims_of_three_clients_wait_together_and_follow_the_server(shop):
    seen_natively(shop, member_id="10086")
    seen_by_segment(shop, userId="10086")
    seen_by_sensors(shop, distinct_id="10086", login_id="10086")
    assert len(owners()) == 1
    assert Customer.objects.get(pk=owners().pop()).is_provisional

    confirmed(shop, member_id="10086", phone=PHONE, phone_verified=True)

    assert owners() == {the_member().pk}


def test_the_same_device_through_three_formats_is_one(shop):
    seen_natively(shop, anonymous_id="device")
    seen_by_segment(shop, anonymousId="device")
    seen_by_sensors(shop, distinct_id="device")

    assert len(owners()) == 1


def test_a_foreign_user_id_phone_or_openid_steals_nobody(shop):
    confirmed(
        shop,
        member_id="10086",
        phone=PHONE,
        phone_verified=True,
        openid="o" + "1" * 27,
        app_id="wx1",
        anonymous_id="her-phone",
    )
    her = the_member().pk

    call(
        shop["segment"],
        "identify",
        userId="10086",
        anonymousId="thief-1",
        traits={"phone": PHONE, "name": "Thief"},
    )
    call(shop["segment"], "alias", userId="10086", previousId="thief-1")
    call(shop["segment"], "alias", userId="thief-1", previousId="her-phone", anonymousId="thief-1")
    seen_by_sensors(
        shop, type="track_signup", distinct_id="10086", login_id="10086", original_id="thief-2"
    )
    seen_by_sensors(
        shop,
        type="track_id_bind",
        distinct_id="thief-3",
        identities={"$identity_mobile": PHONE, "$identity_anonymous_id": "thief-3"},
    )
    seen_by_sensors(shop, distinct_id="o" + "1" * 27)
    collect(
        shop["sensors"],
        {
            "type": "profile_set",
            "distinct_id": "o" + "1" * 27,
            "time": MS,
            "properties": {"name": "Thief"},
        },
        {"type": "profile_delete", "distinct_id": "10086", "login_id": "10086", "time": MS},
    )
    seen_natively(shop, phone=PHONE, anonymous_id="thief-4")
    seen_by_segment(shop, userId="10086")

    assert set(Identity.objects.filter(customer=her).values_list("kind", "value")) >= {
        ("member_id", "10086"),
        ("anonymous_id", "her-phone"),
    }
    assert not Identity.objects.filter(customer=her, value__startswith="thief").exists()
    assert her not in owners()
    assert the_member().name != "Thief"


def test_a_forged_order_is_no_revenue(shop):
    forged = {"order_id": "1001", "total": 9999, "products": [{"product_id": "p1", "price": 9999}]}
    call(shop["segment"], "track", event="Order Completed", userId="10086", properties=forged)
    seen_by_sensors(
        shop,
        event="Order Completed",
        distinct_id="10086",
        login_id="10086",
        properties={"order_id": "1001", "total": 9999},
    )
    seen_natively(shop, anonymous_id="a")

    assert not Order.objects.exists()
    assert Event.objects.filter(name__name="Order Completed (client)").count() == 2
    assert not Event.objects.filter(name__name="Order Completed").exists()
