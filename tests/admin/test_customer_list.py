"""The customers' list: columns that are chosen, and views that are kept."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm_project.queue.due import database_now
from customers.models import CustomerAttribute, Owner, SavedView, Store
from events.models import CustomerStage
from tests.factories import a_customer, a_namespace

pytestmark = pytest.mark.django_db
LIST = "/admin/customers/customer/"
VIEWS = LIST + "views/"


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def text_of(response) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def a_buyer(name: str, *, spent: int, days: int = 1, stage: str = "active", level: str = "gold"):
    customer, now = a_customer(name=name), database_now()
    moments = dict.fromkeys(("first_at", "last_at", "since"), now - timedelta(days=days))
    CustomerStage.objects.create(
        customer=customer,
        **moments,
        orders=2,
        net_fen=spent,
        stage=stage,
        came_from="prospect",
        recency=3,
        frequency=3,
        money=3,
        value_class="general_value",
    )
    CustomerAttribute.objects.create(customer=customer, key="level", value=level, occurred_at=now)
    return customer


def order_of(text: str, *names: str) -> list[str]:
    return sorted((name for name in names if name in text), key=text.index)


def test_it_shows_stage_level_last_purchase_and_spend_in_few_queries(boss):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            boss.get(LIST)
        return len(found)

    a_buyer("Ada", spent=12_300)
    text = text_of(boss.get(LIST))
    assert "¥123.00" in text
    assert "ht-stage-active" in text
    assert "gold" in text
    queries()
    few = queries()
    for n in range(12):
        a_buyer(f"B{n}", spent=n, level=f"level {n % 3}")
    assert queries() == few <= 15


def test_columns_are_chosen_in_the_address(boss):
    a_buyer("Ada", spent=12_300)
    answer = boss.get(LIST, {"choose": "1", "column": ["spent", "tags"], "stage": "active"})
    assert answer.status_code == 302
    assert "columns=spent%2Ctags" in answer.url
    assert "stage=active" in answer.url

    text = text_of(boss.get(LIST + answer.url))
    assert "¥123.00" in text
    assert "column-spent" in text
    assert "column-identities" not in text
    text = text_of(boss.get(LIST, {"columns": ""}))  # none is a choice too
    assert "column-called" in text
    assert "column-spent" not in text
    assert "Ada" in text_of(boss.get(LIST, {"columns": "nonsense,spent"}))


def test_an_order_by_spend_is_of_whoever_has_bought(boss):
    for name, spent in (("Ada", 100), ("Bob", 300), ("Cleo", 200)):
        a_buyer(name, spent=spent)
    a_customer(name="Dora")
    columns = {"columns": "spent"}

    text = text_of(boss.get(LIST, {**columns, "o": "-2"}))

    assert order_of(text, "Ada", "Bob", "Cleo", "Dora") == ["Bob", "Cleo", "Ada"]
    for odd in ("-99", "x", "2.2", "-"):
        assert boss.get(LIST, {**columns, "o": odd}).status_code == 200


def test_it_is_filtered_by_stage_and_level(boss):
    a_buyer("Ada", spent=1, stage="silent", level="gold")
    a_buyer("Bob", spent=1, stage="active", level="gold")
    a_buyer("Cleo", spent=1, stage="active", level="silver")

    assert order_of(text_of(boss.get(LIST, {"stage": "active"})), "Ada", "Bob", "Cleo") == [
        "Cleo",
        "Bob",
    ]
    both = {"stage": "active", "level": "gold"}
    assert order_of(text_of(boss.get(LIST, both)), "Ada", "Bob", "Cleo") == ["Bob"]


def saved(client, name: str, query: str, **more):
    return client.post(VIEWS, {"name": name, "query": query, **more})


def test_a_view_keeps_filters_order_and_columns_and_nobodys_phone(boss):
    a_buyer("Ada", spent=1, stage="silent")
    a_buyer("Bob", spent=1, stage="active")
    query = "stage=active&columns=spent,stage&o=-3&q=13800001234&p=2"

    answer = saved(boss, "Regulars", query)

    view = SavedView.objects.get()
    assert (view.columns, view.is_shared) == (["stage", "spent"], False)
    assert "1380000" not in view.query
    text = text_of(boss.get(answer.url))
    assert order_of(text, "Ada", "Bob") == ["Bob"]
    assert "Regulars" in text
    saved(boss, "Regulars", "stage=silent", is_shared="on")  # of the same name: changed
    view = SavedView.objects.get()
    assert (view.query, view.is_shared) == ("stage=silent", True)


def test_what_is_shared_is_seen_by_all_and_dropped_by_its_maker(boss, client):
    saved(boss, "Mine", "stage=active")
    saved(boss, "Ours", "stage=silent", is_shared="on")
    boss.get(LIST)  # what was said is said once
    other = User.objects.create_user("other", is_staff=True)
    other.user_permissions.add(Permission.objects.get(codename="view_customer"))
    client.force_login(other)

    text = text_of(client.get(LIST))
    assert "Ours" in text
    assert "Mine" not in text
    ours = SavedView.objects.get(name="Ours")
    assert client.post(VIEWS, {"drop": "1", "query": f"view={ours.pk}"}).status_code == 403
    mine = SavedView.objects.get(name="Mine")
    client.post(VIEWS, {"drop": "1", "query": f"view={mine.pk}"})
    assert SavedView.objects.count() == 2
    client.force_login(User.objects.get(username="boss"))
    client.post(VIEWS, {"drop": "1", "query": f"view={ours.pk}"})
    assert list(SavedView.objects.values_list("name", flat=True)) == ["Mine"]


def test_bad_views_are_refused_in_words(boss):
    for name in ("", "x" * 61):
        answer = boss.post(VIEWS, {"name": name, "query": "stage=active"}, follow=True)
        assert answer.status_code == 200
    assert boss.get(VIEWS).status_code == 405
    assert boss.post(VIEWS, {"drop": "1", "query": "view=zzz"}).status_code == 302
    assert not SavedView.objects.exists()


def test_who_may_not_see_orders_has_no_column_of_money(client):
    user = User.objects.create_user("desk", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_customer"))
    client.force_login(user)
    a_buyer("Ada", spent=12_300)

    text = text_of(client.get(LIST, {"columns": "spent,stage"}))

    assert "¥123.00" not in text
    assert "column-spent" not in text
    assert reverse("admin:customers_customer_views") in text


def test_owner_and_store_are_columns_and_filters(boss):
    ada, bob = a_customer(name="Ada"), a_customer(name="Bob")
    store = Store.objects.create(namespace=a_namespace(), key="s1", name="West Lake")
    staff = User.objects.create_user("lily", is_staff=True)
    Owner.objects.create(
        customer=ada,
        origin_customer=ada,
        staff=staff,
        store=store,
        since=database_now(),
        is_current=True,
    )
    columns = {"columns": "owner,store"}

    text = text_of(boss.get(LIST, columns))
    assert "column-owner" in text
    assert ">West Lake<" in text.replace("\n", "").replace("  ", "")
    text = text_of(boss.get(LIST, {**columns, "store": str(store.pk)}))
    assert order_of(text, "Ada", "Bob") == ["Ada"]
    assert boss.get(LIST, {**columns, "store": "9" * 30}).status_code == 200
    assert bob.name == "Bob"
