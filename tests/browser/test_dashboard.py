"""The first page and the lists as people see them: both languages and widths, light and dark;
axe-core finds no serious fault; a list is exported."""

from pathlib import Path

import openpyxl
import pytest

from tests.browser.conftest import LANGUAGES, WIDTHS, faults, overflows
from tests.product import eventually

pytestmark = pytest.mark.proof
LOOKS = [("zh-hans", "light"), ("en", "dark")]
PAGES = [
    "/admin/",
    "/admin/customers/customer/",
    "/admin/events/event/",
    "/admin/events/order/",
    "/admin/campaigns/message/",
    "/admin/campaigns/coupon/",
    "/admin/campaigns/journey/",
    "/admin/customers/segment/",
    "/admin/customers/segment/add/",
    "/admin/bulk/?_list=customers.customer&_act=export",
    "/customers/merge-review/",
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dashboard_in_every_look(visit, shot, language, width, theme):
    page = visit("/admin/", language=language, width=width, theme=theme)
    # The demo's past is counted within a minute of the first start; until then the charts say that
    # nothing has happened yet.
    bars = page.locator("[data-chart=revenue] .ht-bar")
    assert eventually(
        lambda: bars.count() or (page.reload() and bars.count()), seconds=120, every=2
    )

    shot(page, f"dashboard-{language}-{width}-{theme}")
    assert overflows(page) <= 0
    assert page.locator("[data-chart]").count() >= 9


def test_its_figures_move_without_a_reload(visit):
    page = visit("/admin/")
    page.evaluate("window.kept = 1")
    before = page.locator(".ht-health .ht-push").inner_text()

    eventually(lambda: page.locator(".ht-health .ht-push").inner_text() != before, seconds=60)

    assert page.locator(".ht-health .ht-push").inner_text() != before
    assert page.evaluate("window.kept") == 1


def test_a_tile_and_a_bar_lead_to_their_rows(visit):
    page = visit("/admin/")
    paid = int(page.locator("[data-figure=orders]").get_attribute("data-value"))
    page.locator("a.ht-figure:has([data-figure=orders])").click()
    page.wait_for_url("**/events/order/?paid_at_from=**")

    assert (page.locator("#result_list tbody tr").count() > 0) == (paid > 0)


@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize("path", PAGES)
def test_nothing_serious_stands_in_anybodys_way(visit, path, language, theme):
    page = visit(path, language=language, theme=theme)

    assert faults(page) == []


def test_a_list_is_exported_with_a_bar_that_fills(visit, shot, tmp_path):
    page = visit("/admin/events/order/")
    page.locator(".ht-list-top a").click()
    page.wait_for_url("**/admin/bulk/**")
    page.locator(".ht-acts a").first.click()
    page.wait_for_url("**_act=export**")
    page.fill("[name=reason]", "a browser's proof")
    shot(page, "export-begin")
    page.locator("form button[type=submit].ht-button-primary").click()
    page.wait_for_selector("#job-progress[data-state=done]")
    shot(page, "export-done")
    with page.expect_download() as download:
        page.locator("#job-progress a[download]").click()
    file = Path(tmp_path) / "orders.xlsx"
    download.value.save_as(file)

    rows = list(openpyxl.load_workbook(file).active.iter_rows(values_only=True))
    assert len(rows) > 10
    assert rows[0][0] == "Number"
