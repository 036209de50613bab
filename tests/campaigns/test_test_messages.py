"""A test goes to its author and to nobody else, marked, and counts in nothing but its cost."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from campaigns.delivery import sender, trying
from campaigns.models import Cap, Message, TestPerson
from campaigns.reports import figures, results
from customers.approval import deciding
from customers.approval.kinds import Refused
from customers.identity import merging
from customers.models import Approval, AuditEntry, Customer, Workspace
from events.models import FigureChange
from tests.campaigns.test_journeys import (
    clock,  # noqa: F401 -- fixtures
    nobody_held_out,  # noqa: F401 -- fixtures
)
from tests.factories import NOW, a_customer, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db

TEXTS = {"title": "Hello {{ customer.name }}", "body": "Come and see"}


@pytest.fixture
def author():
    return User.objects.create_superuser("author")


@pytest.fixture
def other():
    return User.objects.create_superuser("other")


@pytest.fixture
def oneself(clock):  # noqa: F811
    happened(a_source(), an_event(member(1)))
    Customer.objects.update(name="我自己")
    return Customer.objects.get()


@pytest.fixture
def confirmed(author, other, oneself):
    named(author, oneself)
    deciding.approve(Approval.objects.get(), by=other, now=NOW)
    return oneself


def named(author, customer):
    return trying.name_oneself(author, customer, NOW)


def send(author, texts=None, now=NOW):
    trying.send(texts or TEXTS, channel="in_app", purpose="marketing", by=author, now=now)


def left() -> list:
    sender.send_due("in_app")
    return list(Message.objects.order_by("pk").values_list("state", "reason"))


def test_it_is_marked_sent_and_written_down(author, confirmed):
    send(author, {"title": "你好 {{ x }}", "body": "b"})
    assert left() == [("sent", "")]
    message = Message.objects.get()
    assert (message.is_test, message.customer_id) == (True, confirmed.pk)
    assert message.content["title"].endswith("你好 {{ x }}")
    assert len(message.content["title"]) > len("你好 {{ x }}")
    assert AuditEntry.objects.filter(act="message.test", by=author).count() == 1


def test_nobody_is_written_to_before_somebody_else_has_confirmed(author, oneself):
    with pytest.raises(trying.CannotTest):
        send(author)
    named(author, oneself)
    with pytest.raises(trying.CannotTest):
        send(author)
    with pytest.raises(Refused):
        deciding.approve(Approval.objects.get(), by=author, now=NOW)
    assert not Message.objects.exists()


def test_who_is_rejected_is_nobody(author, other, oneself):
    named(author, oneself)
    deciding.reject(Approval.objects.get(), by=other, now=NOW)
    assert not TestPerson.objects.exists()


def test_another_address_has_to_be_confirmed_anew(author, confirmed):
    send(author)
    TestPerson.objects.update(digests={"in_app": ["another"]})
    assert left() == [("skipped", "test_address")]
    with pytest.raises(trying.CannotTest):
        send(author)


def test_whoever_is_merged_is_asked_again(author, confirmed):
    send(author)
    happened(a_source(), an_event(member(7)))
    older = Customer.objects.exclude(pk=confirmed.pk).get()
    merging.merge(older.pk, confirmed.pk, by="x", identity="", now=NOW)
    person = TestPerson.objects.get()
    assert person.customer_id in (older.pk, confirmed.pk)
    sender.send_due("in_app")
    assert Message.objects.get().state in ("sent", "skipped")
    if person.customer_id != confirmed.pk:
        assert Message.objects.get().reason == "test_address"


def test_it_takes_nobodys_place_and_counts_nowhere(author, confirmed):
    Workspace.objects.update(holdout_percent=90)
    Cap.objects.all().delete()
    Cap.objects.create(channel="", purpose="marketing", seconds=86400, limit=1)
    for _n in range(3):
        send(author)
    assert left() == [("sent", "")] * 3
    assert not FigureChange.objects.filter(name__startswith="message:").exists()
    span = NOW - timedelta(days=1), NOW + timedelta(days=1)
    assert sum(results.messages_by_state(*span).values()) == 0
    assert figures.Messages.rows.endswith("NOT is_test")

    Message.objects.create(
        customer_id=confirmed.pk,
        origin_customer_id=confirmed.pk,
        channel="in_app",
        purpose="marketing",
        effect_key="real",
        content={"title": "real", "body": "real"},
        due_at=NOW,
        created_at=NOW,
    )
    Workspace.objects.update(holdout_percent=0)
    assert left()[-1] == ("sent", "")
    assert FigureChange.objects.filter(name__startswith="message:").exists()


def test_so_many_an_hour(author, confirmed):
    for _n in range(trying.MOST):
        send(author)
    with pytest.raises(trying.CannotTest):
        send(author)
    send(author, now=NOW + timedelta(hours=2))


@pytest.fixture
def page(client, author):
    client.force_login(author)
    client.cookies["django_language"] = "en"
    return client


POSTED = {
    "channel": "in_app",
    "purpose": "marketing",
    "in_app-title": "Hi {{ customer.name }}",
    "in_app-body": "b",
}


def test_the_button_beside_the_preview(page, author, confirmed):
    address = reverse("admin:campaigns_template_test")
    assert "Send it to me as a test" in page.get(address).text
    assert "On its way" in page.post(address, POSTED).text
    assert "Hi 我自己" in Message.objects.get().content["title"]
    assert "not right yet" in page.post(address, POSTED | {"in_app-title": ""}).text
    assert "no such channel" in page.post(address, POSTED | {"channel": "smoke"}).text
    assert Message.objects.count() == 1


def test_a_customers_fields_are_filled_for_whoever_may_see_them(client, confirmed):
    seen = a_customer(name="王小明")
    writer = User.objects.create_user("writer", is_staff=True)
    writer.user_permissions.add(
        *Permission.objects.filter(codename__in=["add_message", "view_template"])
    )
    TestPerson.objects.update(user=writer)
    client.force_login(writer)
    address = reverse("admin:campaigns_template_test")
    client.post(address, POSTED | {"preview_as": str(seen.pk), "in_app-title": "Hi"})
    client.post(address, POSTED | {"preview_as": "王小明"})
    titles = list(Message.objects.values_list("content__title", flat=True))
    assert titles
    assert all("王小明" not in title for title in titles)


def test_who_one_is_is_said_on_a_page(page, author, oneself):
    address = reverse("admin:campaigns_test_person")
    assert "say which customer you are" in page.get(reverse("admin:campaigns_template_test")).text
    assert "Nobody is found" in page.post(address, {"term": "nobody@example.com"}).text
    assert page.post(address, {"term": str(oneself.public_id)}).status_code in (200, 302)
    assert page.get(address).status_code == 200


def test_without_the_right_to_write_there_is_no_button(client):
    client.force_login(User.objects.create_user("reads", is_staff=True))
    assert "button" not in client.get(reverse("admin:campaigns_template_test")).text
    assert client.post(reverse("admin:campaigns_template_test"), POSTED).status_code == 200
    assert not Message.objects.exists()
    assert client.get(reverse("admin:campaigns_test_person")).status_code == 403
