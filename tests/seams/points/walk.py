"""Run by tests/seams/test_toy_subject.py in a process of its own, whose settings know the subject
(settings.py)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse

from crm_project.queue.due import database_now
from customers import uses
from customers.data_rights import erasing, exporting
from customers.data_rights.retention import chosen_terms, running
from customers.identity import merging
from customers.models import ChangedCustomer, Membership, Retention, Segment
from customers.segments import membership
from tests.factories import a_customer, a_segment
from tests.seams.points.models import Offer, Points, Reason

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tables(db):
    """A subject of ours has migrations; the toy's tables are made for each test."""
    with connection.schema_editor() as editor:
        for model in (Points, Reason, Offer):
            editor.create_model(model)


def given(customer, number, *, ago=timedelta()):
    row = Points.objects.create(
        customer=customer, origin_customer=customer, number=number, at=database_now() - ago
    )
    Reason.objects.create(points=row, text="a birthday")
    ChangedCustomer.objects.create(customer_id=customer.pk, what="points")
    return row


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


def test_its_panel_and_its_lines_stand_on_the_customers_page(boss):
    customer = a_customer()
    given(customer, 77)

    page = boss.get(customer.get_absolute_url()).content.decode()
    story = boss.get(reverse("customer_story", args=[customer.public_id])).content.decode()

    assert "77 toy points" in page
    assert "77 points were given" in page + story


def test_its_condition_decides_who_is_in_a_segment():
    rich, poor = a_customer(), a_customer()
    rule = {"op": "all", "of": [{"condition": "toy_points", "number": 100}]}
    segment = Segment.objects.create(name="rich", definition=rule)
    given(rich, 60)
    given(poor, 60)
    membership.refresh_all()
    assert not Membership.objects.filter(segment=segment).exists()

    given(rich, 60)
    membership.refresh_all()

    assert [one.customer_id for one in Membership.objects.filter(segment=segment)] == [rich.pk]


def test_its_rows_follow_a_merge():
    one, other = a_customer(), a_customer()
    given(other, 5)

    merging.merge(one.pk, other.pk, by="test", identity="", now=database_now())

    assert [row.customer_id for row in Points.objects.all()] == [one.pk]


def test_its_rows_are_in_the_copy_of_all_that_is_held():
    customer = a_customer()
    given(customer, 5)

    found = exporting.collected(customer)

    assert [row["number"] for row in found["points.Points"]] == [5]
    assert [row["text"] for row in found["points.Reason"]] == ["a birthday"]


def test_its_rows_go_with_the_person():
    customer, other = a_customer(), a_customer()
    given(customer, 5)
    given(other, 6)

    erasing.erase(customer, by=None, reason="they asked for it", now=database_now())

    assert [row.number for row in Points.objects.all()] == [6]
    assert Reason.objects.count() == 1


def test_a_segment_that_it_uses_is_said_to_be_used():
    segment = a_segment()
    Offer.objects.create(segment=segment)

    assert [use.what for use in uses.of(Segment, [segment.pk])[segment.pk]] == [
        "an offer of double points"
    ]


def test_its_rows_go_when_their_time_is_over():
    customer = a_customer()
    given(customer, 5)
    given(customer, 6, ago=timedelta(days=500))
    chosen_terms.make(database_now())
    Retention.objects.exclude(kind="toy_points").update(due_at=None)

    Retention.objects.filter(kind="toy_points").update(due_at=database_now())
    while running.work():
        pass

    assert [row.number for row in Points.objects.all()] == [5]
    assert Reason.objects.count() == 1
