"""The merge review: conflicts side by side, a merge by hand with its preview, an undo that says
what stays; tasks."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Message
from customers.identity import merging
from customers.models import (
    AuditEntry,
    Consent,
    Customer,
    CustomerAttribute,
    FollowUp,
    Identity,
    IdentityConflict,
    Merge,
)
from customers.privacy.sealing import digest
from customers.profile import notes
from tests.admin.rows import ROWS
from tests.factories import NOW, a_customer, a_member, a_segment, a_source, an_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def text(response):
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def test_the_merge_review_finds_and_says_why(boss):
    a_member("10086", name="Anna")

    page = text(boss.get(reverse("merge_review"), {"q": "10086"}))

    assert "Anna" in page
    assert "member id 10086" in page


def test_the_merge_review_takes_few_queries(boss):
    for _n in range(3):
        ROWS[IdentityConflict]()
        ROWS[Merge]()
    boss.get(reverse("merge_review"))

    with CaptureQueriesContext(connection) as queries:
        boss.get(reverse("merge_review"))

    assert len(queries) == 10


def pair():
    """The elder agreed to SMS and is called Anna; the later one did not and is called Anne
    since."""
    elder, later = a_customer(name="Anna"), a_customer(name="Anne")
    for customer, agrees, name, at in (
        (elder, True, "Anna", NOW),
        (later, False, "Anne", NOW + timedelta(hours=1)),
    ):
        Consent.objects.create(
            customer=customer,
            origin_customer=customer,
            channel="sms",
            purpose="marketing",
            is_granted=agrees,
            occurred_at=at,
        )
        CustomerAttribute.objects.create(customer=customer, key="name", value=name, occurred_at=at)
        Identity.objects.create(
            customer=customer,
            origin_customer=customer,
            kind="member_id",
            scope="shop",
            value=name,
            is_strong=True,
            first_seen_at=NOW,
        )
    an_order(later, source=a_source(), number="A-100")
    return elder, later


def test_a_conflict_shows_what_a_merge_would_do_and_is_decided(boss):
    elder, later = pair()
    conflict = IdentityConflict.objects.create(first=elder, second=later, reason="phone", at=NOW)

    page = text(boss.get(conflict.get_absolute_url()))
    assert "Everything of Anne moves to Anna" in page
    assert "orders" in page
    assert "Both have a member id, and not the same" in page

    boss.post(conflict.get_absolute_url(), {"decision": "join"})
    assert Customer.objects.get(pk=later.pk).merged_into == elder
    conflict.refresh_from_db()
    assert conflict.settled_at
    assert "They are one customer." in text(boss.get(conflict.get_absolute_url()))


def test_a_conflict_is_left_by_whoever_may_decide(client, boss):
    conflict = ROWS[IdentityConflict]()
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(
        Permission.objects.filter(codename__in=["view_customer", "view_identityconflict"])
    )
    client.force_login(clerk)

    client.post(conflict.get_absolute_url(), {"decision": "leave"})
    conflict.refresh_from_db()
    assert conflict.settled_at is None

    client.force_login(User.objects.get(username="boss"))
    client.post(conflict.get_absolute_url(), {"decision": "leave"})
    conflict.refresh_from_db()
    assert conflict.settled_at


def test_two_are_merged_by_hand_and_apart_again(boss):
    elder, later = pair()
    notes.write(later, "likes tea", by=None, now=NOW)
    address = reverse("merge")

    page = text(boss.get(address, {"first": later.public_id, "q": "Ann"}))
    assert f"second={elder.public_id}" in page
    assert f"second={later.public_id}" not in page

    preview = text(boss.get(address, {"first": later.public_id, "second": elder.public_id}))
    assert "Everything of Anne moves to Anna" in preview

    response = boss.post(address, {"first": later.public_id, "second": elder.public_id})
    assert response.url == elder.get_absolute_url()
    merge = Merge.objects.get()
    assert AuditEntry.objects.filter(act="customer.merge", subject=f"customer:{elder.pk}").exists()

    Message.objects.create(
        customer=elder,
        origin_customer=elder,
        channel="in_app",
        purpose="service",
        state="sent",
        sent_at=merge.at,
        created_at=NOW,
    )
    page = text(boss.get(merge.get_absolute_url()))
    assert "Goes back to Anne" in page
    assert "orders" in page
    assert "1 message was sent meanwhile." in page

    boss.post(merge.get_absolute_url())
    boss.post(merge.get_absolute_url())  # a double click
    assert Customer.objects.get(pk=later.pk).merged_into is None
    assert [note.text for note in later_notes(later)] == ["likes tea"]
    assert AuditEntry.objects.filter(act="customer.unmerge").count() == 1


def later_notes(customer):
    return list(
        type(notes.write(customer, "x", by=None, now=NOW))
        .objects.filter(customer=customer)
        .exclude(text="x")
    )


def test_an_inner_merge_is_undone_after_the_outer_one(boss):
    inner, middle, outer = a_customer(), a_customer(), a_customer()
    merge = merging.merge(middle.pk, outer.pk, by="test", identity="", now=NOW)
    later = merging.merge(inner.pk, middle.pk, by="test", identity="", now=NOW)

    assert "undo that later merge first" in text(boss.post(merge.get_absolute_url(), follow=True))
    assert Merge.objects.filter(undone_at=None).count() == 2

    boss.post(later.get_absolute_url())
    boss.post(merge.get_absolute_url())
    assert not Customer.objects.exclude(merged_into=None).exists()


@pytest.mark.parametrize(
    "said", [{}, {"first": "x"}, {"first": "00000000-0000-0000-0000-000000000000"}]
)
def test_a_merge_of_nobody_leads_back_to_the_merge_review(boss, said):
    assert boss.get(reverse("merge"), said).url == reverse("merge_review")


def test_nobody_is_merged_with_themselves(boss):
    customer = a_customer()

    response = boss.post(
        reverse("merge"), {"first": customer.public_id, "second": customer.public_id}, follow=True
    )

    assert "These two are the same customer." in text(response)


@pytest.mark.parametrize("page", ["merge_review", "merge", "followups"])
def test_the_merge_review_asks_for_a_login_and_for_permissions(client, page):
    assert "/login/" in client.get(reverse(page)).url

    client.force_login(User.objects.create_user("guest", is_staff=True))
    assert client.get(reverse(page)).status_code == 403


def test_my_tasks_are_those_due_and_can_be_ticked(boss):
    customer, me = a_customer(name="Anna"), User.objects.get(username="boss")
    plan = {"by": me, "now": NOW}
    task = notes.plan(customer, "Call back", due_on=NOW.date(), assignee=me, **plan)
    notes.plan(customer, "Next year", due_on=NOW.date() + timedelta(days=3650), assignee=me, **plan)
    notes.plan(customer, "For anybody", due_on=None, assignee=None, **plan)

    due = text(boss.get(reverse("followups")))
    assert "Call back" in due
    assert "Next year" not in due
    assert "For anybody" not in due
    assert "Next year" in text(boss.get(reverse("followups"), {"when": "open"}))
    assert "For anybody" in text(boss.get(reverse("followups"), {"whose": "free", "when": "bad"}))

    tick = reverse("customer_action", args=[customer.public_id, "finish-task"])
    assert boss.post(tick, {"id": task.pk, "back": "tasks"}).url == reverse("followups")
    assert FollowUp.objects.get(pk=task.pk).done_at
    assert "Call back" in text(boss.get(reverse("followups"), {"when": "done"}))

    boss.post(tick, {"id": task.pk, "is_open": "on"})
    assert FollowUp.objects.get(pk=task.pk).done_at is None


def test_my_tasks_take_few_queries(boss):
    me = User.objects.get(username="boss")
    for _n in range(3):
        notes.plan(a_customer(), "Call", due_on=NOW.date(), assignee=me, by=me, now=NOW)
    boss.get(reverse("followups"))

    with CaptureQueriesContext(connection) as queries:
        boss.get(reverse("followups"))

    assert len(queries) == 6


def known_by(customer, phone):
    Identity.objects.create(
        customer=customer,
        origin_customer=customer,
        kind="phone",
        value=digest("phone", phone),
        sealed=phone,
        is_strong=True,
        first_seen_at=NOW,
    )


def test_merges_by_log_in_are_shown_apart_from_those_of_two_people(boss):
    assert "Nobody was merged yet." in text(boss.get(reverse("merge_review")))
    member, visitor = a_customer(name="Li Lei"), a_customer()
    merging.merge(member.pk, visitor.pk, by="test", identity="anonymous_id shop", now=NOW)

    page = text(boss.get(reverse("merge_review")))

    assert "Nobody was merged yet." not in page
    assert "Visitors who logged in" in page
    assert "Li Lei" in page.partition("Visitors who logged in")[2]


def test_namesakes_are_told_apart_wherever_somebody_is_chosen(boss):
    one, other, third = (a_customer(name="王芳") for _n in range(3))
    known_by(one, "+8613800138000")
    known_by(other, "+8613911112222")
    segment = a_segment(one, other, third)

    why = text(boss.get(reverse("admin:customers_segment_why", args=[segment.pk])))
    assert "138****8000" in why
    assert "139****2222" in why
    assert f"no. {third.pk}" in why
    assert "13800138000" not in why

    merging.merge(one.pk, other.pk, by="test", identity="", now=NOW)
    page = text(boss.get(reverse("merge_review")))
    kept, _arrow, taken = page.partition("←")
    assert "138****8000" in kept
    assert "139****2222" in taken


@pytest.mark.parametrize(
    ("former", "now"),
    [
        ("desk/?q=10086", "merge-review/?q=10086"),
        ("desk/merge/?other=1", "merge-review/merge/?other=1"),
        ("desk/merges/7/", "merge-review/merges/7/"),
        ("desk/conflicts/7/", "merge-review/conflicts/7/"),
    ],
)
def test_an_address_of_former_days_leads_to_where_the_page_is_now(client, former, now):
    assert client.get(f"/customers/{former}").url == f"/customers/{now}"
