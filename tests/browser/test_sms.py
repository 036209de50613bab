"""Short messages as a marketer has them: each vendor set up by the page's own words, and a test to
one's own number."""

import re

import pytest
from playwright.sync_api import Page

from demo.vendors.aliyun_sms.platform import ACCESS_KEY as ALIYUN_KEY
from demo.vendors.aliyun_sms.platform import SECRET as ALIYUN_SECRET
from demo.vendors.apart import Apart
from demo.vendors.sms.stock import SIGN
from demo.vendors.sms_gateway.platform import ACCOUNT, SECRET
from demo.vendors.tencent_sms.platform import APP, SECRET_ID, SECRET_KEY
from tests.browser.conftest import LANGUAGES, WIDTHS, confirmed, faults, overflows

pytestmark = pytest.mark.proof
ADD = "/admin/customers/connection/add/"
OWN = "13800138000"
FIELDS = {
    "tencent_sms": {"access_id": SECRET_ID, "secret_key": SECRET_KEY, "app_id": APP},
    "sms_gateway": {"login": ACCOUNT, "secret": SECRET},
    "aliyun_sms": {"access_key": ALIYUN_KEY, "access_secret": ALIYUN_SECRET},
}


@pytest.fixture(scope="module", params=sorted(FIELDS))
def vendor(request):
    class Vendor(Apart):
        module, key = f"demo.vendors.{request.param}", request.param

    with Vendor() as running:
        yield running


def filled(page: Page, fields: dict[str, str]) -> None:
    for name, value in fields.items():
        page.fill(f"[name=vendor-{name}]", value)


@pytest.mark.parametrize(("language", "width"), list(zip(LANGUAGES, WIDTHS[::-1], strict=True)))
def test_an_account_is_set_up_and_tested(product, visit, shot, vendor, language, width):
    """With what its page asks for; the test sends one text to one's own number and says so."""
    product.ask(
        "Connection.objects.filter(base_url=url).delete()[0]"
        " + Connection.objects.filter(vendor='sms_gateway').delete()[0]",
        f"from customers.models import Connection\nurl = {vendor.url!r}",
    )
    page = visit(ADD, language=language, width=width)
    shot(page, f"sms-vendors-{language}-{width}")
    with page.expect_navigation():
        page.locator(f"[data-vendor={vendor.key}]").click()
    shot(page, f"sms-{vendor.key}-form-{language}-{width}")
    assert overflows(page) <= 0
    assert faults(page) == []
    page.fill("[name=name]", f"{vendor.key} {language} {width}")
    filled(page, {"sign": SIGN, "own_number": OWN, **FIELDS[vendor.key]})
    if vendor.key == "sms_gateway":
        filled(page, {"url": f"{vendor.url}/v2/send"})
        page.select_option("[name=vendor-signing]", "hmac_hex")
    else:
        page.fill("[name=base_url]", vendor.url)
    with page.expect_navigation():
        page.locator("[name=_save]").first.click()
    confirmed(page, product)
    shot(page, f"sms-{vendor.key}-secret-{language}-{width}")
    assert overflows(page) <= 0
    address = page.locator("code", has_text=f"/sms/{vendor.key}/").first.inner_text()
    number = re.search(rf"/sms/{vendor.key}/(\d+)/", address)[1]

    before = len(vendor.ask("inbox", number=OWN))
    page = visit(f"/admin/customers/connection/{number}/change/", language=language, width=width)
    with page.expect_navigation():
        page.locator("form[action*='/test/'] button").first.click()
    confirmed(page, product)
    shot(page, f"sms-{vendor.key}-tested-{language}-{width}")
    assert len(vendor.ask("inbox", number=OWN)) == before + 1
    assert overflows(page) <= 0
    assert faults(page) == []
