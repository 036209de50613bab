import pytest

from customers.models import Connection, Namespace
from demo.vendors.wechat import WeChat
from integrations.wechat import account, tokens
from tests.factories import a_namespace


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    account.forget()
    tokens.forget()


@pytest.fixture
def platform(settings):
    """The platform with one app."""
    with WeChat() as running:
        settings.OUTBOUND_HOSTS = [f"127.0.0.1:{running.port}"]
        yield running


def an_app(platform, *, namespace=None, appid="", secret="", **more) -> Connection:
    """The platform's first app, or another, as it is connected here."""
    row = Connection(
        vendor="wechat",
        namespace=namespace or Namespace.objects.first() or a_namespace(),
        name=appid or platform.appid,
        account=appid or platform.appid,
        base_url=platform.url,
        **more,
    )
    row.settings = {
        "app_id": row.account,
        "secret": secret or platform.secret,
        "push_token": "t" * 32,
        "aes_key": "A" * 43,
    }
    row.save()
    return row


@pytest.fixture
def app(db, platform) -> Connection:
    return an_app(platform)


def answered(platform, path: str, errcode: int | None = None) -> int:
    """How often the platform has answered this path, with this errcode."""
    rows = [one for one in platform.ask("counts") if one["path"] == path]
    return sum(one["times"] for one in rows if errcode is None or one["errcode"] == errcode)
