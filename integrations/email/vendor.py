"""A mail server as an account: whoever has a mailbox at a provider sends letters through it,
without the operator."""

import asyncio
from email.utils import parseaddr

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from campaigns.delivery import sending
from integrations.connections.vendors import Health, SecretField, Vendor, unwell
from integrations.email import servers, smtp
from integrations.outbound import addresses
from integrations.outbound.addresses import Forbidden
from integrations.outbound.client import WORDS, CallFailed

LONGEST_HOST = 253  # RFC 1035


class SmtpForm(forms.Form):
    host = forms.CharField(
        label=gettext_lazy("server"),
        max_length=LONGEST_HOST,
        help_text=gettext_lazy(
            "As your mail provider names it for outgoing mail, for example smtp.exmail.qq.com."
        ),
    )
    port = forms.IntegerField(
        label=gettext_lazy("port"),
        min_value=1,
        max_value=65535,
        initial=465,
        help_text=gettext_lazy("Usually 465 (TLS) or 587 (STARTTLS)."),
    )
    security = forms.ChoiceField(
        label=gettext_lazy("encryption"),
        choices=[(servers.TLS, "TLS"), (servers.STARTTLS, "STARTTLS")],
        initial=servers.TLS,
    )
    user = forms.CharField(
        label=gettext_lazy("user name"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Mostly the whole e-mail address. Empty: no log-in."),
    )
    password = SecretField(
        label=gettext_lazy("password"),
        required=False,
        help_text=gettext_lazy(
            "Many providers want an authorisation code for programs here, not the password of the"
            " mailbox."
        ),
    )
    sender = forms.CharField(
        label=gettext_lazy("sender"),
        max_length=320,
        help_text=gettext_lazy(
            "What people see, for example Tea House <hello@example.com>. The provider must let"
            " you send from this address."
        ),
    )

    def clean_host(self):
        host = self.cleaned_data["host"].lower().rstrip(".")
        if any(c.isspace() or c in "/:@?#\\" for c in host) or not host.isprintable():
            raise ValidationError(gettext_lazy("Only the name of the server: no address, no port."))
        return host

    def clean_sender(self):
        sender = self.cleaned_data["sender"]
        name, address = parseaddr(sender)
        try:
            validate_email(address)
        except ValidationError:
            raise ValidationError(
                gettext_lazy("Write an e-mail address, or a name and the address in <…>.")
            ) from None
        if not (name + address).isprintable() or not address.isascii():
            raise ValidationError(
                gettext_lazy("Write an e-mail address, or a name and the address in <…>.")
            )
        return sender

    def clean(self):
        said = super().clean()
        host, port = said.get("host"), said.get("port")
        if host and port and not addresses.is_allowed(host, port):
            try:
                if port not in servers.PORTS:
                    raise Forbidden("bad_port")
                addresses.check_host(host)
            except Forbidden as forbidden:
                field = "port" if forbidden.code == "bad_port" else "host"
                self.add_error(
                    field, ValidationError(_(WORDS[forbidden.code]), code=forbidden.code)
                )
        return said


class Smtp(Vendor):
    key, label = servers.VENDOR, pgettext_lazy("vendor", "mail server (SMTP)")
    help = gettext_lazy("E-mail leaves through a mailbox of your own at any provider.")
    Form = SmtpForm

    def account(self, settings):
        return f"{parseaddr(settings['sender'])[1]} {settings['host']}"[:128]

    def recipient(self, settings):
        return settings["host"], settings["port"], settings["user"]

    def test(self, connection):
        try:
            server = servers.described(connection)
        except servers.Unusable as error:
            return unwell(RuntimeError(f"unusable: {error}"))
        waited = asyncio.run_coroutine_threadsafe(greeted(server), sending.loop())
        try:
            waited.result(smtp.SECONDS * 2)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is the answer
            waited.cancel()
            return unwell(RuntimeError(smtp.why(error)))
        return Health(True, _("The server took the log-in and lets the sender send."))

    def request(self, connection, call):
        raise CallFailed("unusable", "SMTP")  # no HTTP is spoken with it


async def greeted(server: servers.MailServer) -> None:
    """Connected, logged in, and asked whether it takes a letter from the sender; none is sent."""
    client = await smtp.connected(server)
    try:
        await client.mail(parseaddr(server.sender)[1])
        await client.rset()
    finally:
        client.close()
