"""A phone is shown to one who may see it, for a reason, and not too often; each time is written
down."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from django.utils import timezone

from crm_project import roles
from crm_project.queue.due import database_now
from customers.data_rights.revealing import MOST_PER_HOUR, CannotReveal, reveal
from customers.models import AuditEntry, CustomerAttribute, FollowUp, Identity, RevealLimit
from customers.privacy.sealing import digest, scrubbed
from events.models import Booking
from tests.factories import NOW, a_customer, a_source

pytestmark = pytest.mark.django_db
PHONE = "+8613812345678"


@pytest.fixture
def staff():
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="reveal_identity"))
    return user


@pytest.fixture
def phone():
    customer = a_customer()
    return Identity.objects.create(
        customer=customer,
        origin_customer=customer,
        kind="phone",
        value=digest("phone", PHONE),
        sealed=PHONE,
        is_strong=True,
        first_seen_at=NOW,
    )


def test_it_is_shown_and_written_down_masked(staff, phone):
    assert reveal(phone, staff, "calls back about 13912345678", database_now()) == [
        (phone.get_kind_display(), PHONE)
    ]

    entry = AuditEntry.objects.get()
    assert (entry.by, entry.act, entry.subject) == (
        staff,
        "reveal",
        f"customer:{phone.customer_id}",
    )
    assert entry.details == {
        "what": "identity phone",
        "shown": "138****5678",
        "reason": "calls back about 13•••78",
    }


def test_a_customer_is_shown_with_all_their_phones_and_an_attribute_by_its_key(staff, phone):
    attribute = CustomerAttribute.objects.create(
        customer=phone.customer, key="id_card", sealed="440300199001010011", occurred_at=NOW
    )

    assert [
        value for _label, value in reveal(phone.customer, staff, "a refund", database_now())
    ] == [PHONE]
    assert reveal(attribute, staff, "a refund", database_now()) == [
        ("id_card", "440300199001010011")
    ]
    assert "4403" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("reason", ["", "  ", "abc", "\n\t   x"])
def test_without_a_reason_nothing_is_shown(staff, phone, reason):
    with pytest.raises(CannotReveal):
        reveal(phone, staff, reason, database_now())

    assert not AuditEntry.objects.exists()


def test_without_the_permission_nothing_is_shown(phone):
    with pytest.raises(CannotReveal):
        reveal(
            phone, User.objects.create_user("guest", is_staff=True), "curious me", database_now()
        )


def test_no_more_than_thirty_an_hour_for_each_person(staff, phone):
    for _n in range(MOST_PER_HOUR):
        reveal(phone, staff, "a refund", database_now())

    with pytest.raises(CannotReveal):
        reveal(phone, staff, "a refund", database_now())
    assert AuditEntry.objects.count() == MOST_PER_HOUR
    assert reveal(phone, staff, "a refund", database_now() + timedelta(hours=1, seconds=1))
    assert reveal(phone, User.objects.create_superuser("boss"), "a refund", database_now())


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("call +86 138 1234 5678 at noon", "call +86•••78 at noon"),
        ("write to li.lei@example.com", "write to •••@example.com"),
        ("order 12", "order 12"),
        ("", ""),
    ],
)
def test_free_text_is_scrubbed_of_numbers_and_addresses(said, kept):
    assert scrubbed(said) == kept


def test_the_limit_is_that_of_the_role_and_the_highest_of_several(staff, phone):
    groups = [Group.objects.create(name=f"role {n}") for n in range(3)]
    for group, most in zip(groups, (1, 2), strict=False):
        RevealLimit.objects.create(group=group, per_hour=most)
    staff.groups.set(groups)

    for _n in range(2):
        reveal(phone, staff, "calls back", database_now())
    with pytest.raises(CannotReveal, match="2"):
        reveal(phone, staff, "calls back", database_now())


def test_the_phone_of_a_booking_or_a_task_of_today_counts_apart(staff, phone):
    now, source = database_now(), a_source()
    whose = {"customer": phone.customer, "origin_customer": phone.customer}
    today = {
        "namespace": source.namespace,
        "source": source,
        "status": "booked",
        "kind": "appointment",
        "occurred_at": now,
        "starts_at": now,
    }
    booking = Booking.objects.create(**whose, **today, number="b1")
    email = Identity.objects.create(
        **whose,
        kind="email",
        value=digest("email", "a@b.cn"),
        sealed="a@b.cn",
        is_strong=True,
        first_seen_at=NOW,
    )

    for _n in range(45):  # a nurse's morning
        reveal(phone, staff, "reminds of today", now)
    for _n in range(MOST_PER_HOUR):
        reveal(email, staff, "something else", now)
    reveal(phone, staff, "reminds of today", now)
    with pytest.raises(CannotReveal):
        reveal(email, staff, "something else", now)
    assert AuditEntry.objects.filter(act="reveal.due").count() == 46

    booking.delete()
    with pytest.raises(CannotReveal):
        reveal(phone, staff, "something else", now)
    FollowUp.objects.create(
        **whose, title="call", due_on=timezone.localdate(now, ZoneInfo("Asia/Shanghai")), at=now
    )
    reveal(phone, staff, "reminds of today", now)


def test_the_limits_are_set_per_role_under_the_settings_of_the_workspace(client):
    roles.make()
    client.force_login(User.objects.create_superuser("boss"))
    staff = Group.objects.get(name="Staff 客服")
    page = client.get(reverse("admin:customers_workspace_reveal")).content.decode()
    assert f'name="per_hour_{staff.pk}"' in page

    client.post(reverse("admin:customers_workspace_reveal"), {f"per_hour_{staff.pk}": "80"})
    limit = RevealLimit.objects.get(group=staff)
    assert (limit.per_hour, limit.per_hour_due) == (80, None)
    client.post(reverse("admin:customers_workspace_reveal"), {f"per_hour_{staff.pk}": "-1"})
    assert RevealLimit.objects.get(group=staff).per_hour == 80
    assert AuditEntry.objects.get(act="reveal.limits").details["Staff 客服"] == [80, None]

    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert client.post(reverse("admin:customers_workspace_reveal"), {}).status_code == 403
