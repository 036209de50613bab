"""Another platform is one class and one line: log-in, session and phone need nothing more."""

import pytest

from customers.models import Connection, Identity, Kind
from events.incoming_items import Named
from integrations.member_api import attempts, platforms
from integrations.member_api.providers import (
    CodeRefused,
    LoginProvider,
    PersonRefused,
    Proven,
    providers,
)
from tests.factories import a_namespace
from tests.integrations.member import Phone

pytestmark = pytest.mark.django_db(transaction=True)


class Teahouse(LoginProvider):
    """A platform whose codes say who somebody is."""

    key = "teahouse"

    def is_code(self, text):
        return text.startswith("tea-")

    async def exchange(self, connection, code):
        who = code.removeprefix("tea-")
        if who == "risky":
            raise PersonRefused
        if who == "stale":
            raise CodeRefused
        if who == "broken":
            raise RuntimeError("a mistake of the provider")
        return Proven([Named(Kind.ALIPAY_USER_ID.value, who, connection.account, proven=True)])


@pytest.fixture
def device(monkeypatch):
    monkeypatch.setitem(providers.by_key, Teahouse.key, Teahouse)
    attempts.forget()
    platforms.forget()
    row = Connection.objects.create(
        vendor="teahouse", namespace=a_namespace(), name="Teahouse", account="tea1"
    )
    yield Phone(row)
    platforms.forget()


def test_its_people_log_in(device):
    assert device.log_in("tea-wang").status_code == 200
    assert device.ask("GET", "session").json()["app"] == "tea1"
    assert Identity.objects.get().value == "wang"


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("tea-stale", 400, "invalid_code"),
        ("coffee", 400, "invalid_code"),
        ("tea-risky", 403, "person_refused"),
        ("tea-broken", 503, "platform_unavailable"),
    ],
)
def test_what_it_refuses_is_told_as_anybodys(device, code, status, told):
    answer = device.log_in(code)

    assert (answer.status_code, answer.json()["code"]) == (status, told)


def test_one_that_tells_no_phones_says_so(device):
    device.log_in("tea-wang")

    assert device.ask("POST", "me/phone", {"code": "tea-1"}).json()["code"] == "no_phones"


def test_one_that_is_taken_away_lets_nobody_in(device, monkeypatch):
    monkeypatch.delitem(providers.by_key, Teahouse.key)
    platforms.forget()

    assert device.log_in("tea-wang").json()["code"] == "unknown_app"
