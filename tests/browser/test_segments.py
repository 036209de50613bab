"""A marketer builds a segment from nothing, edits it, asks why, and makes a list from a file."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import overflows
from tests.browser.segments import SHOES, Hand, is_settled, people

pytestmark = pytest.mark.proof

ADD = "/admin/customers/segment/add/"
BOTH = pytest.mark.parametrize(
    ("language", "width", "theme"), [("en", 1280, "light"), ("zh-hans", 390, "dark")]
)


def build(hand: Hand, tag: str) -> None:
    """Viewed shoes at least twice in 14 days, no order in 30, level gold or the tag."""
    viewed = hand.add("did_event")
    hand.pick(viewed.locator("[name$=-event]"), "view", "Product Viewed")
    viewed.locator("[name$=-times]").fill("2")
    viewed.locator("[name$=-window]").select_option("last")
    viewed.locator("[name$=-window_n]").fill("14")
    viewed.locator("ht-filters > button").click()
    hand.pick(viewed.locator("[name$=-property]").first, "cat", "category")
    hand.pick(viewed.locator("[name$=-value]").first, SHOES, SHOES)
    orders = hand.add("orders")
    orders.locator("[name$=-comparison]").select_option("=")
    orders.locator("[name$=-times]").fill("0")
    orders.locator("[name$=-window]").select_option("last")
    orders.locator("[name$=-window_n]").fill("30")
    either = hand.add_group()
    level = hand.add("attribute", either)
    hand.pick(level.locator("[name$=-attribute]"), "lev", "level")
    level.locator("[name$=-operator]").select_option("is")
    hand.pick(level.locator("[name$=-value]"), "go", "gold")
    tags = hand.add("tag", either)
    search = tags.locator("[data-field=tags] [role=combobox]")
    search.click()
    search.fill(tag)
    search.press("Enter")
    expect(tags.locator(".ht-pick-chips .ht-chip")).to_have_count(1)


@BOTH
def test_a_segment_from_nothing_to_why(product, visit, shot, language, width, theme):
    prefix, tag = f"{language}-", f"VIP {language}"
    known = people(product, prefix=prefix, tag=tag)
    page = visit(ADD, language=language, width=width, theme=theme)
    hand = Hand(page, language)

    build(hand, tag)
    hand.wait()
    members = {link.inner_text() for link in page.locator("[data-answer] a.ht-chip").all()}
    expect(page.locator("[data-sentence]")).to_contain_text("VIP")
    assert {prefix + "Anna", prefix + "Bella"} <= members
    assert not {prefix + "Carl", prefix + "Dora", prefix + "Emil"} & members
    count = int(page.locator("[data-figure=preview_count]").get_attribute("data-value"))
    assert overflows(page) <= 0
    shot(page, f"segment-built-{language}-{width}")

    page.fill("[name=name]", f"Shoes {language}")
    hand.save()
    assert is_settled(page, count)
    shot(page, f"segment-saved-{language}-{width}")

    page.locator("[data-part=rule] [name$=-times]").first.fill("3")
    expect(page.locator("[data-difference] [data-figure=leaving]")).not_to_have_attribute(
        "data-value", "0"
    )
    assert prefix + "Bella" in page.locator("[data-difference]").inner_text()
    shot(page, f"segment-difference-{language}-{width}")
    hand.save()
    expect(page.locator("[data-version='2']")).to_be_visible()

    why(page, prefix + "Anna", "in")
    shot(page, f"segment-why-in-{language}-{width}")
    assert page.locator(".ht-rule-leaf a[href*='/events/event/']").count() == 3
    why(page, prefix + "Carl", "out")
    shot(page, f"segment-why-out-{language}-{width}")
    assert page.locator(".ht-rule-leaf a[href*='/events/order/']").count() == 1
    assert overflows(page) <= 0
    assert known["Carl"]


def why(page, member: str, answer: str) -> None:
    if "/why/" not in page.url:
        page.locator("a[href$='/why/']").first.click()
    page.fill("#why-q", member)
    page.press("#why-q", "Enter")
    expect(page.locator(f"[data-why={answer}]")).to_be_visible()


@BOTH
def test_a_list_from_a_file(product, visit, shot, tmp_path, language, width, theme):
    prefix = f"list-{language}-"
    people(product, prefix=prefix, tag=f"VIP {language}")
    file = tmp_path / "people.csv"
    file.write_text(f"member\n{prefix}Anna\n{prefix}Emil\nunheard\n")
    page = visit(ADD, language=language, width=width, theme=theme)

    page.fill("[name=name]", f"From a file {language}")
    page.select_option("[name=kind]", "list")
    expect(page.locator("[data-rule]")).to_be_hidden()
    Hand(page, language).save()
    page.set_input_files("[name=file-file]", str(file))
    page.select_option("[name=file-kind]", "member_id")
    page.select_option("[name=file-source]", index=1)
    page.check("[name=file-has_heading]")
    page.locator("[name=_continue]").first.click()  # not this button: the file would be lost
    expect(page.locator("[data-unsent]")).to_be_visible()
    with page.expect_navigation():
        page.locator("form[action$='/file/'] button[type=submit]").click()

    said = page.locator("body").inner_text()
    assert "unheard" in said
    assert is_settled(page, 2)
    assert overflows(page) <= 0
    shot(page, f"segment-list-{language}-{width}")


def test_a_rule_is_arranged_by_keyboard_alone(visit):
    page = visit(ADD)
    page.locator("[data-part=rule] > .ht-row [role=combobox]").focus()
    for label, typed in (("Attribute", "level"), ("Did an event", "Product Viewed")):
        page.keyboard.type(label)
        page.keyboard.press("Enter")
        page.locator(
            "[data-part=rule] > [data-parts] [data-part]:last-child .ht-fields :focus"
        ).wait_for()
        page.keyboard.type(typed)
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")  # saves nothing half-made
        page.locator("[data-part=rule] > .ht-row [role=combobox]").focus()
    titles = page.locator("[data-part=rule] .ht-rule-leaf .ht-part-title")
    assert titles.all_inner_texts() == ["Attribute", "Did an event"]

    page.locator("[name$=-event]").focus()
    page.keyboard.press("Alt+Shift+ArrowUp")
    assert titles.all_inner_texts() == ["Did an event", "Attribute"]
    assert page.evaluate("document.activeElement.name").endswith("-event")

    page.locator(".ht-rule-leaf [data-do=remove]").first.press("Enter")
    expect(titles).to_have_count(1)
    page.locator("[data-toast] button").press("Enter")
    assert titles.all_inner_texts() == ["Did an event", "Attribute"]

    page.locator("[data-part=rule] > .ht-row [data-add-group]").press("Enter")
    expect(page.locator("[data-part=rule] [data-is-group]")).to_have_count(1)
    page.locator("[name$=-event]").focus()
    page.keyboard.press("Alt+Shift+ArrowRight")
    expect(page.locator("[data-is-group] [data-is-group] [name$=-event]")).to_have_count(1)
    page.keyboard.press("Alt+Shift+ArrowLeft")
    expect(page.locator("[data-is-group] [data-is-group] [name$=-event]")).to_have_count(0)


def test_a_group_is_copied_to_another_segment(visit):
    page = visit(ADD)
    page.locator("[data-begin=viewed_not_bought]").click()
    expect(page.locator(".ht-rule-leaf")).to_have_count(2)
    expect(page.locator("[data-starts]")).to_be_hidden()
    page.locator("[data-part=rule] > .ht-part-head .ht-more > summary").click()
    page.locator("[data-part=rule] > .ht-part-head [data-do=copy]").click()
    expect(page.locator("[data-toast]")).to_be_visible()

    page.goto(page.url)
    page.locator("[data-paste-into=rule]").click()
    expect(page.locator("[data-is-group] [data-is-group] .ht-rule-leaf")).to_have_count(2)
    expect(page.locator("[data-sentence]")).to_contain_text("Product Viewed")


def test_from_a_customers_page_to_why_not(product, visit, shot):
    """Why is Carl, who bought five days ago, not silent, and when will he be?"""
    known = people(product, prefix="page-", tag="VIP page")
    page = visit(ADD)
    page.locator("[data-begin=silent]").click()
    expect(page.locator(".ht-rule-leaf")).to_have_count(1)
    page.fill("[name=name]", "Silent for the page")
    Hand(page, "en").save()

    page = visit(f"/admin/customers/customer/{known['Carl']}/change/")
    page.locator("#panel-segments").scroll_into_view_if_needed()
    search = page.locator("#panel-segments form [role=combobox]")
    search.click()
    search.fill("Silent for the page")
    search.press("Enter")
    page.locator("#panel-segments form button[type=submit]").click()

    expect(page.locator("[data-why=out]")).to_be_visible()
    assert "this changes at" in page.locator("#content").inner_text()
    shot(page, "segment-why-from-page")
