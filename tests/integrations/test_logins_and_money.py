"""Foreign clients: who a text means that does not say what it is, and money whose unit may be
another than was said."""

import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from customers.models import Identity, IdentityClaim, IdentityConflict
from events.models import Order, Product
from integrations.doors import refusals
from tests.integrations.foreign import a_segment, a_sensors, call, collect, events, names, refused

pytestmark = pytest.mark.django_db

MS = int(datetime.now(UTC).timestamp() * 1000)
count = iter(range(10**6))


def track(distinct_id: str, **more) -> dict:
    return {
        "type": "track",
        "event": "hello",
        "distinct_id": distinct_id,
        "time": MS,
        "_track_id": next(count),
        "properties": {},
        **more,
    }


def signup(login: str, visitor: str, **more) -> dict:
    return track(login, type="track_signup", event="$SignUp", original_id=visitor, **more)


def customers() -> set[int]:
    return {event.customer_id for event in events()}


# --- who is meant


@pytest.mark.parametrize(
    "requests",
    [[[0], [1], [2]], [[0, 1, 2]], [[2], [0], [1]], [[2, 0, 1]], [[1], [2], [0]], [[1, 2], [0]]],
)
def test_after_a_sign_up_the_log_in_alone_is_the_same_customer(requests):
    """Whether the SDK says `is_login_id` or not, as its servers do by default; in whatever order it
    comes."""
    _source, key = a_sensors("server")
    sent = [signup("10086", "visitor-1"), track("10086"), track("visitor-1")]

    for numbers in requests:
        collect(key, *(sent[n] for n in numbers))

    assert len(events()) == 3
    assert len({event.customer.merged_into_id or event.customer_id for event in events()}) == 1
    assert refused() == []


def test_a_profile_by_the_log_in_alone_too():
    _source, key = a_sensors("server")
    collect(key, signup("10086", "visitor-1"))
    collect(
        key,
        {
            "type": "profile_set",
            "distinct_id": "10086",
            "time": MS,
            "properties": {"level": "gold"},
        },
    )

    assert len(customers()) == 1
    assert set(Identity.objects.values_list("kind", "value")) == {
        ("member_id", "10086"),
        ("anonymous_id", "visitor-1"),
    }


def test_what_a_stranger_calls_a_visitor_joins_no_member():
    """A member's number is no secret: with the public key anybody can send it as a visitor's."""
    _source, public = a_sensors()
    _server, key = a_sensors("server")
    collect(public, track("10086"))

    collect(key, signup("10086", "visitor-1"))
    collect(key, track("10086"))

    stranger, *mine = [event.customer_id for event in events()]
    assert len(set(mine)) == 1
    assert stranger not in mine


def test_a_public_keys_log_in_stays_a_claim():
    _source, public = a_sensors()
    collect(public, signup("10086", "visitor-1"))
    collect(public, track("10086"))
    collect(public, track("10086", anonymous_id="visitor-1"))

    assert set(Identity.objects.values_list("kind", "value")) == {("anonymous_id", "visitor-1")}
    assert set(IdentityClaim.objects.values_list("kind", "value")) == {("member_id", "10086")}
    signed_up, alone, together = [event.customer_id for event in events()]
    assert signed_up == together != alone

    # … until a server names the visitor and the member together.
    _server, key = a_sensors("server")
    collect(key, signup("10086", "visitor-1"))
    assert len({event.customer.merged_into_id or event.customer_id for event in events()}) == 1


@pytest.mark.parametrize("trust", ["client", "server"])
def test_id_mapping_3_spells_identities_where_older_ids_stood(trust):
    """`loginWithKey` and `track_by_id` send `key+value`: never an id of its own, and a phone in it
    never stands in clear."""
    _source, key = a_sensors(trust)
    mobile = {"$identity_mobile": "13800138000"}
    shop = {"$identity_cookie_id": "c-1", "shop_id": "10086"}

    collect(
        key,
        track(
            "$identity_mobile+13800138000", identities=mobile, type="track_id_bind", event="$BindID"
        ),
    )
    collect(
        key, track("shop_id+10086", login_id="shop_id+10086", anonymous_id="c-1", identities=shop)
    )

    found = {
        *Identity.objects.values_list("kind", "value"),
        *IdentityClaim.objects.values_list("kind", "value"),
    }
    assert {(kind, value) for kind, value in found if kind != "phone"} == {
        ("member_id", "10086"),
        ("anonymous_id", "c-1"),
    }
    assert not any("13800138000" in value for _kind, value in found)
    assert refused() == []


@pytest.mark.parametrize(
    "identities",
    [None, 7, {"$identity_login_id": ["x"]}, {"$identity_login_id": "a\x00b"}, {"shop": 7}],
)
@pytest.mark.parametrize(
    "distinct_id", [7, None, ["x"], {"a": 1}, "x" * 300, "a\x00b", "+", "shop+7"]
)
def test_odd_ids_spoil_their_own_object_only(identities, distinct_id):
    _source, key = a_sensors("server")

    answer = collect(
        key,
        track(distinct_id, identities=identities, login_id=distinct_id),
        track("d"),
        signup("u", "d"),
    )

    assert (answer.status_code, json.loads(answer.content)["kept"] in {2, 3}) == (200, True)
    assert "Identity Linked" in names()


def test_an_alias_of_a_known_member_is_for_staff_and_no_visitor():
    """RudderStack's library names a user's id as the previous one."""
    _source, key = a_segment("server")
    call(key, "identify", userId="u0", anonymousId="a0")
    call(key, "alias", userId="u1", previousId="u0")
    call(key, "alias", userId="u0", previousId="u0")

    assert set(Identity.objects.values_list("kind", "value")) == {
        ("member_id", "u0"),
        ("member_id", "u1"),
        ("anonymous_id", "a0"),
    }
    assert IdentityConflict.objects.count() == 1


# --- money


@pytest.mark.parametrize(
    ("unit", "price", "amount", "is_warned"),
    [
        ("fen", 0.4, 0, True),
        ("fen", 0.5, 1, True),
        ("fen", "19.90", 20, True),
        ("fen", 1990, 1990, False),
        ("fen", 1990.0, 1990, False),
        ("yuan", 19.9, 1990, False),
        ("yuan", 0.1 + 0.2, 30, False),
        ("yuan", 19.905, 1991, True),
        ("yuan", "0.004", 0, True),
    ],
)
def test_a_fraction_of_a_fen_is_rounded_half_up_and_never_silently(unit, price, amount, is_warned):
    source, key = a_sensors(money_unit=unit)

    answer = json.loads(collect(key, track("d", properties={"price": price})).content)

    assert [event.amount_fen for event in events()] == [amount]
    warned = [("fraction_of_fen", "$.properties.price")] if is_warned else []
    assert [(one["code"], one["path"]) for one in answer.get("warnings", [])] == warned
    assert [
        (one["code"], one["path"]) for one in refusals.last(source) if one["is_warning"]
    ] == warned


def test_fen_that_are_none_are_told_too():
    source, key = a_sensors()

    collect(key, track("d", properties={"price_fen": 19.9, "total": 5}))

    assert [event.amount_fen for event in events()] == [5]
    assert [one["code"] for one in refusals.last(source)] == ["fen_not_whole"]


def test_an_order_in_fractions_of_fen_waits_in_the_quarantine():
    """Its unit is wrong, and so is its amount, a hundredfold: it can be tried again when the unit
    was changed."""
    _source, key = a_segment("server")
    source, fen = a_segment("server")
    type(source).objects.filter(pk=source.pk).update(money_unit="fen")

    order = {"order_id": "O-1", "total": 19.9, "products": [{"product_id": "P1", "price": 19.905}]}
    call(fen, "track", event="Order Completed", userId="1", properties=order)
    call(
        fen,
        "track",
        event="Order Refunded",
        userId="1",
        properties={"order_id": "O-1", "total": 0.4},
    )
    assert (refused(), events(), Order.objects.count()) == (["fraction_of_fen"] * 2, [], 0)

    told = json.loads(
        call(key, "track", event="Order Completed", userId="1", properties=order).content
    )
    assert Order.objects.get().paid_fen == 1990
    assert [one["path"] for one in told["warnings"]] == ["$.properties.products[0].price"]


def test_the_catalogue_too():
    _source, key = a_sensors("server")

    collect(
        key,
        {
            "type": "item_set",
            "item_type": "sku",
            "item_id": "S1",
            "time": MS,
            "properties": {"name": "茶", "price": 0.4},
        },
    )

    assert (refused(), Product.objects.exists()) == (["fraction_of_fen"], False)


def test_a_dry_run_says_it_before_anything_is_stored():
    _source, key = a_sensors()

    told = json.loads(
        collect(key, track("d", properties={"price": 0.4}), path="sa/debug", dry_run="true").content
    )

    assert [one["code"] for one in told["warnings"]] == ["fraction_of_fen"]


# --- what is said to whom has no key


def test_who_names_no_key_is_told_where_it_belongs():
    segment = json.loads(Client().post("/v1/t", "{}", content_type="text/plain").content)
    sensors = json.loads(Client().get("/sa.gif?data=e30=").content)

    assert "X-Write-Key" in segment["detail"]
    assert "token" in sensors["detail"]
