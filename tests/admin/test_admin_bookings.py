"""Bookings and measurements on the customer's page and in their lists: fetched after the page, and
shown to those who may see them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from events.insights.series import series
from events.models import Booking, Measurement
from tests.admin.rows import a_known_customer, owned
from tests.factories import a_namespace, a_source, count

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    """May look at customers, and at what else the test says."""

    def logged_in(*permissions):
        user = User.objects.create_user("nurse", is_staff=True)
        user.user_permissions.set(
            Permission.objects.filter(codename__in=["view_customer", *permissions])
        )
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return client

    return logged_in


def booked(customer, name, days, status="booked"):
    at = timezone.now() + timedelta(days=days)
    shop = {"namespace": a_namespace(), "source": a_source()}
    return Booking.objects.create(
        **owned(customer),
        **shop,
        number=f"b{next(count)}",
        kind="class",
        name=name,
        status=status,
        starts_at=at,
        occurred_at=at,
    )


def measured(customer, value, days_ago, kind="weight", unit="kg", text=""):
    at = timezone.now() - timedelta(days=days_ago)
    shop = {"namespace": a_namespace(), "source": a_source()}
    return Measurement.objects.create(
        **owned(customer),
        **shop,
        number=f"m{next(count)}",
        kind=kind,
        value=value,
        unit=unit,
        text=text,
        occurred_at=at,
    )


def panel(client, customer, key):
    return client.get(reverse("customer_panel", args=[customer.public_id, key]))


def test_the_page_names_the_panels_and_fetches_them_afterwards(staff):
    customer = a_known_customer()
    booked(customer, "Piano", 1)
    client = staff("view_booking", "view_measurement")

    text = client.get(customer.get_absolute_url()).content.decode()

    for key in ("bookings", "measurements"):
        assert f'hx-get="{customer.get_absolute_url()}panel/{key}/"' in text
    assert "Piano" not in text.partition('class="ht-panels"')[2]


def test_what_is_to_come_stands_before_what_was(staff):
    customer = a_known_customer()
    for name, days, status in [
        ("Late", 9, "confirmed"),
        ("Soon", 1, "booked"),
        ("Off", 2, "cancelled"),
        ("Gone", -3, "no_show"),
    ]:
        booked(customer, name, days, status)
    booked(a_known_customer(), "Other", 1)

    text = panel(staff("view_booking"), customer, "bookings").content.decode()

    words = ["Upcoming", "Soon", "Late", "Earlier", "Off", "cancelled", "Gone", "no-show"]
    assert [text.index(word) for word in words] == sorted(text.index(word) for word in words)
    assert "Other" not in text


def test_measurements_are_lines_over_time(staff):
    customer = a_known_customer()
    for value, days_ago in [(70, 30), (72, 20), (71.5, 0)]:
        measured(customer, value, days_ago)
    measured(customer, None, 1, kind="grade", unit="", text="甲")

    text = panel(staff("view_measurement"), customer, "measurements").content.decode()

    assert "71.5 kg" in text
    assert "-0.5" in text
    assert '<polyline points="3.0,25.0 41.0,3.0 117.0,8.5">' in text
    assert "甲" in text
    assert text.count("<svg") == 1


def test_two_units_are_two_lines_and_one_value_is_a_point():
    customer = a_known_customer()
    rows = [
        measured(customer, 70, 3),
        measured(customer, 71, 2),
        measured(customer, 140, 1, unit="斤"),
    ]

    kilograms, pounds = series(rows)

    assert (kilograms.unit, kilograms.change, kilograms.latest.value) == ("kg", "+1", 71)
    assert (pounds.change, pounds.points) == ("", [(60.0, 14.0)])


@pytest.mark.parametrize("key", ["bookings", "measurements"])
def test_who_lacks_the_permission_sees_neither_panel_nor_list(staff, key):
    customer = a_known_customer()
    client = staff("view_order")

    assert f"panel-{key}" not in client.get(customer.get_absolute_url()).content.decode()
    assert panel(client, customer, key).status_code == 404
    assert client.get(reverse(f"admin:events_{key[:-1]}_changelist")).status_code == 403


def test_a_panel_of_nothing_or_of_nobody_is_not_found(staff):
    customer = a_known_customer()
    client = staff("view_booking")

    assert panel(client, customer, "secrets").status_code == 404
    assert client.get(reverse("customer_panel", args=[uuid4(), "bookings"])).status_code == 404


def test_a_panel_is_for_those_who_may_look_at_customers(client):
    user = User.objects.create_user("stranger", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_booking"))
    client.force_login(user)

    assert panel(client, a_known_customer(), "bookings").status_code == 403
