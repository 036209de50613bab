"""How lists and forms look: nothing cut off on a phone, numbers under one another, no alarm where
nothing is wrong, Enter takes what is meant."""

import pytest

from tests.browser.conftest import LANGUAGES, overflows
from tests.product import eventually

pytestmark = pytest.mark.proof
CUT = (
    "() => [...document.querySelectorAll('#result_list td')].filter(td => td.scrollHeight >"
    " td.clientHeight + 1 || td.scrollWidth > td.clientWidth + 1).length"
)
COLOUR = """e => {
  const paint = document.createElement("canvas").getContext("2d");
  paint.fillStyle = getComputedStyle(e).color;
  paint.fillRect(0, 0, 1, 1);
  return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""
STYLE = "(e, [name, part]) => getComputedStyle(e, part)[name]"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_on_a_phone_cuts_nothing_off(visit, shot, language):
    page = visit("/admin/customers/customer/", language=language, width=390)
    rows = page.locator("#result_list tbody tr")
    assert eventually(
        lambda: rows.count() > 5 or (page.reload() and rows.count() > 5), seconds=120, every=3
    )
    shot(page, f"customers-{language}-390")
    assert page.evaluate(CUT) == 0
    assert overflows(page) <= 0


def test_numbers_stand_under_one_another_and_no_is_no_alarm(visit, shot):
    page = visit("/admin/campaigns/journey/")
    shot(page, "journeys-en-1280")
    assert page.locator("td.field-entered").first.evaluate(STYLE, ["textAlign", None]) == "right"
    assert page.get_by_role("link", name="New").count() == 2

    page = visit("/admin/campaigns/run/")
    no = "td.field-is_held_out > div.bg-red-100"
    assert eventually(
        lambda: page.locator(no).count() or (page.reload() and page.locator(no).count()),
        seconds=120,
        every=3,
    )
    red, green, blue = page.locator(no).first.evaluate(COLOUR)
    assert abs(red - green) < 40
    assert abs(red - blue) < 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_untouched_date_is_not_marked_as_wrong(visit, shot, language):
    page = visit("/admin/campaigns/couponbatch/add/", language=language)
    page.context.new_cdp_session(page).send(
        "Emulation.setTimezoneOverride", {"timezoneId": "America/New_York"}
    )
    page.reload()
    page.locator(".timezonewarning").first.wait_for()
    shot(page, f"batch-{language}-1280")
    remarks = page.locator(".timezonewarning")
    assert remarks.count() > 0  # the clock of whoever looks is not the workspace's
    for n in range(remarks.count()):
        assert remarks.nth(n).evaluate(STYLE, ["content", "::before"]) == "none"


def test_enter_takes_the_only_event_that_fits_and_an_unknown_one_is_said(visit, shot):
    page = visit("/admin/campaigns/journey/absence/")
    field = page.locator("[name=entered_by]")
    field.fill("")
    field.press_sequentially("order comp")
    field.press("Enter")
    page.wait_for_function(
        "document.querySelector('[name=entered_by]').value === 'Order Completed'"
    )
    assert page.locator(".ht-pick-warning").count() == 0

    field.fill("Prodct Viewed")
    field.press("Tab")
    page.locator(".ht-pick-warning").wait_for()
    shot(page, "event-unseen-en-1280")
    field.fill("Product Viewed")
    field.press("Tab")
    page.locator(".ht-pick-warning").wait_for(state="detached")
    assert page.url.endswith("/absence/")
