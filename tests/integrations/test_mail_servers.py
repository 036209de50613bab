"""Mail servers that are connected in the admin: their form, their test, and which of them a letter
leaves through."""

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from campaigns.delivery import dispatch
from campaigns.models import Message
from crm_project.runtime.ports import free_port
from customers import connection_health
from customers.models import Connection, Namespace
from integrations.email.channel import Email
from integrations.email.vendor import Smtp, SmtpForm
from tests.factories import a_workspace
from tests.integrations.test_email import queued, state

pytestmark = pytest.mark.django_db

PASSWORD = "letters"


class Keeper:
    """Takes letters from who logs in, but not from every sender."""

    def __init__(self):
        self.got, self.refuses, self.unknown = [], "", ""

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if address == self.refuses:
            return "553 5.7.1 not yours"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address == self.unknown:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.got.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK queued as 1"


@pytest.fixture
def servers(settings):
    """Two of them; both ask for a password."""
    running = []
    settings.OUTBOUND_HOSTS, settings.MAIL = ["127.0.0.1"], {}
    a_workspace(name="互通小店", caps=None)

    def started():
        keeper = Keeper()
        keeper.port = free_port()
        controller = Controller(
            keeper,
            hostname="127.0.0.1",
            port=keeper.port,
            authenticator=lambda _server, _session, _envelope, _kind, data: AuthResult(
                success=data.password == PASSWORD.encode(), handled=False
            ),
            auth_require_tls=False,
            auth_required=True,
        )
        controller.start()
        running.append(controller)
        return keeper

    yield started(), started()
    for controller in running:
        controller.stop()


def connected(keeper, *, sender="shop@example.com", password=PASSWORD, **more) -> Connection:
    row = Connection(
        vendor="smtp",
        namespace=Namespace.default(),
        name=more.pop("name", f"mail {keeper.port}"),
        account=f"{sender} {keeper.port}",
        **more,
    )
    row.settings = {
        "host": "127.0.0.1",
        "port": keeper.port,
        "security": "plain",
        "user": "shop",
        "password": password,
        "sender": f"小店 <{sender}>",
    }
    row.save()
    return row


def test_letters_leave_through_the_connected_server_in_its_senders_name(servers):
    mail, _other = servers
    row = connected(mail)
    message = queued("wang@example.com")

    dispatch.deliver("email", connection_id=row.pk)

    assert state(message) == ("sent", "")
    assert [(sender, to) for sender, to, _ in mail.got] == [
        ("shop@example.com", ["wang@example.com"])
    ]
    row.refresh_from_db()
    assert row.last_ok_at
    assert Message.objects.get(pk=message.pk).connection_id == row.pk


def test_the_next_server_takes_over_from_one_that_is_switched_off(servers):
    first, second = servers
    gone, kept = connected(first), connected(second, sender="two@example.com")
    message = queued("wang@example.com")
    Connection.objects.filter(pk=gone.pk).update(is_active=False)

    dispatch.deliver("email", connection_id=gone.pk)
    dispatch.deliver("email", connection_id=kept.pk)

    assert state(message) == ("sent", "")
    assert (len(first.got), len(second.got)) == (0, 1)


def test_a_refused_log_in_is_the_accounts_and_is_told(servers):
    mail, _other = servers
    row = connected(mail, password="wrong")
    message = queued("wang@example.com")

    dispatch.deliver("email", connection_id=row.pk)

    assert state(message) == ("queued", "temporary")
    row.refresh_from_db()
    assert connection_health.is_failing(row)
    assert row.last_error.startswith("log_in: 535")


def test_what_one_address_is_refused_for_says_nothing_of_the_account(servers):
    mail, _other = servers
    row = connected(mail)
    mail.unknown = "nobody@example.com"
    message = queued("nobody@example.com")
    dispatch.deliver("email", connection_id=row.pk)

    row.refresh_from_db()
    assert state(message) == ("failed", "refused")
    assert (row.last_ok_at, row.last_error) == (None, "")


def test_a_server_that_says_the_same_of_every_letter_has_taken_each(servers):
    mail, _other = servers
    row = connected(mail)
    messages = [queued(f"reader{n}@example.com") for n in range(3)]
    dispatch.deliver("email", connection_id=row.pk)

    assert {state(message) for message in messages} == {("sent", "")}
    assert len(set(Message.objects.values_list("provider_id", flat=True))) == 3


def test_a_refused_sender_is_the_accounts_trouble_and_waits_longer_each_time(servers):
    mail, _other = servers
    mail.refuses = "shop@example.com"
    row, message = connected(mail), queued("wang@example.com")
    dispatch.deliver("email", connection_id=row.pk)

    row.refresh_from_db()
    assert state(message) == ("queued", "temporary")
    assert row.last_error.startswith("sender: 553")


def test_letters_of_an_account_that_cannot_be_read_wait_and_others_go_on(servers):
    first, second = servers
    broken, well = connected(first), connected(second, sender="two@example.com")
    message = queued("wang@example.com")
    Connection.objects.filter(pk=broken.pk).update(sealed_settings=None)

    dispatch.deliver("email", connection_id=broken.pk)

    broken.refresh_from_db()
    assert state(message) == ("queued", "temporary")
    assert Message.objects.get(pk=message.pk).sent_at is None
    assert broken.last_error.startswith("unusable")
    assert not Smtp().test(broken).is_well
    assert Email().carrier() == "127.0.0.1"
    assert [
        one.connection_id for one in Email().addresses([message.customer_id])[message.customer_id]
    ] == [well.pk, broken.pk]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, ""),
        ({"password": "wrong"}, "log_in"),
        ({"sender": "stranger@example.com"}, "sender"),
        ({"port": 1}, "unreachable"),
        ({"host": "nobody.invalid"}, "unknown_host"),
    ],
)
def test_the_test_button_says_what_is_wrong(servers, settings, change, code):
    mail, _other = servers
    mail.refuses = "stranger@example.com"
    row = connected(mail)
    row.settings = {**row.settings, **change}
    if "host" in change:
        settings.OUTBOUND_HOSTS = ["127.0.0.1", "nobody.invalid"]

    found = Smtp().test(row)

    assert found.is_well is (code == "")
    if code:
        assert found.error.startswith(f"{code}: "), found.error
    assert not mail.got


def test_a_server_in_our_own_network_needs_the_operators_word(servers, settings):
    mail, _other = servers
    row = connected(mail)
    settings.OUTBOUND_HOSTS = []

    found = Smtp().test(row)

    assert not found.is_well
    assert found.error.split(":")[0] in {"bad_port", "local_address"}


GOOD = {
    "host": "smtp.example.com",
    "port": "465",
    "security": "tls",
    "user": "shop@example.com",
    "password": "x",
    "sender": "Tea House <shop@example.com>",
}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"host": "10.0.0.1"}, "host"),
        ({"host": "localhost"}, "host"),
        ({"host": "0x7f000001"}, "host"),
        ({"host": "https://smtp.example.com"}, "host"),
        ({"host": "smtp.example.com:465"}, "host"),
        ({"host": "a b.example.com"}, "host"),
        ({"port": "22"}, "port"),
        ({"port": "99999"}, "port"),
        ({"port": "x"}, "port"),
        ({"security": "plain"}, "security"),
        ({"sender": "Tea House"}, "sender"),
        ({"sender": "a@b.c\r\nBcc: all@example.com"}, "sender"),
        ({"sender": "王@例子.中国 <王@例子.中国>"}, "sender"),
    ],
)
def test_what_cannot_be_a_mail_server_is_said_at_its_field(change, field):
    form = SmtpForm(GOOD | change)
    assert not form.is_valid()
    assert field in form.errors


def test_the_form_takes_what_providers_name():
    assert SmtpForm(GOOD).is_valid(), SmtpForm(GOOD).errors


def test_an_account_is_connected_on_its_page_and_its_password_is_not_shown(servers):
    mail, _other = servers
    boss = Client(headers={"accept-language": "en"})
    boss.force_login(User.objects.create_superuser("boss"))
    add = reverse("admin:customers_connection_add") + "?vendor=smtp"
    fields = {f"vendor-{name}": value for name, value in GOOD.items()}
    fields |= {
        "vendor-host": "127.0.0.1",
        "vendor-port": str(mail.port),
        "vendor-password": "s3-never-shown",
    }

    page = boss.get(add).content.decode()
    answer = boss.post(
        add, fields | {"name": "Mail", "namespace": Namespace.default().pk, "is_active": "on"}
    )

    assert "smtp.exmail.qq.com" in page
    assert answer.status_code == 302, answer.content.decode()[:2000]
    row = Connection.objects.get(vendor="smtp")
    assert (row.account, row.settings["password"]) == (
        "shop@example.com 127.0.0.1",
        "s3-never-shown",
    )
    assert (
        "s3-never-shown"
        not in boss.get(
            reverse("admin:customers_connection_change", args=[row.pk])
        ).content.decode()
    )


def test_a_kept_password_is_not_said_to_another_server_or_as_somebody_else(servers):
    mail, other = servers
    boss = Client(headers={"accept-language": "en"})
    boss.force_login(User.objects.create_superuser("boss"))
    row = connected(mail)
    page = reverse("admin:customers_connection_change", args=[row.pk])
    fields = {f"vendor-{name}": value for name, value in GOOD.items()}
    fields |= {"vendor-host": "127.0.0.1", "vendor-port": str(mail.port), "vendor-user": "shop"}
    fields |= {"name": "Mail", "namespace": row.namespace_id, "is_active": "on"}

    for change in ({"vendor-port": str(other.port)}, {"vendor-user": "boss"}):
        answer = boss.post(page, fields | {"vendor-password": ""} | change)
        assert "enter it anew" in answer.content.decode()
        row.refresh_from_db()
        assert (row.settings["port"], row.settings["user"]) == (mail.port, "shop")

    same = boss.post(page, fields | {"vendor-password": "", "vendor-sender": "new@example.com"})
    moved = boss.post(page, fields | {"vendor-port": str(other.port), "vendor-password": "known"})
    assert (same.status_code, moved.status_code) == (302, 302)


def test_carriers_of_letters_are_all_servers(servers, settings):
    mail, _other = servers
    connected(mail)
    assert Email().carrier() == "127.0.0.1"


def test_where_the_last_server_is_gone_nobody_can_be_reached(servers):
    mail, _other = servers
    row = connected(mail)
    message = queued("wang@example.com")
    Connection.objects.filter(pk=row.pk).delete()

    dispatch.deliver("email", connection_id=row.pk)

    assert state(message) == ("skipped", "unreachable")
