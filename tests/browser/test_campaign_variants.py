"""A campaign with variants as marketers see it: its form, its check, its page; and which of the
demo's three campaigns lost money, read by somebody who only looks at the reports."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LANGUAGES, WIDTHS, faults, overflows
from tests.product import eventually

pytestmark = pytest.mark.proof
ADD = "/admin/campaigns/campaign/add/"
LOST = {"en": "It lost money", "zh-hans": "它亏了"}
EARNED = {"en": "we are sure it earned", "zh-hans": "可以确定它赚了"}


def chosen(page: Page, field: str, words: str) -> None:
    """By typing, as in every picker."""
    page.locator(f".field-{field} .select2-selection, #id_{field} + .select2").first.click()
    page.locator(".select2-search__field").last.fill(words)
    page.locator(".select2-results__option", has_text=words).first.click()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_reading_only_the_first_sentences_tells_which_lost_money(visit, shot, language, width):
    page = visit("/reports/", language=language, width=width)
    lost = page.locator(".ht-said-bad")
    assert eventually(
        lambda: lost.count() or (page.reload() and lost.count()), seconds=120, every=2
    )
    assert eventually(
        lambda: page.locator(".ht-said-good").count() or (page.reload() and False), seconds=60
    )
    assert lost.count() == 1
    expect(lost).to_contain_text(LOST[language])
    expect(lost.locator("a")).to_have_text("全场六折")
    expect(page.locator(".ht-said-good").first).to_contain_text(EARNED[language])
    shot(page, f"reports-{language}-{width}")
    assert overflows(page) <= 0
    assert faults(page) == []
    lost.locator("a").click()
    page.wait_for_url(re.compile("/reports/campaign/"))
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "lost")
    shot(page, f"report-{language}-{width}")
    assert overflows(page) <= 0


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_variants_are_asked_for_only_where_there_are_some(visit, shot, language, width):
    page = visit(ADD, language=language, width=width)
    other = page.locator("[name=b_hours]")
    expect(other).to_be_hidden()
    page.select_option("[name=variants]", "2")
    expect(other).to_be_visible()
    expect(page.locator("[name=c_hours]")).to_be_hidden()
    expect(page.locator("[name=to_rest]")).to_be_hidden()
    page.fill("[name=test_percent]", "20")
    page.locator("[name=test_percent]").blur()
    expect(page.locator("[name=to_rest]")).to_be_visible()
    page.select_option("[name=variants]", "3")
    expect(page.locator("[name=c_hours]")).to_be_visible()
    shot(page, f"variants-form-{language}-{width}")
    assert overflows(page) <= 0
    assert faults(page) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_campaign_with_variants_from_form_to_page(visit, shot, product, width):
    page = visit(f"{ADD}?segment=1", width=width)
    page.fill("[name=name]", f"Variants at {width}")
    chosen(page, "segment", "新茶上架")
    chosen(page, "template", "新茶上架")
    page.select_option("[name=variants]", "2")
    chosen(page, "b_template", "周末问候")
    page.fill("[name=test_percent]", "50")
    page.locator("[name=test_percent]").blur()
    expect(page.locator("#check-variants tr")).to_have_count(4)
    # Whoever leaves the page while it still asks is told so by htmx, in the console.
    expect(page.locator(".htmx-request")).to_have_count(0)
    shot(page, f"variants-check-{width}")
    assert overflows(page) <= 0
    with page.expect_navigation():
        page.locator("[name=_save]").first.click()
    with page.expect_navigation():
        page.locator("form[action*=launch] button, button[data-act=launch]").first.click()
    tried = page.locator("[data-tried]")
    assert eventually(lambda: tried.count() or (page.reload() and tried.count()), seconds=60)
    expect(tried).to_contain_text("Until then any difference may be chance")
    assert eventually(
        lambda: tried.locator("button").count() or (page.reload() and False), seconds=60, every=2
    )
    shot(page, f"variants-page-{width}")
    assert overflows(page) <= 0
    assert faults(page) == []
    with page.expect_navigation():
        tried.locator("button", has_text="Send B").click()
    expect(page.locator("[data-tried]")).to_contain_text("The rest gets B")
