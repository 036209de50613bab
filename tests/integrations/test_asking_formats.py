"""A format whose clients ask as well as send (an echo of the address), and one that needs to know
something of its own about each source; a vendor's format takes its secrets from a connection."""

import pytest
from django import forms
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from customers.models import Connection, Source
from events.models import Event
from integrations.connections.vendors import SecretField, vendors
from integrations.doors.formats import Format, Parsed, formats
from integrations.doors.problems import Unauthorized
from integrations.doors.webhooks import DoorView
from tests.factories import a_namespace, a_source

pytestmark = pytest.mark.django_db


class ToySettings(forms.Form):
    token = SecretField(label="token", required=True)
    region = forms.CharField(label="region")


class Toy(Format):
    key, label, paths = "toy", "Toy", ("toy/v1",)
    methods = ("GET", "POST")
    Settings = ToySettings

    def check_headers(self, request):
        pass

    def authenticate(self, request, body):
        source = Source.objects.get(format="toy")
        if request.GET.get("token") != source.settings["token"]:
            raise Unauthorized
        return source

    def only_asks(self, request):
        return request.method == "GET"

    def answered(self, request, source):
        return HttpResponse(request.GET["echostr"], content_type="text/plain")

    def parse(self, body, source, now):
        return Parsed()

    def ack(self, request, parsed, results):
        return HttpResponse("success")


class OfVendor(Toy):
    key, Settings, vendor = "toy_vendor", None, "webhook"


@pytest.fixture
def toys(monkeypatch):
    for one in (Toy, OfVendor):
        monkeypatch.setitem(formats.by_key, one.key, one)


@pytest.fixture
def boss(toys):
    user = User.objects.create_superuser("boss")
    user.set_password("a long word")
    user.save()
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(user)
    return browser


def asked(method="get", **query):
    request = getattr(RequestFactory(), method)("/toy/v1", query_params=query)
    return DoorView.as_view(door=Toy("toy/v1"))(request)


def a_toy(**settings):
    source = a_source(format="toy")
    source.settings = {"token": "t0ken", "region": "north", **settings}
    source.save()
    return source


def test_a_check_of_the_address_is_answered_and_stores_nothing(toys):
    a_toy()

    answer = asked(token="t0ken", echostr="12345")

    assert (answer.status_code, answer.content) == (200, b"12345")
    assert not Event.objects.exists()
    assert asked("post", token="t0ken").content == b"success"


def test_who_does_not_prove_himself_hears_no_echo(toys):
    a_toy()

    answer = asked(token="guessed", echostr="12345")

    assert answer.status_code == 401
    assert b"12345" not in answer.content


def test_settings_are_sealed_in_the_sources_row(toys):
    source = a_toy()

    stored = Source.objects.filter(pk=source.pk).values_list("sealed_settings", flat=True)[0]
    assert b"t0ken" not in bytes(stored)
    assert Source.objects.get(pk=source.pk).settings["region"] == "north"


def posted(boss, page, **fields):
    data = {
        "name": "New",
        "namespace": a_namespace().pk,
        "format": "toy",
        "trust": "server",
        "money_unit": "fen",
        "time_zone": "Asia/Shanghai",
        "is_active": "on",
        "_confirm": "a long word",
    }
    return boss.post(page, data | fields).content.decode()


def test_a_formats_own_form_is_part_of_the_sources(boss):
    add = reverse("admin:customers_source_add")
    assert 'name="toy-region"' in boss.get(add).content.decode()

    posted(boss, add, **{"toy-region": "north"})
    assert not Source.objects.filter(name="New").exists()  # the token is missing

    posted(boss, add, **{"toy-region": "north", "toy-token": "t0ken"})
    source = Source.objects.get(name="New")
    assert source.settings == {"token": "t0ken", "region": "north"}

    page = reverse("admin:customers_source_change", args=[source.pk])
    shown = boss.get(page).content.decode()
    assert "north" in shown
    assert "t0ken" not in shown
    posted(boss, page, **{"toy-region": "south"})
    source.refresh_from_db()
    assert source.settings == {"token": "t0ken", "region": "south"}


def test_a_source_of_another_format_keeps_none_of_it(boss):
    posted(boss, reverse("admin:customers_source_add"), format="native")

    assert Source.objects.get(name="New").sealed_settings is None


def test_a_vendors_format_takes_its_secrets_from_an_account_of_the_same_shop(boss):
    add, shop = reverse("admin:customers_source_add"), a_namespace()
    others = Connection.objects.create(
        vendor="webhook", namespace=a_namespace("other"), name="other's", account="o"
    )
    ours = Connection.objects.create(vendor="webhook", namespace=shop, name="ours", account="a")
    assert "webhook" in vendors

    assert "Choose the vendor" in posted(boss, add, format="toy_vendor")
    assert "another shop" in posted(boss, add, format="toy_vendor", vendor_account=others.pk)
    assert not Source.objects.filter(name="New").exists()

    posted(boss, add, format="toy_vendor", vendor_account=ours.pk)
    assert Source.objects.get(name="New").connection == ours
    page = reverse("admin:customers_connection_change", args=[ours.pk])
    assert "New" in boss.get(page).content.decode()
