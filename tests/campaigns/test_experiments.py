import pytest
from django.db import transaction
from pyroaring import BitMap

from campaigns import experiments
from campaigns.models import Assignment
from customers.buckets import bucket
from customers.identity import merging
from customers.models import Customer
from tests.campaigns.at_once import at_once
from tests.factories import NOW, a_customer, a_workspace


def pairs(*customers):
    return [(c.pk, c.pk) for c in customers]


def test_a_bucket_is_the_same_for_ever():
    assert [experiments.bucket("salt", n) for n in (1, 2, 1_000_000)] == [4549, 9608, 1913]


def test_buckets_are_even():
    inside = sum(experiments.bucket("salt", n) < 500 for n in range(20_000))

    assert 850 < inside < 1150


@pytest.mark.django_db
def test_assignments_are_written_also_without_a_holdout():
    a_workspace()
    first, other = a_customer(), a_customer()

    assigned = experiments.assign("journey:1", pairs(first, other), now=NOW)

    assert {pk: (a.arm, a.at, a.subject) for pk, a in assigned.items()} == {
        c.pk: ("treated", NOW, "journey:1") for c in (first, other)
    }
    assert set(assigned.values()) == set(Assignment.objects.all())


@pytest.mark.django_db
def test_the_first_decision_stands():
    a_workspace()
    customer = a_customer()

    first = experiments.assign("journey:1", pairs(customer), now=NOW)
    a_workspace(holdout_percent=50)
    again = experiments.assign("journey:1", pairs(customer), now=NOW, holdout_percent=100)

    assert (again, again[customer.pk].arm) == (first, "treated")


@pytest.mark.django_db
def test_the_share_held_out_is_what_was_asked():
    a_workspace()
    customer = a_customer()

    assert (
        experiments.assign("journey:1", pairs(customer), now=NOW, holdout_percent=100)[
            customer.pk
        ].arm
        == "held_out"
    )


@pytest.mark.django_db
def test_the_global_holdout_is_held_out_of_everything():
    workspace = a_workspace(holdout_percent=50)
    customers = [a_customer() for _n in range(20)]
    held = {
        c.pk
        for c in customers
        if experiments.is_held_out(c.pk, salt=workspace.holdout_salt, percent=50)
    }

    for subject in ("journey:1", "journey:2"):
        arms = {
            pk: a.arm for pk, a in experiments.assign(subject, pairs(*customers), now=NOW).items()
        }
        assert {pk for pk, arm in arms.items() if arm == "held_out_all"} == held


@pytest.mark.django_db
def test_after_a_merge_held_out_wins():
    a_workspace()
    survivor, loser = a_customer(), a_customer()
    experiments.assign("journey:1", pairs(survivor), now=NOW)
    experiments.assign("journey:1", pairs(loser), now=NOW, holdout_percent=100)

    Assignment.objects.filter(customer=loser).update(customer=survivor)

    assert experiments.assign("journey:1", pairs(survivor), now=NOW)[survivor.pk].arm == "held_out"


@pytest.mark.django_db
def test_held_out_of_everything_and_held_out_here_are_arms_apart():
    workspace = a_workspace(holdout_percent=50)
    customers = [a_customer() for _n in range(40)]
    everywhere = {
        c.pk
        for c in customers
        if experiments.is_held_out(c.pk, salt=workspace.holdout_salt, percent=50)
    }

    assigned = experiments.assign("journey:1", pairs(*customers), now=NOW, holdout_percent=100)

    assert {pk for pk, a in assigned.items() if a.arm == "held_out_all"} == everywhere
    assert {a.arm for pk, a in assigned.items() if pk not in everywhere} == {"held_out"}


@pytest.mark.django_db
def test_an_audience_assigned_in_sql_has_the_same_arms():
    a_workspace(holdout_percent=30)
    customers = [a_customer() for _n in range(60)]
    for n in range(20):  # every third took in somebody: held out as whomever they were
        Customer.objects.filter(pk=a_customer().pk).update(merged_into=customers[3 * n])
    people = BitMap(c.pk for c in customers)
    expected = {
        pk: a.arm
        for pk, a in experiments.assign(
            "campaign:1", pairs(*customers), now=NOW, holdout_percent=30
        ).items()
    }
    Assignment.objects.all().delete()

    for _twice in range(2):
        assert (
            experiments.assign_people(
                "campaign:1", people, now=NOW, is_marketing=True, holdout_percent=30
            )
            == 60
        )
    assert dict(Assignment.objects.values_list("customer", "arm")) == expected
    assert set(expected.values()) == {"held_out_all", "held_out", "treated"}


@pytest.mark.django_db
def test_held_out_of_everything_stays_so_through_a_merge_and_its_undoing():
    workspace = a_workspace(holdout_percent=50)
    customers = [a_customer() for _n in range(40)]
    held = [
        c
        for c in customers
        if experiments.is_held_out(c.pk, salt=workspace.holdout_salt, percent=50)
    ]
    treated = [c for c in customers if c not in held]
    with transaction.atomic():
        merge = merging.merge(treated[0].pk, held[0].pk, by="x", identity="", now=NOW)

    assert experiments.held_out_of_all({treated[0].pk, treated[1].pk}, workspace) == {treated[0].pk}
    merging.undo(merge, by="x", now=NOW)
    assert experiments.held_out_of_all({treated[0].pk, treated[1].pk}, workspace) == set()


@pytest.mark.django_db
def test_variants_drawn_in_sql_are_those_drawn_in_python():
    workspace, shares = a_workspace(), {"a": 20, "b": 30, "c": 50}
    people = BitMap(a_customer().pk for _n in range(60))

    experiments.assign_people("campaign:1:2", people, now=NOW, is_marketing=True, shares=shares)

    salt = f"{workspace.holdout_salt}:campaign:1:2:arms"
    assert dict(Assignment.objects.values_list("customer", "arm")) == {
        pk: experiments.arm_of(bucket(salt, pk), shares) for pk in people
    }


@pytest.mark.django_db
def test_nobody_is_held_out_of_service():
    a_workspace(holdout_percent=50)

    people = BitMap(a_customer().pk for _n in range(20))
    experiments.assign_people("campaign:1", people, now=NOW, is_marketing=False)

    assert set(Assignment.objects.values_list("arm", flat=True)) == {"treated"}


@pytest.mark.django_db(transaction=True)
def test_eight_workers_assign_a_customer_once():
    a_workspace(holdout_percent=50)
    customers = [a_customer() for _n in range(50)]

    results = at_once(
        8, lambda n: experiments.assign("journey:1", pairs(*customers[n:], *customers[:n]), now=NOW)
    )

    assert {frozenset((pk, a.pk, a.arm) for pk, a in assigned.items()) for assigned in results} == {
        frozenset(Assignment.objects.values_list("customer", "pk", "arm"))
    }
