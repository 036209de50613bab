"""A campaign with variants, a control group and a coupon, from the form to the till: asked for by
one, approved by another, launched, paused, resumed, stopped and read; its coupon redeemed on a
phone. And the pages of pictures and of a customer's choices."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LANGUAGES, PATIENCE_MS, WIDTHS, confirmed, faults, overflows
from tests.browser.test_campaign_variants import ADD, chosen
from tests.product import eventually

pytestmark = pytest.mark.proof
expect.set_options(timeout=PATIENCE_MS)
PLACES = list(zip(LANGUAGES, WIDTHS, strict=True))
PASSWORD = "approves-what-others-ask-for-1"
PREPARED = f"""
from django.contrib.auth.models import Group, User
from campaigns.models import Cap, CouponBatch, QuietHours
from crm_project import roles
from customers.models import Namespace, Workspace
roles.make()
Workspace.objects.update(approvals=["campaign"], holdout_percent=0)
Cap.objects.all().delete()
QuietHours.objects.all().delete()
other, _new = User.objects.get_or_create(username="hong", defaults={{"is_staff": True}})
other.set_password({PASSWORD!r})
other.save()
other.groups.add(Group.objects.get(name="Approver 审批"))
batch, _new = CouponBatch.objects.get_or_create(name="Walked", defaults={{
    "namespace": Namespace.default(), "amount_off_fen": 1000, "stock": 10_000,
    "per_customer": 10, "is_for_anyone": True}})
"""
CODES = """SELECT code FROM campaigns_coupon c JOIN campaigns_couponbatch b ON b.id = c.batch_id
 WHERE b.name = 'Walked' AND c.state = 'issued' ORDER BY c.id LIMIT 1"""
CHOICES = """
from campaigns.delivery import links
from campaigns.models import Message
message = Message.objects.filter(state="sent").order_by("pk").first()
path = f"/u/{links.code(links.UNSUBSCRIBE, message.pk)}/choices"
"""
STATUS = "SELECT status FROM campaigns_campaign WHERE name = %s"


@pytest.fixture(scope="module", autouse=True)
def prepared(product):
    product.ask("batch.pk", PREPARED)
    yield
    product.ask(
        "1", "from customers.models import Workspace\nWorkspace.objects.update(approvals=[])"
    )


@pytest.fixture(scope="module")
def approver(product, chromium):
    """Another person's browser."""
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{product.url}/admin/login/")
    page.fill("[name=username]", "hong")
    page.fill("[name=password]", PASSWORD)
    page.locator("form button[type=submit], form input[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/admin/$"))
    yield page
    context.close()


def press(page: Page, product, act: str, address: str) -> None:
    """The button of this act on the campaign's own page: an act leads on to wherever it likes."""
    page.goto(address)
    with page.expect_navigation():
        page.locator(f".ht-acts form[action*='/{act}/'] button").first.click()
    confirmed(page, product)


def is_now(product, name: str, *states: str) -> bool:
    return eventually(
        lambda: product.rows(STATUS, name)[0]["status"] in states, seconds=60, every=0.5
    )


@pytest.mark.parametrize(("language", "width"), PLACES)
def test_asked_approved_launched_paused_stopped_and_read(
    product, visit, approver, shot, language, width
):
    name = f"Walk {language} {width} {time.time_ns() % 1_000_000}"
    page = visit(f"{ADD}?segment=1", language=language, width=width)
    page.fill("[name=name]", name)
    chosen(page, "segment", "新茶上架")
    chosen(page, "template", "新茶上架")
    page.fill("[name=holdout_percent]", "20")
    page.fill("[name=per_hour]", "600")
    page.select_option("[name=variants]", "2")
    chosen(page, "b_template", "周末问候")
    chosen(page, "b_coupon_batch", "Walked")
    chosen(page, "coupon_batch", "Walked")
    expect(page.locator("#check-variants tr").first).to_be_visible()
    expect(page.locator(".htmx-request")).to_have_count(0)
    shot(page, f"walk-form-{language}-{width}")
    assert overflows(page) <= 0
    assert faults(page) == []
    with page.expect_navigation():
        page.locator("[name=_save]").first.click()
    [campaign] = product.rows("SELECT id FROM campaigns_campaign WHERE name = %s", name)
    address = f"{product.url}/admin/campaigns/campaign/{campaign['id']}/change/"
    page.goto(address)
    assert page.locator(".ht-acts form[action*='/launch/']").count() == 0
    press(page, product, "ask_approval", address)

    approver.goto(f"{product.url}/admin/customers/approval/?state__exact=requested")
    approver.locator("#result_list a, .result-list a, table a", has_text=name).first.click()
    approver.fill("[name=note]", "fine")
    shot(approver, f"walk-approval-{language}-{width}")
    with approver.expect_navigation():
        approver.locator("[data-act=approve]").click()

    press(page, product, "launch", address)
    assert is_now(product, name, "sending")
    press(page, product, "pause", address)
    assert is_now(product, name, "paused")
    shot(page, f"walk-paused-{language}-{width}")
    assert overflows(page) <= 0
    assert faults(page) == []
    press(page, product, "resume", address)
    assert is_now(product, name, "sending")
    assert eventually(lambda: product.rows(CODES), seconds=120, every=1)
    press(page, product, "cancel", address)
    assert is_now(product, name, "cancelled")
    page.goto(address)
    report = page.locator("a[href*='/reports/campaign/']").first
    with page.expect_navigation():
        report.click()
    expect(page.locator(".ht-sentence").first).to_be_visible()
    shot(page, f"walk-report-{language}-{width}")
    assert overflows(page) <= 0
    assert faults(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_coupon_is_redeemed_on_a_phone_once(product, visit, shot, language):
    [row] = product.rows(CODES)
    page = visit("/admin/campaigns/coupon/till/", language=language, width=390)
    assert overflows(page) <= 0
    assert faults(page) == []
    page.fill("#till-code", row["code"].lower())
    with page.expect_navigation():
        page.locator("[data-till] button.ht-button-primary").click()
    page.fill("[name=order_number]", f"phone {language}")
    page.fill("[name=total]", "300")
    shot(page, f"till-{language}-390")
    assert overflows(page) <= 0
    assert faults(page) == []
    with page.expect_navigation():
        page.locator("form:has([name=redeem]) button.ht-button-primary").click()
    state = "SELECT state FROM campaigns_coupon WHERE code = %s"
    assert product.rows(state, row["code"])[0]["state"] == "redeemed"
    page.fill("#till-code", row["code"])
    with page.expect_navigation():
        page.locator("[data-till] button.ht-button-primary").click()
    expect(page.locator("[data-coupon-state=redeemed]")).to_be_visible()
    assert page.locator("[name=redeem]").count() == 0
    shot(page, f"till-redeemed-{language}-390")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_and_choices(product, visit, shot, language, width):
    page = visit("/letter-pictures/", language=language, width=width)
    shot(page, f"pictures-{language}-{width}")
    assert overflows(page) <= 0
    assert faults(page) == []
    choices = product.ask("path", CHOICES)
    page = visit(choices, language=language, width=width)
    shot(page, f"choices-{language}-{width}")
    assert overflows(page) <= 0
    assert faults(page) == []
