"""A marketer builds "viewed, not bought → message with a coupon; else a tag" in the editor: with
the mouse, and with the keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LANGUAGES, WIDTHS, faults, overflows

pytestmark = pytest.mark.proof

MOST_PRESSES = 150
WORDS = {
    "en": {
        "kind": "An event happens",
        "wait": "Wait",
        "branch": "Branch",
        "message": "Send a message",
        "tag": "Put on a tag",
        "plus": "Add a step here",
    },
    "zh-hans": {
        "kind": "事件发生",
        "wait": "等待",
        "branch": "分支",
        "message": "发送消息",
        "tag": "打标签",
        "plus": "在这里添加步骤",
    },
}


def begun(visit, language: str, width: int, theme: str = "light") -> Page:
    page = visit("/admin/campaigns/journey/blank/", language=language, width=width, theme=theme)
    page.fill("[name=name]", f"built {language} {width} {theme} {page.evaluate('Date.now()')}")
    page.locator(
        "#content form button[type=submit], #content form button.ht-button-primary"
    ).first.click()
    page.wait_for_url("**/editor/**")
    return page


def add(page: Page, place: int, kind: str) -> None:
    """At the so-many-th plus of the page; the new step is open afterwards."""
    page.locator(".ht-recipe-plus").nth(place).click()
    page.locator(f".ht-recipe-menu button[value^='insert|{kind}|']").click()
    expect(page.locator(".ht-recipe-open")).to_be_visible()


def save(page: Page) -> None:
    with page.expect_navigation():
        page.locator(".ht-recipe-open form button.ht-button-primary").first.click()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_built_with_the_mouse(visit, shot, language, width):
    page = begun(visit, language, width)
    shot(page, f"editor-empty-{language}-{width}")
    page.locator("#step-trigger .ht-acts a").first.click()
    page.fill("#step-trigger [name=event]", "Product Viewed")
    save(page)

    add(page, 0, "wait")
    page.fill(".ht-recipe-open [name=n]", "24")
    save(page)
    add(page, 1, "branch")
    page.locator(".ht-recipe-open [data-menu]").first.evaluate(
        "menu => { menu.value = 'reachable'; menu.dispatchEvent(new Event('change', {bubbles:"
        " true})) }"
    )
    expect(page.locator(".ht-recipe-open .ht-rule-leaf")).to_be_visible()
    shot(page, f"editor-branch-{language}-{width}")
    save(page)
    # Of the places now: before the wait, before the branch, its yes-way, its no-way.
    add(page, 2, "send_message")
    page.fill(
        ".ht-recipe-open [name=in_app-title]",
        "还想要它吗？" if language == "zh-hans" else "Still want it?",
    )
    page.fill(".ht-recipe-open [name=in_app-body]", "{{ customer.name | default: '您好' }}")
    shot(page, f"editor-message-{language}-{width}")
    save(page)
    shot(page, f"editor-built-{language}-{width}")

    # The beginning, no goal yet, three steps.
    assert page.locator(".ht-recipe-step").count() == 5
    assert not page.locator(".ht-marks li").count(), page.locator(".ht-marks").inner_text()
    assert overflows(page) <= 0
    assert faults(page) == []
    for act in ("undo", "redo"):
        with page.expect_navigation():
            page.locator(f"button[value={act}]").click()
    with page.expect_navigation():
        page.get_by_role("button", name="发布" if language == "zh-hans" else "Publish").click()
    shot(page, f"editor-published-{language}-{width}")
    assert page.locator("[href$='/editor/']").count()


def test_it_is_built_with_the_keyboard_alone(visit):
    page, presses = begun(visit, "en", 1280), 0

    def press(key: str) -> None:
        nonlocal presses
        page.keyboard.press(key)
        presses += 1

    def reach(selector: str) -> None:
        """Tabs on until it has the focus, which must be seen."""
        for _n in range(80):
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                style = page.evaluate(
                    "() => { const s = getComputedStyle(document.activeElement); return"
                    " s.outlineStyle + s.boxShadow }"
                )
                assert style != "nonenone", selector
                return
            press("Tab")
        raise AssertionError(f"{selector} is not reached")

    def into(selector: str) -> None:
        """Where the page was led to by its anchor, tabbing goes on from there."""
        reach(selector)
        with page.expect_navigation():
            press("Enter")

    into("#step-trigger .ht-acts a")
    reach("#step-trigger [name=event]")
    page.keyboard.type("Product Viewed")
    press("Escape")
    into("#step-trigger form .ht-button-primary")
    into(".ht-recipe-plus")
    into(".ht-recipe-menu button[value^='insert|wait|']")
    reach(".ht-recipe-open [name=n]")
    page.keyboard.type("2")
    into(".ht-recipe-open form .ht-button-primary")

    assert page.locator(".ht-recipe-number").count() == 1
    assert page.locator(".ht-recipe-step").count() == 3
    assert not page.locator(".ht-marks li").count()
    assert presses <= MOST_PRESSES, presses


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_two_editors_of_one_journey(visit, theme):
    page = begun(visit, "en", 1280, theme)
    page.locator("#step-trigger .ht-acts a").first.click()
    page.fill("#step-trigger [name=event]", "Product Viewed")
    save(page)
    add(page, 0, "wait")
    other = visit(page.url.split("#")[0].replace(page.url.split("/admin")[0], ""), theme=theme)
    other.fill(".ht-recipe-open [name=n]", "9")
    save(other)
    page.fill(".ht-recipe-open [name=n]", "5")
    page.locator(".ht-recipe-open form button.ht-button-primary").first.click()
    page.wait_for_load_state()

    expect(page.get_by_role("alert")).to_be_visible()
    visit.problems.clear()  # the browser notes that the answer was 409
    assert page.locator(".ht-recipe-open [name=n]").input_value() == "5"
    assert faults(page) == []
    save(page)
    assert page.locator(".ht-recipe-open [name=n]").input_value() == "5"
