"""Who looks after whom: one in force, the history kept, and each gets back their own."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from customers.data_rights import erasing, exporting
from customers.identity import merging
from customers.models import AuditEntry, Merge, Owner, Store
from customers.owners import assigning
from customers.profile import owners
from tests.campaigns.at_once import at_once
from tests.factories import NOW, a_customer, a_namespace, a_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def mei():
    return User.objects.create_user("mei", is_staff=True)


@pytest.fixture
def lin():
    return User.objects.create_user("lin", is_staff=True)


@pytest.fixture
def west():
    return Store.objects.create(namespace=a_namespace(), key="west", name="West Lake")


def assign(*customers, staff=None, store=None, seconds=0):
    now = NOW + timedelta(seconds=seconds)
    whom = [customer.pk for customer in customers]
    return assigning.assign(whom, staff=staff, store=store, by=None, now=now)


def owner_of(customer):
    found = owners.in_force(customer)
    return found and found.staff


def test_a_new_owner_ends_the_one_before_who_stays_in_the_history(mei, lin, west):
    who = a_customer()
    assert owner_of(who) is None
    assert assign(who, staff=mei, store=west) == 1
    assert assign(who, staff=mei, store=west, seconds=1) == 0  # as it was
    assert assign(who, staff=lin, seconds=2) == 1
    assert owner_of(who) == lin
    assert assign(who, seconds=3) == 1
    assert owner_of(who) is None
    assert list(Owner.objects.order_by("pk").values_list("staff__username", "is_current")) == [
        ("mei", False),
        ("lin", False),
        (None, True),
    ]


def test_of_two_who_are_merged_the_latest_owner_counts_and_undone_each_has_their_own(mei, lin):
    first, second = a_customer(), a_customer()
    assign(first, staff=mei)
    assign(second, staff=lin, seconds=5)
    merge = merging.merge(first.pk, second.pk, by="test", identity="", now=NOW)
    assert owner_of(first) == lin
    assert list(Owner.objects.in_force().values_list("staff__username", flat=True)) == ["lin"]
    assert assign(second, staff=lin, seconds=6) == 0  # meant is who they are now

    merging.undo(merge or Merge.objects.get(), by="test", now=NOW)
    assert (owner_of(first), owner_of(second)) == (mei, lin)


def test_assigned_after_a_merge_and_undone(mei, lin):
    first, second = a_customer(), a_customer()
    assign(second, staff=lin)
    merge = merging.merge(first.pk, second.pk, by="test", identity="", now=NOW)
    assert assign(first, staff=mei, seconds=9) == 1
    assert owner_of(first) == mei
    merging.undo(merge or Merge.objects.get(), by="test", now=NOW)
    assert (owner_of(first), owner_of(second)) == (mei, lin)


@pytest.mark.django_db(transaction=True)
def test_of_those_who_assign_at_once_one_is_in_force(mei, lin):
    customers = [a_customer() for _n in range(20)]
    people = [mei, lin]

    def assigned(number):
        order = customers if number % 2 else customers[::-1]
        return assign(*order, staff=people[number % 2], seconds=number)

    at_once(4, assigned)
    assert Owner.objects.filter(is_current=True).count() == 20


def test_it_is_in_the_copy_of_all_and_goes_with_the_person(mei):
    who = a_customer()
    assign(who, staff=mei)
    tables = dict(exporting.OfCustomers().parts([who.pk]))
    assert tables["customers.Owner"].count() == 1
    erasing.rows([who.pk], [], NOW)
    assert not Owner.objects.exists()


def test_from_a_page_and_in_the_audit_log(client, mei, west):
    a_workspace()
    who = a_customer()
    mei.user_permissions.add(
        *Permission.objects.filter(codename__in=["add_owner", "view_customer"])
    )
    client.force_login(mei)
    address = reverse("customer_action", args=[who.public_id, "assign"])
    client.post(address, {"staff": mei.pk, "store": west.pk}, follow=True)
    assert owner_of(who) == mei
    page = client.get(who.get_absolute_url()).content.decode()
    assert "West Lake" in page
    entry = AuditEntry.objects.get(act="owner.assign")
    assert (entry.by, entry.details) == (mei, {"owner": "mei", "store": "west"})
