"""A marketer's whole story with a journey: "viewed, not bought in 24 h → coupon and message;
redeemed within two days? a tag : another message; three ways by level". It is built, tried on the
past, published, watched, changed, compared, and those under way are moved; with the mouse in both
languages and widths, and built with the keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LANGUAGES, WIDTHS, confirmed, faults, overflows
from tests.browser.segments import Hand
from tests.product import eventually

pytestmark = pytest.mark.proof

MOST_PRESSES = 150
# What has to be there before: a batch with stock, a tag, and people who looked two days ago.
MAKE = """
import json
from datetime import timedelta
from crm_project.queue.due import database_now
from campaigns.models import CouponBatch
from customers.models import Identity, Namespace, Source, Tag
from events import ingest
from events.incoming_items import Incoming, Named

now, source = database_now(), Source.objects.filter(trust="server").order_by("pk").first()
batch = CouponBatch.objects.get_or_create(
    name={batch!r},
    defaults={{"namespace": source.namespace, "amount_off_fen": 1000, "stock": 1000, "valid_seconds": 604800}},
)[0]
tag = Tag.objects.get_or_create(name={tag!r})[0]
items = [
    Incoming(f"{{n}}-{{batch.name}}-{{now}}", f"{{n}}".encode(), {event!r}, now - timedelta(minutes=n % 5),
             identities=[Named("member_id", f"{{batch.name}}-{{n}}")], properties={{"product_id": "s1"}},
             attributes={{"level": ("gold", "silver", "")[n % 3]}})
    for n in range({people})
]
ingest.record(source, items, now=now)
made = [batch.pk, tag.pk]
"""  # noqa: E501
PEOPLE = 12
WORDS = {
    "en": {
        "Publish": "Publish",
        "hello": "Still want it?",
        "again": "Last chance",
        "other": "Look again",
    },
    "zh-hans": {
        "Publish": "发布",
        "hello": "还想要它吗？",
        "again": "最后机会",
        "other": "再看看",
    },
}


class Editor:
    """Builds a journey as a person does: by the plus signs, menus and forms that stand there."""

    def __init__(self, page: Page, language: str):
        self.page, self.language = page, language
        self.hand = Hand(page, language)

    @property
    def open(self):
        return self.page.locator(".ht-recipe-open")

    def begin(self, event: str, hours: int) -> None:
        page = self.page
        page.locator("#step-trigger .ht-acts a[href*='kind=absence']").click()
        self.event("first", event)
        self.event("second", "Order Completed")
        page.fill("[name=within_seconds_n]", str(hours))
        page.select_option("[name=within_seconds_unit]", "hours")
        page.check("[name=same_product]")
        self.save()

    def event(self, name: str, event: str) -> None:
        """Typed, whether or not it was seen before."""
        self.page.fill(f"#step-trigger [name={name}]", event)
        self.page.keyboard.press("Escape")

    def add(self, place, kind: str) -> None:
        """At a plus of the page: the new step is open afterwards."""
        place.click()
        self.page.locator(f".ht-recipe-menu button[value^='insert|{kind}|']").click()
        expect(self.open).to_be_visible()

    def save(self) -> None:
        with self.page.expect_navigation():
            self.open.locator("form button.ht-button-primary").first.click()

    def choose(self, name: str, value) -> None:
        """A choice of a select, also of one that is searched."""
        self.open.locator(f"select[name={name}]").evaluate(
            "(select, value) => { select.value = value; select.dispatchEvent(new Event('change',"
            " {bubbles: true})) }",
            str(value),
        )

    def plus(self, step: str = "", nth: int = 0):
        """The last plus of the journey, or of the so-many-th way of a step."""
        root = self.page.locator("ol.ht-recipe").first
        if step:
            ways = self.page.locator(f"#step-{step} > .ht-recipe-ways > .ht-recipe-way")
            root = ways.nth(nth).locator("> ol")
        return root.locator("> .ht-recipe-place > .ht-recipe-plus").last

    def opened(self) -> str:
        """The id of the open step."""
        return self.open.get_attribute("id").removeprefix("step-")

    def message(self, place, title: str, body: str) -> None:
        self.add(place, "send_message")
        self.page.fill(".ht-recipe-open [name=in_app-title]", title)
        self.page.fill(".ht-recipe-open [name=in_app-body]", body)
        self.save()

    def tag(self, place, tag: int) -> None:
        self.add(place, "add_tag")
        self.choose("tag", tag)
        self.save()

    def level(self, rule: int, level: str) -> None:
        """The so-many-th rule of the open split, written and named."""
        if rule > 1:
            with self.page.expect_navigation():
                self.open.locator(f"button[value=w{rule}_rule]").click()
        one = self.hand.add("attribute")
        one.locator("[name$=-attribute]").fill("level")
        self.page.keyboard.press("Escape")
        one.locator("[name$=-value]").fill(level)
        self.page.keyboard.press("Escape")
        self.page.fill(f".ht-recipe-open [name=w{rule}_label]", level)
        self.save()

    def build(self, event: str, batch: int, tag: int, words: dict) -> dict[str, str]:
        """The whole journey; the ids of the steps that have ways."""
        self.begin(event, 24)
        self.add(self.plus(), "issue_coupon")
        coupon = self.opened()
        self.choose("batch", batch)
        self.save()
        self.message(self.plus(coupon), words["hello"], "{{ coupon.name }}")
        self.add(self.plus(coupon), "wait")
        self.page.fill(".ht-recipe-open [name=n]", "2")
        self.choose("unit", "days")
        self.save()
        self.add(self.plus(coupon), "branch")
        branch = self.opened()
        self.hand.add("redeemed_coupon")
        self.save()
        self.tag(self.plus(branch), tag)
        self.message(self.plus(branch, 1), words["again"], "{{ customer.name }}")
        self.add(self.plus(branch, 1), "split")
        split = self.opened()
        self.level(1, "gold")
        self.level(2, "silver")
        for way in range(3):
            self.tag(self.plus(split, way), tag)
        return {"coupon": coupon, "branch": branch, "split": split}


def begun(visit, language: str, width: int) -> Page:
    page = visit("/admin/campaigns/journey/blank/", language=language, width=width)
    page.fill("[name=name]", f"story {language} {width} {page.evaluate('Date.now()')}")
    page.locator("#content form button.ht-button-primary").first.click()
    page.wait_for_url("**/editor/**")
    return page


def made(product, event: str, people: int) -> tuple[int, int]:
    """The batch and the tag of the story are there; so many people have just done `event`."""
    told = MAKE.format(batch=f"batch of {event}", tag="story", event=event, people=people)
    return tuple(product.ask("made", told))


def number_of(page: Page) -> int:
    """How many have entered, as the beginning's card says."""
    said = " ".join(page.locator("#step-trigger .ht-recipe-numbers").all_inner_texts())
    return max([int(word) for word in said.split() if word.isdigit()], default=0)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_built_tried_published_watched_changed_and_moved(product, visit, shot, language, width):
    words, event = WORDS[language], f"Story Viewed {language} {width}"
    batch, tag = made(product, event, 0)
    page = begun(visit, language, width)
    editor, journey = Editor(page, language), int(page.url.split("/journey/")[1].split("/")[0])
    ways = editor.build(event, batch, tag, words)
    shot(page, f"story-built-{language}-{width}")
    assert not page.locator(".ht-marks li").count(), page.locator(".ht-marks").inner_text()
    assert page.locator(f"#step-{ways['split']} > .ht-recipe-ways > .ht-recipe-way").count() == 3
    assert overflows(page) <= 0
    assert faults(page) == []

    # Tried on the past.
    page.locator("a[href$='/dry-run/']").first.click()
    page.locator("form[action$='/dry-run/'] button.ht-button-primary").click()
    # The page is loaded anew by itself once the job is over.
    expect(page.locator("#job-progress[hx-get]")).to_have_count(0, timeout=120_000)
    shot(page, f"story-dry-run-{language}-{width}")
    assert overflows(page) <= 0
    assert faults(page) == []

    # Published, and watched: whoever looks now enters, and stands in its numbers.
    page.locator("a[href$='/editor/']").first.click()
    publish(page, product, words)
    made(product, event, PEOPLE)
    page.locator("a[href$='/editor/']").first.click()
    assert eventually(lambda: page.reload() and number_of(page) == PEOPLE, seconds=60)
    shot(page, f"story-numbers-{language}-{width}")

    # A text is changed, both versions are compared, and those under way are moved.
    page.locator(".ht-recipe-sentence", has_text=words["hello"]).click()
    page.fill(".ht-recipe-open [name=in_app-title]", words["other"])
    editor.save()
    publish(page, product, words)
    assert page.url.endswith("/move/")  # they are offered to be moved
    page.locator("h2 a.ht-link").first.click()
    page.locator("a[href$='/versions/']").first.click()
    page.select_option("[name=from]", "1")
    page.select_option("[name=to]", "2")
    with page.expect_navigation():
        page.locator("form[method=get] button.ht-button").click()
    assert page.locator(".ht-change-changed").count() == 1
    shot(page, f"story-compared-{language}-{width}")
    page.go_back()
    page.go_back()
    page.locator("a[href$='/move/']").first.click()
    with page.expect_navigation():
        page.locator("form[method=post] button.ht-button-primary").last.click()
    shot(page, f"story-foreseen-{language}-{width}")
    assert faults(page) == []
    page.locator("button[value=move]").click()
    confirmed(page, product)
    moved = "SELECT count(*) FROM campaigns_run r JOIN campaigns_journey j ON j.id = r.journey_id"
    moved += " WHERE j.id = %s AND r.version_id = j.published_id"
    assert eventually(lambda: product.count(moved, journey) == PEOPLE, seconds=60)
    assert overflows(page) <= 0


def publish(page: Page, product, words: dict) -> None:
    page.get_by_role("button", name=words["Publish"]).click()
    confirmed(page, product)
    page.wait_for_load_state()


class Keyboard:
    """Builds the same with keys alone, and counts them: texts are typed, all else is a press."""

    def __init__(self, page: Page):
        self.page, self.presses = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.presses += 1

    def go(self, key: str = "Enter") -> None:
        """To another page; where it begins is seen."""
        with self.page.expect_navigation():
            self.press(key)
        self.page.wait_for_function("document.activeElement !== document.body")
        self.is_seen()

    def is_seen(self) -> None:
        style = self.page.evaluate(
            "() => { const one = document.activeElement, s = getComputedStyle(one); return"
            " one === document.body ? 'lost' : s.outlineStyle + s.boxShadow }"
        )
        assert style not in ("nonenone", "lost"), self.page.evaluate(
            "document.activeElement.outerHTML"
        )

    def to(self, selector: str, key: str = "Tab") -> None:
        """Tabs on, or back, until it has the focus."""
        for _n in range(30):
            if self.page.evaluate("one => document.activeElement.matches(one)", selector):
                return self.is_seen()
            self.press(key)
        raise AssertionError(f"{selector} is not reached")

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)

    def say(self, words: str) -> None:
        """In a field that begins with something."""
        self.press("ControlOrMeta+a")
        self.type(words)

    def save(self) -> None:
        self.go("ControlOrMeta+Enter")

    def add(self, letter: str, kind: str) -> None:
        """At the plus that has the focus: the menu, the kind by its letter, its form."""
        self.go()
        for _n in range(9):
            value = self.page.evaluate("document.activeElement.value")
            if value.startswith(f"insert|{kind}|"):
                break
            self.press(letter)
        self.go()

    def condition(self, key: str, words: str) -> None:
        """Chosen from the menu of the open rule; the leaf of it has the focus then."""
        self.to("[data-part=rule] [role=combobox]")
        self.type(words)
        wanted = self.page.locator(f"[role=option][data-value={key}]").first
        wanted.wait_for()
        while wanted.get_attribute("aria-selected") != "true":
            self.press("ArrowDown")
        self.press("Enter")
        expect(self.page.locator(".ht-recipe-open .ht-rule-leaf")).to_be_visible()
        self.page.wait_for_function("document.activeElement.closest('.ht-rule-leaf')")


def test_built_with_the_keyboard_alone(product, visit, shot):
    event = "Story Viewed by keyboard"
    made(product, event, 0)
    page = begun(visit, "en", 1280)
    keys = Keyboard(page)
    keys.to("a[href*='kind=absence']")
    keys.go()
    keys.type(event)
    keys.press("Escape", "Tab")
    keys.type("Order Completed")
    keys.press("Escape", "Tab")
    keys.type("24")
    keys.go()  # Enter in a field saves; the plus has the focus then
    keys.add("i", "issue_coupon")
    keys.type("batch of Story Viewed by keyboard")
    keys.save()
    keys.add("s", "send_message")
    keys.to("[name=in_app-title]")
    keys.type("Still want it?")
    keys.press("Tab")
    keys.type("{{ coupon.name }}")
    keys.press("Shift+Tab")
    keys.go()
    keys.add("w", "wait")
    keys.say("2")
    keys.press("Tab")
    keys.type("days")
    keys.press("Shift+Tab")
    keys.go()
    keys.add("b", "branch")
    keys.condition("redeemed_coupon", "Redeemed")
    keys.save()
    tagged(keys)
    keys.press("Tab")  # from the end of the one way into the other
    keys.to(".ht-recipe-plus")
    keys.add("s", "send_message")
    keys.to("[name=in_app-title]")
    keys.type("Last chance")
    keys.press("Tab")
    keys.type("{{ customer.name }}")
    keys.press("Shift+Tab")
    keys.go()
    keys.add("s", "split")
    keys.type("gold")
    level(keys, "gold")
    keys.to("button[value=w2_rule]", "Shift+Tab")
    keys.go()
    keys.press("Tab", "Tab")
    keys.type("silver")
    level(keys, "silver")
    keys.save()
    for way in range(3):
        if way:
            keys.press("Tab")
            keys.to(".ht-recipe-plus")
        tagged(keys)
    shot(page, "story-keyboard")
    print(f"{keys.presses} presses")
    assert page.locator(".ht-recipe-step").count() == 12
    assert not page.locator(".ht-marks li").count(), page.locator(".ht-marks").inner_text()
    assert keys.presses <= MOST_PRESSES, keys.presses


def tagged(keys: Keyboard) -> None:
    keys.add("p", "add_tag")
    keys.type("story")
    keys.save()


def level(keys: Keyboard, value: str) -> None:
    """A condition about the level, in the rule that is open."""
    keys.condition("attribute", "Attribute")
    keys.to(".ht-rule-leaf [name$=-attribute]")
    keys.type("level")
    keys.press("Escape")
    keys.to(".ht-rule-leaf [name$=-value]")
    keys.type(value)
    keys.press("Escape")
