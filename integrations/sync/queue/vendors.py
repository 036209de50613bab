"""Brokers as accounts: where a RabbitMQ, a Redis or a Valkey stands, and who reads it."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from integrations.connections.vendors import Health, SecretField, Vendor
from integrations.outbound import addresses
from integrations.outbound.addresses import Forbidden
from integrations.outbound.client import WORDS, CallFailed
from integrations.sync.queue.brokers import amqp, streams
from integrations.sync.queue.problems import why

LONGEST_HOST = 253  # RFC 1035


class BrokerForm(forms.Form):
    """What every broker is reached by."""

    host = forms.CharField(
        label=gettext_lazy("server"),
        max_length=LONGEST_HOST,
        help_text=gettext_lazy(
            "Its name or address. One inside your own network must be named by the operator in"
            " HUTONG_OUTBOUND_HOSTS."
        ),
    )
    port = forms.IntegerField(label=gettext_lazy("port"), min_value=1, max_value=65535)
    tls = forms.BooleanField(label=gettext_lazy("encrypted (TLS)"), required=False)
    user = forms.CharField(label=gettext_lazy("user name"), max_length=200, required=False)
    password = SecretField(label=gettext_lazy("password"), required=False)

    def clean_host(self):
        host = self.cleaned_data["host"].lower().rstrip(".")
        if any(c.isspace() or c in "/@?#\\" for c in host) or not host.isprintable():
            raise ValidationError(gettext_lazy("Only the name of the server: no address, no port."))
        return host

    def clean(self):
        said = super().clean()
        host, port = said.get("host"), said.get("port")
        if host and port and not addresses.is_allowed(host, port):
            try:
                addresses.check_host(host)
            except Forbidden as forbidden:
                self.add_error("host", ValidationError(_(WORDS[forbidden.code])))
        return said


class RabbitForm(BrokerForm):
    port = forms.IntegerField(
        label=gettext_lazy("port"),
        min_value=1,
        max_value=65535,
        initial=5672,
        help_text=gettext_lazy("Usually 5672, with TLS 5671."),
    )
    vhost = forms.CharField(
        label=gettext_lazy("virtual host"), max_length=200, initial="/", required=False
    )


class StreamForm(BrokerForm):
    port = forms.IntegerField(
        label=gettext_lazy("port"), min_value=1, max_value=65535, initial=6379
    )
    database = forms.IntegerField(
        label=gettext_lazy("database number"),
        min_value=0,
        max_value=9999,
        initial=0,
        required=False,
    )


class BrokerVendor(Vendor):
    """What is connected here is read by `manage.py consume`."""

    def request(self, connection, call):
        raise CallFailed("unusable", self.key)  # no HTTP is spoken with it

    def opened(self, settings):
        """Connected and logged in. Raises what stands in the way."""
        raise NotImplementedError

    def test(self, connection):
        try:
            self.opened(connection.settings)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is the answer
            said = why(error)
            return Health(False, said, said)
        return Health(True, _("The broker took the log-in."))


class RabbitMq(BrokerVendor):
    key, label = "rabbitmq", pgettext_lazy("vendor", "RabbitMQ (AMQP)")
    help = gettext_lazy(
        "Queues of a RabbitMQ are read: what your systems publish there comes in without HTTP."
    )
    Form = RabbitForm

    def account(self, settings):
        vhost = settings.get("vhost") or "/"
        return f"{settings['user']}@{settings['host']}:{settings['port']}/{vhost}"[:128]

    def opened(self, settings):
        with amqp.connection_to(settings) as connection:
            connection.connect()


class RedisStream(BrokerVendor):
    key, label = "redis_stream", pgettext_lazy("vendor", "Redis or Valkey (streams)")
    help = gettext_lazy(
        "Streams of a Redis or Valkey are read by a consumer group: what your systems add there"
        " comes in without HTTP."
    )
    Form = StreamForm

    def account(self, settings):
        number = settings.get("database") or 0
        return f"{settings['host']}:{settings['port']}/{number}"[:128]

    def opened(self, settings):
        line = streams.line_to(settings)
        try:
            line.ping()
        finally:
            line.close()
