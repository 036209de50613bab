"""Connections in the admin: chosen, filled in, tested, switched off; secrets are shown once."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from crm_project import roles
from customers import connection_health as health
from customers.models import AuditEntry, Connection, OutboundCall
from integrations.connections.vendors import vendors
from tests import rude
from tests.factories import a_namespace
from tests.integrations.outbound.conftest import SECRET, a_webhook

pytestmark = pytest.mark.django_db(transaction=True)
ADD = "admin:customers_connection_add"


@pytest.fixture
def boss():
    user = User.objects.create_superuser("boss")
    user.set_password("a long word")
    user.save()
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(user)
    return browser


def page_of(row) -> str:
    return reverse("admin:customers_connection_change", args=[row.pk])


def posted(boss, page: str, **fields):
    """What the page answers to its form, once whoever sends it has said who they are."""
    data = {"name": "Shop", "namespace": a_namespace().pk, "is_active": "on", **fields}
    data = {name: value for name, value in data.items() if value is not None}
    return boss.post(page, data | {"_confirm": "a long word"})


def acted(boss, row, name: str):
    page = reverse("admin:customers_connection_act", args=[row.pk, name])
    return boss.post(page, {"_confirm": "a long word"}, follow=True)


def test_a_vendor_is_chosen_first(boss):
    page = boss.get(reverse(ADD)).content.decode()

    assert {*re.findall('data-vendor="([^"]+)"', page)} == {one.key for one in vendors}


def test_a_webhook_is_connected_and_its_secret_shown_once(boss):
    answer = posted(
        boss, reverse(ADD) + "?vendor=webhook", **{"vendor-url": "https://shop.example.com/hook"}
    )

    row = Connection.objects.get()
    secret = row.settings["secret"]
    assert row.settings["url"] == row.account == "https://shop.example.com/hook"
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert secret not in boss.get(page_of(row)).content.decode()
    assert AuditEntry.objects.filter(act="connection.create").exists()
    assert secret not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    "url",
    ["http://shop.example.com/", "https://127.0.0.1/", "https://0x7f000001/", "nonsense", ""],
)
def test_an_address_that_may_not_be_called_is_not_saved(boss, url):
    answer = posted(boss, reverse(ADD) + "?vendor=webhook", **{"vendor-url": url})

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode() or "error" in answer.content.decode()
    assert not Connection.objects.exists()


def test_a_secret_left_empty_stays_and_a_new_one_takes_its_place(boss):
    row = a_webhook("https://shop.example.com/one")
    other = "whsec_" + "b" * 44

    posted(
        boss, page_of(row), **{"vendor-url": "https://shop.example.com/two", "vendor-secret": ""}
    )
    row.refresh_from_db()
    assert (row.settings["secret"], row.account) == (SECRET, "https://shop.example.com/two")

    posted(boss, page_of(row), **{"vendor-url": row.account, "vendor-secret": other})
    row.refresh_from_db()
    assert row.settings["secret"] == other
    assert row.settings_revision == 2


def test_one_account_is_connected_once(boss):
    row = a_webhook("https://shop.example.com/one")

    answer = posted(boss, reverse(ADD) + "?vendor=webhook", **{"vendor-url": row.account})

    assert row.name in answer.content.decode()
    assert Connection.objects.count() == 1


def test_two_people_notice_each_other(boss):
    row = a_webhook("https://shop.example.com/one")
    page = boss.get(page_of(row)).content.decode()
    opened = re.search('name="_revision" value="([^"]*)"', page)[1]
    posted(boss, page_of(row), **{"vendor-url": "https://shop.example.com/two"}, _revision=opened)

    late = posted(
        boss, page_of(row), **{"vendor-url": "https://shop.example.com/three"}, _revision=opened
    ).content.decode()

    assert "data-conflict" in late
    assert "https://shop.example.com/two" in late
    assert SECRET not in late
    row.refresh_from_db()
    assert row.account == "https://shop.example.com/two"


def test_the_test_says_in_words_what_is_wrong_and_what_waited_goes_on(boss, server):
    row = a_webhook(server.url)
    server.manners.append(rude.redirect("http://127.0.0.1/"))

    said = acted(boss, row, "test").content.decode()

    assert "It sends us to another address, which we do not follow. (302)" in said
    assert list(health.failing()) == [row]
    assert "data-problem" in boss.get(page_of(row)).content.decode()

    said = acted(boss, row, "test").content.decode()
    assert "It took a signed test call." in said
    assert not health.failing().exists()
    assert [entry.details["is_well"] for entry in AuditEntry.objects.filter(act="connection.test")]


def test_a_new_secret_is_shown_once_and_the_old_one_signs_on(boss):
    row = a_webhook("https://shop.example.com/one")

    page = acted(boss, row, "new_secret").content.decode()

    row.refresh_from_db()
    assert row.settings["secret"] in page
    assert row.settings["previous_secret"] == SECRET


def test_it_is_switched_off_and_on(boss):
    row = a_webhook("https://shop.example.com/one")
    acted(boss, row, "switch_off")
    assert not Connection.objects.get().is_active
    acted(boss, row, "switch_on")
    assert Connection.objects.get().is_active


@pytest.mark.parametrize("role", [name for name in roles.NAMES if name != roles.ADMINISTRATOR])
def test_nobody_but_administrators_sees_or_tests_a_connection(role, server):
    roles.make()
    row = a_webhook(server.url)
    user = User.objects.create_user("somebody", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    browser = Client()
    browser.force_login(user)

    assert browser.get(page_of(row)).status_code == 403
    assert browser.get(reverse(ADD)).status_code == 403
    assert acted(browser, row, "test").status_code in (200, 403)
    assert server.opened == 0
    assert not OutboundCall.objects.exists()
    assert not AuditEntry.objects.filter(act="connection.test").exists()


def test_one_whose_vendor_is_gone_is_only_looked_at(boss):
    row = a_webhook("https://shop.example.com/one")
    Connection.objects.update(vendor="gone")

    assert boss.get(page_of(row)).status_code == 200
    assert "This vendor is not installed." in acted(boss, row, "test").content.decode()
