"""The pages that are used most, as docs/look.md wants them: in both languages, on a desk and
in a hand, light and dark; nothing serious for axe-core, nothing wider than its window; and what the
keyboard reaches is in sight."""

from functools import partial

import pytest

from tests.browser.conftest import LANGUAGES, WIDTHS, confirmed, faults, overflows
from tests.product import eventually

pytestmark = pytest.mark.proof
THEMES = ("light", "dark")
NEWEST = "SELECT id FROM {} WHERE {} ORDER BY id DESC LIMIT 1"
LISTS = {
    "dashboard": "/admin/",
    "today": "/today/",
    "customers": "/admin/customers/customer/",
    "segments": "/admin/customers/segment/",
    "journeys": "/admin/campaigns/journey/",
    "campaigns": "/admin/campaigns/campaign/",
    "messages": "/admin/campaigns/message/",
    "sources": "/admin/customers/source/",
    "mailbox": "/mailbox/",
    "names": "/admin/customers/displayname/",
    "guide": "/admin/guides/operator/",
}
ROWS = {
    "segment": ("/admin/customers/segment/{}/change/", "customers_segment", "kind = 'rule'"),
    "journey": ("/admin/campaigns/journey/{}/change/", "campaigns_journey", "true"),
    "editor": ("/admin/campaigns/journey/{}/editor/", "campaigns_journey", "true"),
    "campaign": ("/admin/campaigns/campaign/{}/change/", "campaigns_campaign", "true"),
    "batch": ("/admin/campaigns/couponbatch/{}/change/", "campaigns_couponbatch", "true"),
    "source": ("/admin/customers/source/{}/change/", "customers_source", "format = 'native'"),
}
COVERED = """() => {
  const field = document.activeElement, box = field.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return !(top === field || field.contains(top) || top?.contains(field));
}"""


@pytest.fixture(scope="session")
def addresses(product) -> dict[str, str]:
    """The pages, each with a row of the demo's where it is of one."""
    found = dict(LISTS)
    for name, (path, table, where) in ROWS.items():
        look = partial(product.rows, NEWEST.format(table, where))
        assert eventually(look, seconds=120, every=2), name
        found[name] = path.format(look()[0]["id"])
    buyer = (
        "SELECT c.public_id FROM customers_customer c JOIN events_order o ON o.customer_id = c.id"
        " WHERE c.merged_into_id IS NULL AND c.erased_at IS NULL AND c.name <> '' LIMIT 1"
    )
    assert eventually(lambda: product.rows(buyer), seconds=120, every=2)
    found["customer"] = f"/customers/{product.rows(buyer)[0]['public_id']}/"
    return found


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [*LISTS, *ROWS, "customer"])
def test_a_page_is_as_the_rules_want_it(visit, shot, addresses, name, language, width, theme):
    page = visit(addresses[name], language=language, width=width, theme=theme)
    page.wait_for_function("!document.querySelector('.htmx-request')")  # what comes later is there
    shot(page, f"face-{name}-{language}-{width}-{theme}")

    assert overflows(page) <= 0
    assert faults(page) == []


def test_no_bar_lies_over_the_field_that_has_the_focus(visit, addresses):
    page = visit(addresses["batch"])
    fields = page.locator("#couponbatch_form :is(input, select, textarea):visible:enabled")
    fields.first.focus()
    for _field in range(fields.count()):
        assert not page.evaluate(COVERED), page.evaluate("document.activeElement.name")
        page.keyboard.press("Tab")


def test_fields_side_by_side_begin_at_the_same_height(visit, addresses):
    page = visit(addresses["batch"])
    stock, most = (
        page.locator(f"[name={name}]").bounding_box()["y"] for name in ("stock", "per_customer")
    )
    assert abs(stock - most) < 2


def test_the_sidebar_opens_and_closes_by_the_keyboard_and_remembers(visit):
    page = visit("/admin/")
    group = page.locator("details[data-nav]").last
    assert not group.evaluate("e => e.open")
    group.locator("summary").focus()
    page.keyboard.press("Enter")
    assert group.evaluate("e => e.open")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className").startswith("ht-nav-item")

    page.goto(page.url)
    assert page.locator("details[data-nav]").last.evaluate("e => e.open")


def test_the_sidebar_on_a_phone_opens_over_the_page(visit, shot):
    page = visit("/admin/campaigns/journey/", width=390, language="zh-hans")
    assert page.get_by_role("link", name="优惠券批次").count() == 0
    page.locator("span[x-on\\:click*=sidebar]:visible").first.focus()
    page.keyboard.press("Enter")
    shot(page, "face-sidebar-zh-hans-390")
    page.get_by_role("link", name="优惠券批次").click()
    page.wait_for_url("**/couponbatch/")


def test_a_view_of_the_list_is_made_of_columns_and_filters(visit, shot):
    page = visit("/admin/customers/customer/?stage=active")
    page.locator("[data-columns] > summary").click()
    page.get_by_label("Purchases").check()
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**columns=**")
    page.locator("th.column-purchases").wait_for()
    page.locator("[data-save-view] > summary").click()
    page.fill("#view-name", "Regulars")
    page.locator("[data-save-view] button[type=submit]").click()
    page.wait_for_url("**view=**")
    shot(page, "face-view-en-1280")
    assert page.locator(".ht-tab-on").inner_text() == "Regulars"
    page.get_by_role("button", name="Delete the view").click()
    page.wait_for_load_state()
    assert page.get_by_text("Regulars", exact=True).count() == 0


def test_an_example_is_tried_dry_on_the_sources_page(visit, shot, addresses):
    page = visit(addresses["source"])
    page.locator("[data-try] button[name=dry]").click()
    page.locator("#tried .ht-good").wait_for()
    shot(page, "face-tried-en-1280")
    page.locator("#arrivals-form [name=refused]").check()
    page.wait_for_function("!document.querySelector('#arrivals .ht-good')")


def test_a_name_given_in_the_admin_is_read_in_a_rule(visit, product, addresses):
    sql = "SELECT id FROM customers_displayname WHERE kind = 'event' AND key = 'Product Viewed'"
    assert eventually(lambda: product.rows(sql), seconds=180, every=3)
    page = visit(f"/admin/customers/displayname/{product.rows(sql)[0]['id']}/change/")
    page.fill("[name=name_en]", "looked at goods")
    page.locator("[name=_save]").click()
    confirmed(page, product)
    page = visit("/admin/campaigns/journey/")
    page.locator("#result_list a", has_text="浏览未下单").first.click()
    page.wait_for_load_state()
    assert "looked at goods" in page.locator(".ht-sentence").first.inner_text()
