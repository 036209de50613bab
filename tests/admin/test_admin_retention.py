"""The page of terms and the list of personal data: who may what, what is refused in the reader's
words, what is agreed to."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse

from crm_project import roles
from crm_project.queue.due import database_now
from crm_project.runtime import mail
from customers.data_rights.retention import chosen_terms, running
from customers.data_rights.retention.base import kinds
from customers.models import AuditEntry, CustomerAttribute, FollowUp, Retention, Workspace
from tests.factories import a_customer, a_source

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


@pytest.fixture
def staff(client):
    def log_in(*permissions, role=None, language="en"):
        roles.make()
        user = User.objects.create_user(f"user {User.objects.count()}", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        user.groups.set(Group.objects.filter(name=role))
        client.force_login(user)
        client.cookies["django_language"] = language
        return client

    return log_in


def texts(answer) -> str:
    return " ".join(answer.content.decode().split())


def counted():
    Retention.objects.all().delete()
    chosen_terms.make(database_now())
    customer = a_customer()
    done = NOW - timedelta(days=1000)
    FollowUp.objects.create(
        customer=customer, origin_customer=customer, title="call", at=done, done_at=done
    )
    while running.work():
        pass


def fields(answer) -> dict:
    return {
        field.name: "" if field.initial is None else field.initial
        for field in answer.context["form"]
    }


@pytest.mark.parametrize("page", ["retention", "personal_data"])
def test_only_who_may_look_at_it_sees_it(staff, page):
    assert staff().get(reverse(page)).status_code == 403
    for role in roles.NAMES:
        expected = 200 if role in ("Approver 审批", roles.ADMINISTRATOR) else 403
        assert staff(role=role).get(reverse(page)).status_code == expected, role


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("page", ["retention", "personal_data"])
def test_every_kind_is_told_in_both_languages(staff, page, language):
    answer = staff("view_retention", language=language).get(reverse(page))
    told = texts(answer)
    for kind in kinds:
        if kind.is_personal and not (page == "retention" and kind.follows):
            assert str(kind.what)[:20] in told or language == "zh-hans", kind.key
    assert "网络安全法 21" in told
    assert "电子商务法 31" in told
    if language == "zh-hans":
        assert "months" not in told


def test_terms_are_saved_and_what_the_law_forbids_is_said(staff):
    client = staff("view_retention", "change_retention")
    page = client.get(reverse("retention"))
    values = fields(page)

    refused = client.post(reverse("retention"), values | {"messages": 12, "admin_log": "x"})
    assert refused.status_code == 400
    assert "At least 36: proof is kept for three years at least" in texts(refused)
    assert "Enter a whole number." in texts(refused)
    assert not Retention.objects.filter(is_chosen=True).exists()

    assert (
        client.post(
            reverse("retention"), values | {"tasks": 12, "notes": "24", "orders": ""}
        ).status_code
        == 302
    )
    assert dict(Retention.objects.filter(is_chosen=True).values_list("kind", "number")) == {
        "tasks": 12,
        "notes": 24,
    }
    assert AuditEntry.objects.filter(act="retention.change").count() == 2


@pytest.mark.parametrize("value", ["-1", "1.5", "99999999999999999999", "1e5", "\x00", "１２ ab"])
def test_nonsense_is_an_error_of_its_field(staff, value):
    client = staff("view_retention", "change_retention")
    answer = client.post(
        reverse("retention"), fields(client.get(reverse("retention"))) | {"tasks": value}
    )
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {"tasks"}


def test_who_may_only_look_saves_and_agrees_to_nothing(staff):
    counted()
    client = staff("view_retention")
    page = texts(client.get(reverse("retention")))
    assert "It takes the permission to agree that data is deleted." in page
    assert '<input type="number"' not in page
    assert client.post(reverse("retention"), {"tasks": 1}).status_code == 403
    assert client.post(reverse("retention"), {"agree": 1, "kind": "tasks"}).status_code == 403
    assert not Retention.objects.exclude(agreed_at=None).exists()


def test_what_would_go_is_shown_and_goes_once_a_named_person_agreed(staff):
    counted()
    client = staff("view_retention", "agree_retention")
    page = client.get(reverse("retention"))
    assert "Agree: delete 1 row now" in texts(page)
    assert [(one["kind"].key, one["found"]) for one in page.context["waiting"] if one["found"]] == [
        ("tasks", 1)
    ]

    named = [one["kind"].key for one in page.context["waiting"]]
    assert client.post(reverse("retention"), {"agree": 1, "kind": named}).status_code == 302
    assert FollowUp.objects.count() == 1
    while running.work():
        pass

    assert FollowUp.objects.count() == 0
    assert AuditEntry.objects.get(act="retention.agree").by.username.startswith("user ")
    assert not client.get(reverse("retention")).context["waiting"]


def test_the_list_names_attributes_sources_and_who_gets_it(staff, settings):
    settings.MAIL = mail.server("smtp://smtp.carrier.example")
    settings.MAIL_FROM = "shop@example.com"
    Workspace.get()
    source = a_source()
    CustomerAttribute.objects.create(
        customer=a_customer(), key="level", value="gold", occurred_at=NOW
    )
    CustomerAttribute.objects.create(
        customer=a_customer(),
        key="id_card",
        sealed="440300199909099999",
        digest="d",
        occurred_at=NOW,
    )
    page = staff("view_retention").get(reverse("personal_data"))
    told = texts(page)
    assert "smtp.carrier.example" in told
    assert source.name in told
    assert (page.context["clear"], page.context["sealed"]) == (["level"], ["id_card"])
    assert "440300199909099999" not in told
    by_key = {one["kind"].key: one for one in page.context["lines"]}
    assert by_key["identities"]["is_sealed"]
    assert not by_key["notes"]["is_sealed"]
    assert by_key["notes"]["receivers"] == []
    assert by_key["messages"]["term"] == "60 months"
    assert "ledger" not in by_key
