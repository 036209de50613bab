"""E-mail as a marketer and a receiver have it: a letter written, previewed, launched, read in the
mailbox, and no more of them."""

import re
import time

import pytest

from tests.browser.conftest import LANGUAGES, WIDTHS, faults, overflows

pytestmark = pytest.mark.proof
LAUNCHED = """
from campaigns.broadcasts import launching
from campaigns.models import Campaign
from crm_project.queue.due import database_now
from customers.models import Workspace
from campaigns.models import QuietHours
Workspace.objects.update(holdout_percent=0)
QuietHours.objects.all().delete()
campaign = Campaign.objects.get(name="本周上新")
if campaign.status == Campaign.Status.DRAFT:
    launching.launch(campaign, by=None, now=database_now())
"""
SENT = "SELECT count(*) FROM campaigns_message WHERE channel = 'email' AND state = 'sent'"
WITHDRAWN = "SELECT count(*) FROM customers_consent WHERE channel = 'email' AND NOT is_granted"
SECONDS = 240


@pytest.fixture(scope="module")
def launched(product):
    """The demo's letter has gone out, to the local mailbox; whom the night would keep it from gets
    it too."""
    product.ask("campaign.pk", LAUNCHED)
    until = time.monotonic() + SECONDS
    while product.count(SENT) < 10:
        assert time.monotonic() < until, "no letter was sent"
        time.sleep(1)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_letter_is_written_and_seen_at_once(visit, shot, language, width):
    page = visit("/admin/campaigns/template/add/", language=language, width=width)
    page.fill("[name=name]", f"letter {language} {width}")
    page.select_option("[name=channel]", "email")
    page.fill("[name=email-subject]", "Hello {{ customer.name }}")
    page.fill("[name=email-body]", "First.\n\n[Have a look](https://shop.example.com)")
    frame = page.frame_locator("iframe.ht-letter")
    assert (
        frame.locator("a", has_text="Have a look").get_attribute("href")
        == "https://shop.example.com"
    )
    shot(page, f"letter-{language}-{width}")
    assert overflows(page) <= 0

    page.fill("[name=email-body]", "<mjml><mj-body><mj-text>x</mj-body></mjml>")
    page.wait_for_selector(".ht-error")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_mailbox_shows_what_would_have_left(visit, launched, shot, language, width):
    page = visit("/mailbox/", language=language, width=width)
    shot(page, f"mailbox-{language}-{width}")
    assert overflows(page) <= 0
    page.locator("table a").first.click()
    page.frame_locator("iframe.ht-letter").locator("a", has_text="去看看").wait_for()
    assert faults(page) == []
    shot(page, f"kept-{language}-{width}")
    assert overflows(page) <= 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_one_who_wants_no_more_says_so_with_one_click(
    product, visit, launched, shot, language, width
):
    page = visit("/mailbox/", language=language)
    page.locator("table a").nth(LANGUAGES.index(language) + 2 * WIDTHS.index(width)).click()
    letter = page.locator("iframe.ht-letter").get_attribute("srcdoc")
    [path] = set(re.findall(r'href="https?://[^/"]+(/u/[^"]+)"', letter))
    before = product.count(WITHDRAWN)

    reader = visit(path, language=language, width=width)
    assert faults(reader) == []
    assert product.count(WITHDRAWN) == before
    shot(reader, f"unsubscribe-{language}-{width}")
    reader.click("button")
    reader.wait_for_selector("button[name=again]")
    shot(reader, f"unsubscribed-{language}-{width}")
    assert product.count(WITHDRAWN) == before + 1
