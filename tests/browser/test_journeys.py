"""A journey's picture as marketers see it: both languages and widths, light and dark, with a
keyboard, and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LANGUAGES, PATIENCE_MS, WIDTHS, faults, overflows
from tests.product import eventually

pytestmark = pytest.mark.proof

HAS = {"condition": "attribute", "attribute": "city", "operator": "exists"}
VIEWED = {"trigger": "event", "event": "Product Viewed"}


def message(title: str, then: str | None) -> dict:
    content = {"title": title, "body": "Have a look."}
    return {
        "step": "send_message",
        "channel": "in_app",
        "purpose": "marketing",
        "content": content,
        "next": then,
    }


def asked(yes: str | None, no: str | None) -> dict:
    return {"step": "branch", "rule": HAS, "yes": yes, "no": no}


def wait(n: int, then: str | None) -> dict:
    return {"step": "wait", "n": n, "unit": "hours", "next": then}


# Ways that part and meet, one that skips steps, one back to an earlier step, texts of several
# lengths.
FORK = {
    "first": asked("greet", "pause"),
    "greet": message("Hello", "again"),
    "pause": wait(2, "later"),
    "later": message(
        "For everybody who looked at something and has not yet said where they live or what they"
        " like",
        "again",
    ),
    "again": asked("long", None),
    "long": wait(24, "last"),
    "last": asked("pause", "bye"),
    "bye": message("Good-bye", None),
}
HUNDRED = {
    f"s{n}": asked(f"s{n + 1}", None) if n % 2 else wait(1, f"s{n + 1}") for n in range(99)
} | {"s99": wait(1, None)}

# Cards and labels that touch each other, rows that are higher than what stands in them, and arrows
# whose tip is not in the middle of a card's upper edge.
WRONG = """() => {
  const found = [];
  const boxes = [...document.querySelectorAll(".ht-graph .ht-node, .ht-graph-place > .ht-edge-label")];
  const rects = boxes.map((box) => box.getBoundingClientRect());
  rects.forEach((a, i) => rects.slice(i + 1).forEach((b, j) => {
    if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      found.push(`${boxes[i].textContent} touches ${boxes[i + 1 + j].textContent}`);
  }));
  for (const row of document.querySelectorAll(".ht-graph-row")) {
    const heights = [...row.querySelectorAll(".ht-node, .ht-graph-place > .ht-edge-label")].map((box) => box.offsetHeight);
    if (row.offsetHeight > Math.max(...heights) + 1) found.push(`a row is higher than its boxes: ${row.textContent}`);
  }
  const cards = [...document.querySelectorAll(".ht-graph .ht-node")].map((card) => card.getBoundingClientRect());
  for (const path of document.querySelectorAll(".ht-graph path[marker-end]")) {
    const tip = path.getPointAtLength(path.getTotalLength()).matrixTransform(path.getScreenCTM());
    if (!cards.some((card) => Math.abs(card.top - tip.y) < 2 && Math.abs((card.left + card.right) / 2 - tip.x) < 2))
      found.push(`an arrow leads to ${tip.x}, ${tip.y}`);
  }
  return found;
}"""  # noqa: E501

OF_THE_DEMO = "SELECT min(id) FROM campaigns_journey WHERE strpos(name, '未下单') > 0"


@pytest.fixture(scope="module")
def journeys(product) -> dict[str, str]:
    """The addresses of two journeys that are made for this, and of the demo's own."""
    rest = {"trigger": VIEWED, "reentry": {"kind": "once"}}
    made = {
        "fork": product.publish("Fork", {**rest, "start": "first", "steps": FORK}),
        "hundred": product.publish("Hundred", {**rest, "start": "s0", "steps": HUNDRED}),
        "demo": eventually(lambda: product.count(OF_THE_DEMO), seconds=120),
    }
    return {name: f"/admin/campaigns/journey/{key}/change/" for name, key in made.items()}


def wrong(page: Page) -> list[str]:
    return page.evaluate(WRONG)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["fork", "demo"])
def test_nothing_overlaps_and_every_arrow_meets_a_card(
    journeys, visit, shot, name, language, width, theme
):
    page = visit(journeys[name], language=language, width=width, theme=theme)

    shot(page, f"journey-{name}-{language}-{width}-{theme}")
    assert page.locator(".ht-graph .ht-node").count() >= 3
    assert wrong(page) == []
    assert overflows(page) <= 0
    assert faults(page) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_hundred_steps_are_readable(journeys, visit, shot, width):
    page = visit(journeys["hundred"], width=width)

    shot(page, f"journey-hundred-{width}")
    assert page.locator(".ht-graph .ht-node").count() == 102
    assert wrong(page) == []
    assert overflows(page) <= 0


def test_a_wide_picture_begins_at_the_beginning_and_is_moved_by_the_keyboard(journeys, visit):
    page = visit(journeys["fork"], width=390)
    box, first = page.locator(".ht-graph"), page.locator(".ht-graph .ht-node").first

    expect(first).to_be_in_viewport(ratio=0.9)
    box.focus()
    before = box.evaluate("box => box.scrollLeft")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.ht-graph').scrollLeft > before", arg=before
    )


def test_the_list_tells_every_step_and_way(journeys, visit, shot):
    page = visit(journeys["fork"], width=390)
    steps = page.locator(".ht-graph-list > li")

    expect(steps).to_have_count(len(FORK) + 2)
    expect(steps.first).not_to_be_visible()
    page.locator("summary", has_text="The steps as a list").press("Enter")
    expect(steps.first).to_be_visible()
    expect(steps.filter(has_text="yes → ").first).to_contain_text("no → ")
    assert overflows(page) <= 0
    shot(page, "journey-list")


def test_the_picture_stands_without_javascript(journeys, product, chromium, logged_in, shot):
    context = chromium.new_context(
        storage_state=logged_in, java_script_enabled=False, viewport={"width": 1280, "height": 900}
    )
    page = context.new_page()
    page.goto(product.url + journeys["fork"])

    shot(page, "journey-no-javascript")
    expect(page.locator(".ht-graph .ht-node")).to_have_count(len(FORK) + 2)
    page.locator(".ht-graph .ht-node").first.hover(
        timeout=PATIENCE_MS
    )  # it is seen, and nothing is before it
    assert wrong(page) == []
    context.close()
