from datetime import timedelta

import pytest

from campaigns import coupons
from campaigns.coupons import Wanted, codes
from campaigns.models import Coupon, CouponBatch, CouponMove
from customers.models import Customer, Identity
from tests.campaigns.at_once import at_once
from tests.factories import (
    NOW,
    a_batch,
    a_customer,
    a_member,
    a_source,
    an_event,
    happened,
    member,
    visitor,
)


def wanted(customer, key=None):
    return Wanted(customer.pk, customer.pk, key or f"run:{customer.pk}:1")


def many_customers(number):
    people = Customer.objects.bulk_create(
        [Customer(name=f"c{n}", first_seen_at=NOW) for n in range(number)]
    )
    said = {"kind": "member_id", "scope": "shop", "is_strong": True, "first_seen_at": NOW}
    Identity.objects.bulk_create(
        [Identity(customer=c, origin_customer=c, value=f"m{c.pk}", **said) for c in people]
    )
    return people


def issue(batch, *these, now=NOW):
    return coupons.issue(batch, list(these), by="journey:1", now=now)


def totals(batch):
    return CouponBatch.objects.values_list("issued", "promised_fen", "spent_fen").get(pk=batch.pk)


@pytest.mark.django_db
def test_each_gets_a_coupon_that_says_where_it_came_from():
    batch, customer = a_batch(), a_member()

    coupon = issue(batch, wanted(customer))[f"run:{customer.pk}:1"]

    stored = Coupon.objects.get()
    assert stored == coupon
    assert codes.digest(stored.code.lower()) == stored.code_digest
    assert (stored.state, stored.issued_by, stored.promised_fen, stored.valid_from) == (
        "issued",
        "journey:1",
        1000,
        NOW,
    )
    assert stored.expires_at == NOW + timedelta(days=7)
    assert list(CouponMove.objects.values_list("coupon", "state", "by", "at")) == [
        (coupon.pk, "issued", "journey:1", NOW)
    ]
    assert totals(batch) == (1, 1000, 0)


@pytest.mark.django_db
def test_a_second_call_returns_the_first_coupons():
    batch, customers = a_batch(), many_customers(3)

    first = issue(batch, *map(wanted, customers))
    second = issue(batch, *map(wanted, customers))

    assert {k: c.pk for k, c in second.items()} == {k: c.pk for k, c in first.items()}
    assert (second.refusals, totals(batch)) == ({}, (3, 3000, 0))


@pytest.mark.django_db
def test_one_effect_key_named_twice_in_a_call_is_one_coupon():
    batch, customer = a_batch(per_customer=5), a_member()

    issue(batch, wanted(customer, "same"), wanted(customer, "same"))

    assert Coupon.objects.count() == 1


@pytest.mark.django_db
def test_a_customer_gets_no_more_than_the_limit():
    batch, customer = a_batch(per_customer=2), a_member()

    issued = issue(batch, *(wanted(customer, f"key {n}") for n in range(3)))

    assert sorted(issued) == ["key 0", "key 1"]
    assert issued.refusals == {"key 2": "per_customer"}


@pytest.mark.django_db
def test_a_revoked_coupon_does_not_count_against_the_customer():
    batch, customer = a_batch(), a_member()
    first = issue(batch, wanted(customer, "first"))["first"]

    coupons.revoke([first.pk], by="staff", now=NOW)

    assert list(issue(batch, wanted(customer, "second"))) == ["second"]


@pytest.mark.django_db
def test_the_stock_ends_with_a_reason():
    issued = issue(a_batch(stock=2), *map(wanted, many_customers(3)))

    assert len(issued) == 2
    assert list(issued.refusals.values()) == ["out_of_stock"]


@pytest.mark.django_db
def test_the_budget_ends_with_a_reason():
    batch = a_batch(budget_fen=2999)

    issued = issue(batch, *map(wanted, many_customers(3)))

    assert len(issued) == 2
    assert list(issued.refusals.values()) == ["over_budget"]
    assert totals(batch) == (2, 2000, 0)


@pytest.mark.django_db
def test_an_exchange_of_unknown_price_is_not_issued_on_a_budget():
    issued = issue(
        a_batch(kind="exchange", amount_off_fen=None, products=["p1"], budget_fen=10000),
        wanted(a_member(), "key"),
    )

    assert (dict(issued), issued.refusals) == ({}, {"key": "over_budget"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"is_active": False}, "batch_inactive"),
        ({"valid_until": NOW}, "not_valid"),
    ],
)
def test_a_closed_batch_issues_nothing(more, reason):
    issued = issue(a_batch(**more), wanted(a_member(), "key"))

    assert (dict(issued), issued.refusals) == ({}, {"key": reason})


@pytest.mark.django_db
def test_a_coupon_ends_with_its_batch_and_starts_with_it():
    starts, ends = NOW + timedelta(days=1), NOW + timedelta(days=3)

    coupon = issue(a_batch(valid_from=starts, valid_until=ends), wanted(a_member(), "key"))["key"]

    assert (coupon.valid_from, coupon.expires_at) == (starts, ends)


@pytest.mark.django_db(transaction=True)
def test_five_hundred_at_once_share_a_stock_of_one_hundred():
    batch, customers = a_batch(stock=100), many_customers(500)
    piles = [customers[n::10] for n in range(10)]

    results = at_once(10, lambda n: [issue(batch, wanted(c)) for c in piles[n]])

    given = [issued for pile in results for issued in pile]
    assert sum(map(len, given)) == 100
    assert [r for issued in given for r in issued.refusals.values()] == ["out_of_stock"] * 400
    assert (Coupon.objects.count(), totals(batch)) == (100, (100, 100_000, 0))


@pytest.mark.django_db(transaction=True)
def test_the_same_set_issued_eight_times_at_once_is_issued_once():
    batch, customers = a_batch(), many_customers(50)

    results = at_once(8, lambda n: issue(batch, *map(wanted, customers)))

    assert len({frozenset((k, c.pk) for k, c in issued.items()) for issued in results}) == 1
    assert (Coupon.objects.count(), totals(batch)) == (50, (50, 50_000, 0))


def by(source, *identities) -> Customer:
    return Customer.objects.get(pk=happened(source, an_event(*identities))[0].customer_id)


@pytest.mark.django_db
def test_only_whom_somebody_trusted_vouches_for_is_given_one():
    server, client = a_source(), a_source(trust="client")
    believed = a_source(trust="client", believe_identities=True)
    people = {
        "named by a server": by(server, member(1)),
        "made up by a visitor": by(client, visitor(2)),
        "claimed by a client": by(client, member(3)),
        "claimed by a client that is believed": by(believed, member(4)),
        "a visitor whom a server has named since": by(client, visitor(5)),
        "nobody": a_customer(),
    }
    by(server, visitor(5), member(5))
    batch = a_batch(stock=None)

    issued = issue(batch, *(wanted(customer, name) for name, customer in people.items()))

    assert set(issued) == {"named by a server", "a visitor whom a server has named since"}
    assert issued.refusals == dict.fromkeys(people.keys() - issued.keys(), "not_vouched")
    assert totals(batch) == (2, 2000, 0)


@pytest.mark.django_db
def test_two_hundred_made_up_visitors_draw_nothing_unless_the_batch_says_so():
    client = a_source(trust="client")
    visitors = [by(client, visitor(n)) for n in range(200)]

    assert len(issue(a_batch(), *map(wanted, visitors))) == 0
    assert len(issue(a_batch(is_for_anyone=True, stock=50), *map(wanted, visitors))) == 50


@pytest.mark.django_db
def test_a_batch_that_says_nothing_has_an_end():
    assert CouponBatch.objects.get(pk=a_batch().pk).stock == 1000
