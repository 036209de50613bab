"""Role × page × object, from the map of addresses: what opens, what is refused, and that no masked
value is in any answer."""

import contextlib

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import IntegrityError, connection, transaction
from django.urls import NoReverseMatch, get_resolver, reverse

from crm_project import roles
from customers.models import AuditEntry, Customer, CustomerAttribute, Identity, Tag
from customers.privacy.sealing import digest
from tests.admin.rows import ROWS
from tests.factories import NOW

pytestmark = pytest.mark.django_db
PHONE, EMAIL, NAME, ID_CARD = (
    "+8613987654321",
    "canary@seven.example",
    "金丝雀",
    "440300199909099999",
)
HIDDEN = (PHONE, PHONE[3:], EMAIL, ID_CARD, digest("phone", PHONE))
QUICK = {
    "Staff 客服",
    "Analyst 分析",
}  # who sees people, and who does not; the others by `make proof PART=admin`
EACH_ROLE = pytest.mark.parametrize(
    "role",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.proof) for name in roles.NAMES],
)
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
SEES_PEOPLE = {name for name, role in roles.ROLES.items() if "customers.customer" in role} | {
    roles.ADMINISTRATOR
}
PAGES = {
    f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}": model._meta
    for model in REGISTERED
    for page in ("changelist", "change")
}
OPEN = {200, 302}
# Everybody on the staff has these lists, of what they began themselves.
OF_ONES_OWN = {"admin:crm_project_job_changelist", "admin:crm_project_job_change"}
# What everybody on the staff may open: their own account, the way in and out, and pages that show
# each as much as they may see.
FOR_ALL = {
    "index",
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "jsi18n",
    "view_on_site",
    "search",
    "autocomplete",
}
FOR_ALL |= {"second_step", "second_step_set_up", "guide"}


def a_user(role):
    roles.make()
    user = User.objects.create_user(f"user of {role}", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def a_canary() -> Customer:
    """A customer with everything that is masked."""
    customer = ROWS[Customer]()
    Customer.objects.filter(pk=customer.pk).update(name=NAME)
    whose = {
        "customer": customer,
        "origin_customer": customer,
        "first_seen_at": NOW,
        "is_strong": True,
    }
    for kind, value in (("phone", PHONE), ("email", EMAIL)):
        Identity.objects.create(**whose, kind=kind, value=digest(kind, value), sealed=value)
    for key, value in (("mobile", PHONE), ("email", EMAIL), ("id_card", ID_CARD)):
        CustomerAttribute.objects.create(customer=customer, key=key, sealed=value, occurred_at=NOW)
    return Customer.objects.get(pk=customer.pk)


def rows_of_everybody(customer) -> dict:
    """A row of each model; those that belong to a customer belong to this one."""
    made = {}
    for model in REGISTERED:
        row = customer if model is Customer else ROWS[model]()
        names = {field.name for field in model._meta.fields}
        if "customer" in names and model is not Customer:
            changed = {name: customer for name in ("customer", "origin_customer") if name in names}
            with (
                contextlib.suppress(IntegrityError),
                transaction.atomic(),
            ):  # one that is unique per customer stays with its own
                model._base_manager.filter(pk=row.pk).update(**changed)
        made[model] = row
    return made


def admin_pages():
    """(name, parameters) of every address of the admin and of our pages in its shell."""
    found = {}
    for prefix, resolver in (
        ("admin:", get_resolver().namespace_dict["admin"][1]),
        ("", get_resolver()),
    ):
        for name, patterns in resolver.reverse_dict.lists():
            if isinstance(name, str):
                found[prefix + name] = patterns[0][0][0][1]
    return found


def arguments(name: str, parameters: list[str], rows: dict, customer) -> dict | None:
    """Values for the parameters of the address; None where there is nothing to show."""
    model = next(
        (
            m
            for m in REGISTERED
            if name.startswith(f"admin:{m._meta.app_label}_{m._meta.model_name}_")
        ),
        None,
    )
    values = {
        "object_id": model and rows[model].pk,
        "pk": model and rows[model].pk,
        "name": "x",
        "key": "tags",
        "guide": "staff",
        "public_id": customer.public_id,
    }
    values |= {
        "content_type_id": 1,
        "app_label": "customers",
        "id": model and rows[model].pk,
        "url": "x",
        "code": "x",
    }
    chosen = {p: values.get(p) for p in parameters}
    return chosen if all(value is not None for value in chosen.values()) else None


def state() -> dict[str, int]:
    """How many rows each table holds, and the tags: what a refused post must not change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE relkind IN ('r', 'p') AND NOT"
            " relispartition AND relnamespace = current_schema()::regnamespace AND c.relname NOT"
            " LIKE '%session%'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{t}', count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {t} t"
                for t in tables
            )
        )
        return {name: (rows, content) for name, rows, content in cursor.fetchall()}


@pytest.fixture
def people():
    customer = a_canary()
    return customer, rows_of_everybody(customer)


@EACH_ROLE
def test_what_opens_follows_from_the_role_and_shows_nothing_masked(client, role, people):
    customer, rows = people
    user = a_user(role)
    client.force_login(user)
    opened, leaks, wrong = 0, [], []
    for name, parameters in sorted(admin_pages().items()):
        values = arguments(name, parameters, rows, customer)
        if (
            values is None
            or name in ("admin:logout", "admin:jsi18n")
            or not (name.startswith("admin:") or "customer" in name)
        ):
            continue
        try:
            address = reverse(name, kwargs=values)
        except NoReverseMatch:
            continue
        answer = client.get(
            address,
            (
                {"q": NAME, "s": NAME, "term": NAME, "extended": "1"}
                if "search" in name or "list" in name
                else {}
            ),
        )
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = content.decode("utf-8", "replace")
        opened += answer.status_code == 200
        leaks += [(name, hidden) for hidden in HIDDEN if hidden in text]
        if role not in SEES_PEOPLE and NAME in text and f'value="{NAME}"' not in text:
            leaks.append((name, NAME))
        model = PAGES.get(name)
        if model and name not in OF_ONES_OWN:
            may = [
                user.has_perm(f"{model.app_label}.{action}_{model.model_name}")
                for action in ("view", "change")
            ]
            wrong += (
                [] if any(may) == (answer.status_code in OPEN) else [(name, answer.status_code)]
            )
        if answer.status_code >= 500:
            wrong.append((name, answer.status_code))

    assert opened > 3
    assert leaks == []
    assert wrong == [], wrong


@EACH_ROLE
def test_a_refused_post_changes_nothing(client, role, people):
    customer, rows = people
    user = a_user(role)
    client.force_login(user)
    tag = Tag.objects.order_by("pk").first()
    data = {
        "tag": tag.pk,
        "act": "on",
        "customers": customer.pk,
        "reason": "a good reason",
        "sure": "on",
        "post": "yes",
        "name": "changed",
    }
    before, refused = state(), 0
    for name, parameters in sorted(admin_pages().items()):
        values = arguments(name, parameters, rows, customer)
        action = name.rpartition("_")[2]
        if (
            values is None
            or not name.startswith("admin:")
            or name.removeprefix("admin:") in FOR_ALL
        ):
            continue
        model = next(
            (
                m
                for m in REGISTERED
                if name.startswith(f"admin:{m._meta.app_label}_{m._meta.model_name}_")
            ),
            None,
        )
        if model is None or action not in (
            "add",
            "change",
            "delete",
            "export",
            "erase",
            "tag",
            "many",
        ):
            continue
        may = {
            "export": "customers.export_customer",
            "erase": "customers.erase_customer",
            "tag": "customers.add_customertag",
            "many": "customers.tag_many",
        }.get(action, f"{model._meta.app_label}.{action}_{model._meta.model_name}")
        if user.has_perm(may):
            continue
        answer = client.post(reverse(name, kwargs=values), data)
        assert answer.status_code in (403, 404, 302), (name, answer.status_code)
        refused += 1

    assert role == roles.ADMINISTRATOR or refused > 10
    assert state() == before


@EACH_ROLE
def test_search_and_autocomplete_show_only_what_may_be_seen(client, role):
    customer = a_canary()
    user = a_user(role)
    client.force_login(user)
    asked = [
        client.get(reverse("admin:search"), {"s": term, "extended": "1"})
        for term in (NAME, PHONE[3:], EMAIL, customer.public_id)
    ]
    query = {"app_label": "customers", "model_name": "tag", "field_name": "segment", "term": NAME}
    asked += [
        client.get(reverse("admin:autocomplete"), query),
        client.get(reverse("admin:customers_customer_changelist"), {"q": PHONE}),
    ]

    for answer in asked:
        text = answer.content.decode()
        assert not [
            hidden
            for hidden in (PHONE, EMAIL, ID_CARD)
            if hidden in text.replace(f'value="{hidden}"', "")
        ]
        assert role in SEES_PEOPLE or NAME not in text.replace(f'value="{NAME}"', "")


def test_the_roles_are_made_once_and_every_permission_of_theirs_exists():
    roles.make()
    known = set(Permission.objects.values_list("content_type__app_label", "codename"))
    before = {
        group.name: set(group.permissions.values_list("pk", flat=True))
        for group in Group.objects.all()
    }

    roles.make()

    assert set(before) == set(roles.NAMES)
    assert {
        group.name: set(group.permissions.values_list("pk", flat=True))
        for group in Group.objects.all()
    } == before
    assert [
        key for role in roles.ROLES.values() for key in roles.wanted(role) if key not in known
    ] == []


def test_only_staff_and_administrators_may_reveal_and_only_administrators_export_and_erase():
    may = {name: a_user(name).get_all_permissions() for name in roles.NAMES}

    assert {name for name, all_of in may.items() if "customers.reveal_identity" in all_of} == {
        "Staff 客服",
        roles.ADMINISTRATOR,
    }
    for permission in ("customers.export_customer", "customers.erase_customer", "auth.change_user"):
        assert {name for name, all_of in may.items() if permission in all_of} == {
            roles.ADMINISTRATOR
        }


def test_a_role_of_the_product_cannot_be_changed_by_hand(client):
    roles.make()
    client.force_login(User.objects.create_superuser("boss"))
    group = Group.objects.get(name="Analyst 分析")
    before = set(group.permissions.all())

    client.post(
        reverse("admin:auth_group_change", args=[group.pk]), {"name": "mine", "permissions": []}
    )
    client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})

    assert set(Group.objects.get(name="Analyst 分析").permissions.all()) == before
    assert not AuditEntry.objects.filter(act="group.rights").exists()
