"""WeChat as staff have it: the demo's mini-program, connected to a stand-in of the platform;
another app, connected by the words of the pages alone; whom messages reach, and that they lead
back."""

import re

import httpx
import pytest

from tests.browser.conftest import LANGUAGES, WIDTHS, confirmed, faults, overflows
from tests.product import eventually

pytestmark = pytest.mark.proof
AT_ANY_TIME = """
from campaigns.models import QuietHours
from customers.models import Workspace
QuietHours.objects.all().delete()
Workspace.objects.update(holdout_percent=0)
"""
LED_BACK = """
SELECT count(*) FROM campaigns_message
 WHERE channel = 'wechat_subscribe' AND state = 'sent' AND clicked_at IS NOT NULL
"""
TEMPLATES = "/admin/integrations/subscribetemplate/"
STAND_IN = "SELECT base_url FROM customers_connection WHERE vendor = 'wechat' ORDER BY id LIMIT 1"
CONNECTION = "SELECT id FROM customers_connection WHERE vendor = 'wechat' ORDER BY id LIMIT 1"


@pytest.fixture(scope="module")
def alive(product):
    """People have logged in, allowed a message, got it and come back by it."""
    product.ask("1", AT_ANY_TIME)
    assert eventually(lambda: product.count(LED_BACK) > 0, seconds=420)
    return product


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_say_who_can_still_be_written_to(alive, visit, shot, language, width):
    page = visit(TEMPLATES, language=language, width=width)
    assert "订单发货通知" in page.content()
    shot(page, f"wechat-templates-{language}-{width}")
    assert overflows(page) <= 0
    assert faults(page) == []

    page.get_by_role("link", name="订单发货通知").first.click()
    page.wait_for_load_state()
    shot(page, f"wechat-template-{language}-{width}")
    assert overflows(page) <= 0
    assert faults(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_stand_in_is_taken_for_nothing_else(alive, visit, shot, language, width):
    number = alive.count(CONNECTION)
    page = visit(f"/admin/customers/connection/{number}/change/", language=language, width=width)
    confirmed(page, alive)
    assert "127.0.0.1" in page.locator("[data-stand-in]").inner_text()
    shot(page, f"wechat-connection-{language}-{width}")
    assert overflows(page) <= 0


def test_an_app_is_connected_by_the_words_of_the_page(alive, visit, shot):
    """What the platform's console shows goes into the form, what the page shows goes there."""
    [row] = alive.rows(STAND_IN)
    console = Console(row["base_url"])
    app = console.tell("add_app")
    page = visit("/admin/customers/connection/add/?vendor=wechat")
    confirmed(page, alive)
    page.fill("[name=name]", "Another app")
    page.fill("[name=base_url]", console.url)
    page.fill("[name=vendor-app_id]", app["appid"])
    page.fill("[name=vendor-secret]", app["secret"])
    shot(page, "wechat-connect")
    page.locator("[name=_save]").click()
    page.wait_for_load_state()
    confirmed(page, alive)
    shown = page.inner_text("main, body")
    shot(page, "wechat-shown-once")
    token = re.search(r"\b[0-9A-Za-z]{32}\b", shown)[0]
    key = re.search(r"\b[0-9A-Za-z]{43}\b", shown)[0]
    address = f"{alive.url}/wechat/{app['appid']}/push"
    assert console.tell("push", appid=app["appid"], url=address, token=token, aes_key=key)["ok"]

    person = console.tell("add_person")["person"]
    code = console.tell("login", person=person, appid=app["appid"])["code"]
    answer = httpx.post(
        f"{alive.url}/api/v1/session", json={"app": app["appid"], "code": code}, timeout=30
    )
    assert answer.status_code == 200, answer.text
    wanted = [app["templates"][0]["priTmplId"]]
    console.tell("subscribe", person=person, appid=app["appid"], templates=wanted, accept=wanted)
    granted = "SELECT count(*) FROM integrations_grant g JOIN integrations_subscribetemplate t"
    granted += " ON t.id = g.template_id WHERE t.key = %s AND g.state = 'free'"
    assert eventually(lambda: alive.count(granted, wanted[0]) == 1, seconds=30)


class Console:
    """The second door of the stand-in: the platform's console, and what people do."""

    def __init__(self, url: str):
        self.url = url

    def tell(self, what: str, **given):
        answer = httpx.post(f"{self.url}/stand-in/{what}", json=given, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()
