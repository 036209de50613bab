"""The page of a customer and the merge review, as staff use them: a story read, a phone shown, a
task ticked, two merged and apart.

The school and the clinic live beside the demo's shop, so that a student and a patient can be looked
at too.
"""

import contextlib
import subprocess
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LANGUAGES, PATIENCE_MS, WIDTHS, act, faults, overflows

pytestmark = pytest.mark.proof
expect.set_options(timeout=PATIENCE_MS)

SHOPPER = """SELECT c.public_id FROM customers_customer c JOIN campaigns_message m
  ON m.customer_id = c.id AND m.state = 'sent'
              JOIN events_order o ON o.customer_id = c.id JOIN customers_identity i
                ON i.customer_id = c.id AND i.kind = 'phone'
             WHERE c.merged_into_id IS NULL AND c.name <> '' ORDER BY c.id LIMIT 1"""
ATTENDS = """SELECT c.public_id FROM customers_customer c JOIN events_measurement m
  ON m.customer_id = c.id
               JOIN customers_namespace n ON n.id = m.namespace_id
                 AND n.key = '{}' WHERE c.merged_into_id IS NULL AND c.name <> ''
              GROUP BY c.id ORDER BY count(*) DESC LIMIT 1"""
QUESTIONS = {
    "shopper": SHOPPER,
    "student": ATTENDS.format("school"),
    "patient": ATTENDS.format("clinic"),
}
SECONDS = 600  # a proof may share its machine with others


@pytest.fixture(scope="module")
def people(product) -> Iterator[dict[str, str]]:
    """The address of one of each, once they are there."""
    simulate = [*product.command, "simulate"]
    lives = {
        "env": product.env,
        "cwd": product.tree,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    houses = [subprocess.Popen([*simulate, business], **lives) for business in ("school", "clinic")]
    try:
        yield {
            who: f"/customers/{awaited(product, question)}/" for who, question in QUESTIONS.items()
        }
    finally:
        for house in houses:
            house.terminate()
        for house in houses:
            with contextlib.suppress(subprocess.TimeoutExpired):
                house.wait(20)


def awaited(product, question: str) -> str:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if rows := product.rows(question):
            return str(rows[0]["public_id"])
        time.sleep(1)
    raise AssertionError(f"nobody after {SECONDS} s: {question}")


@pytest.mark.parametrize("who", list(QUESTIONS))
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_tells_a_persons_story(people, visit, shot, who, width, language):
    page = visit(people[who], language=language, width=width)

    expect(page.locator("#story article").first).to_be_visible()
    assert overflows(page) <= 0
    shot(page, f"profile-{who}-{language}-{width}")
    if width < 600:
        page.click("[data-side=panels]")
    last = page.locator(".ht-panels > section").last
    last.scroll_into_view_if_needed()
    expect(last.locator("[hx-get] > *").first).not_to_contain_text("…")
    assert overflows(page) <= 0
    assert faults(page) == []
    shot(page, f"details-{who}-{language}-{width}")


def test_the_story_goes_on_and_is_searched(people, visit):
    page = visit(people["patient"], theme="dark")
    lines = page.locator("#story article")
    first = lines.count()

    page.keyboard.press("End")
    expect(lines.nth(first)).to_be_attached()

    page.select_option("#story-kind", "bookings")
    expect(page.locator("#story article:not([data-kind=bookings])")).to_have_count(0)
    page.fill("#story-q", "no such thing")
    expect(lines).to_have_count(0)


def opened(page: Page, action: str):
    act(page, action)
    drawer = page.locator("#drawer")
    expect(drawer).to_be_visible()
    return drawer


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_done_from_the_page_stands_in_the_story(people, visit, shot, width):
    page = visit(people["student"], width=width)

    drawer = opened(page, "note")
    drawer.locator("textarea").fill(f"asked about the exam ({width})")
    drawer.locator("button[type=submit]").click()
    expect(page.locator("#story")).to_contain_text(f"asked about the exam ({width})")

    drawer = opened(page, "message")
    shot(page, f"message-{width}")
    drawer.locator("[name=in_app-title]").fill("Dear {{ customer.name }}")
    drawer.locator("[name=in_app-body]").fill(f"The exam is on Friday ({width}).")
    drawer.locator("button[type=submit]").click()
    expect(drawer.locator("[name=confirmed]")).to_be_attached()
    expect(drawer).not_to_contain_text("{{")
    drawer.locator("button[type=submit]").click()
    page.wait_for_load_state()
    expect(page.locator("#story")).to_contain_text(f"The exam is on Friday ({width}).")

    opened(page, "task")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).not_to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_is_shown_for_a_reason_and_gone_with_the_drawer(
    people, visit, shot, language, width
):
    page = visit(people["shopper"], language=language, width=width)
    page.click("[hx-get*=reveal]")
    drawer = page.locator("#drawer")
    drawer.locator("[name=reason]").fill("calls back about the order")
    drawer.locator("button[type=submit]").click()

    expect(drawer.locator("[data-clear]")).to_contain_text("+86")
    shot(page, f"reveal-{language}-{width}")
    assert overflows(page) <= 0
    drawer.locator("[data-close]").last.click()
    expect(page.locator("[data-clear]")).to_have_count(0)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_two_are_merged_and_apart_again(people, product, visit, shot, language, width):
    newest = (
        "SELECT id, public_id, name FROM customers_customer WHERE merged_into_id IS NULL AND name"
        " <> '' ORDER BY id DESC LIMIT 2"
    )
    later, elder = product.rows(newest)
    page = visit(f"/customers/{later['public_id']}/", language=language, width=width)
    act(page, "merge")
    page.fill("#merge-review-q", elder["name"])
    page.keyboard.press("Enter")
    page.click(f"a[href*='second={elder['public_id']}']")
    expect(page.locator(".ht-person")).to_have_count(2)
    assert overflows(page) <= 0
    shot(page, f"merge-review-merge-{language}-{width}")

    page.click(".ht-decide button")
    page.wait_for_url(f"**/customers/{elder['public_id']}/")
    shot(
        visit("/customers/merge-review/", language=language, width=width),
        f"merge-review-{language}-{width}",
    )
    if width < 600:
        page.click("[data-side=panels]")
    page.locator("#panel-merges").scroll_into_view_if_needed()
    page.locator("#panel-merges li", has=page.locator(f"a[href*='{later['public_id']}']")).locator(
        "a.ht-button"
    ).first.click()
    expect(page.locator(".ht-pair-up section")).to_have_count(2)
    assert overflows(page) <= 0
    shot(page, f"merge-review-undo-{language}-{width}")
    page.click(".ht-decide button")
    expect(page.locator(".ht-decide")).to_have_count(0)
    assert (
        product.count(
            "SELECT count(*) FROM customers_customer WHERE id = ANY(%s) AND merged_into_id IS NULL",
            [later["id"], elder["id"]],
        )
        == 2
    )
