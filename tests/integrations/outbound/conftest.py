import base64
import itertools

import pytest

from customers.models import Connection, Namespace
from tests import rude
from tests.factories import a_namespace

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
numbers = itertools.count()


def a_webhook(url: str, **more) -> Connection:
    shop = Namespace.objects.first() or a_namespace()
    made = Connection(
        vendor="webhook", namespace=shop, name=f"hook {next(numbers)}", account=url, **more
    )
    made.settings = {"url": url, "secret": SECRET}
    made.save()
    return made


@pytest.fixture
def server(settings):
    with rude.Rude() as running:
        settings.OUTBOUND_HOSTS = [f"127.0.0.1:{running.port}"]
        yield running
