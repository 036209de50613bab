"""A browser at the product, as a user has them: `manage.py up` with the demo's shop, and Chromium.

    def test_something(product, visit):
        page = visit("/admin/customers/segment/", language="en", width=390)

`visit` opens pages logged in as the administrator. A test fails where a page of its own wrote an
error to the console, threw one, or was answered with an error. SHOTS=<folder> keeps the pictures
that `shot(page, name)` takes.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.product import Product

CHROMIUM = (
    os.environ.get("CHROMIUM")
    or shutil.which("chromium")
    or shutil.which("chromium-browser")
    or shutil.which("google-chrome")
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LANGUAGES = ("zh-hans", "en")
WIDTHS = (1280, 390)
PATIENCE_MS = 60_000  # a proof may share its machine with others


def pytest_collection_modifyitems(items):
    """CI has a browser, or the proof has failed."""
    if CHROMIUM or os.environ.get("CI"):
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(
                pytest.mark.skip(reason="no Chromium on this machine; CHROMIUM names one")
            )


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """Running, with the demo's shop and its past; all tests of a session share it."""
    # Stand-ins of vendors answer on this machine.
    with Product(demo=True, HUTONG_OUTBOUND_HOSTS="127.0.0.1") as running:
        running.start(seconds=600)
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    assert CHROMIUM, "there is no Chromium; CHROMIUM names one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def logged_in(product, chromium) -> dict:
    """The cookies of the administrator's session."""
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{product.url}/admin/login/")
    page.fill("[name=username]", "admin")
    page.fill(
        "[name=password]", json.loads((product.data / "secrets.json").read_text())["ADMIN_PASSWORD"]
    )
    page.locator("form button[type=submit], form input[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/admin/$"))
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(scope="session")
def at_the_desk(product, chromium, logged_in):
    """A logged-in browser for a language, a width and a theme; it keeps its cache, so pages after
    the first open quickly."""
    kept: dict[tuple, BrowserContext] = {}

    def sit_down(language: str, width: int, theme: str) -> BrowserContext:
        if (language, width, theme) not in kept:
            look = {
                "viewport": {"width": width, "height": 900},
                "color_scheme": theme,
                "has_touch": width < 600,
            }
            context = kept[language, width, theme] = chromium.new_context(
                storage_state=logged_in, **look
            )
            context.add_cookies(
                [{"name": "django_language", "value": language, "url": product.url}]
            )
            context.grant_permissions(["clipboard-read", "clipboard-write"], origin=product.url)
            context.set_default_timeout(PATIENCE_MS)
        return kept[language, width, theme]

    yield sit_down
    for context in kept.values():
        context.close()


class Visitor:
    """Opens pages as the administrator and remembers what went wrong on them."""

    def __init__(self, product: Product, sit_down):
        self.product, self.sit_down = product, sit_down
        self.problems: list[str] = []
        self.pages: list[Page] = []

    def __call__(
        self, path: str, *, language: str = "en", width: int = 1280, theme: str = "light"
    ) -> Page:
        page = self.sit_down(language, width, theme).new_page()
        self.pages.append(page)
        page.on(
            "console",
            lambda said: (
                said.type == "error"
                and self.problems.append(f"{page.url}: {said.text} {said.location}")
            ),
        )
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))
        page.on("dialog", lambda dialog: dialog.accept())
        answer = page.goto(self.product.url + path)
        assert answer.status == 200, (path, answer.status)
        return page

    def close(self) -> None:
        for page in self.pages:
            page.close()


@pytest.fixture
def visit(product, at_the_desk) -> Iterator[Visitor]:
    visitor = Visitor(product, at_the_desk)
    yield visitor
    visitor.close()
    assert not visitor.problems, visitor.problems


@pytest.fixture(scope="session")
def shot():
    """Takes a picture of the whole page, where SHOTS names a folder for it."""
    folder = os.environ.get("SHOTS")

    def take(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    return take


def confirmed(page: Page, product: Product) -> None:
    """Whoever logged in more than ten minutes ago says once more who they are, before a dangerous
    act."""
    page.wait_for_load_state()
    asked = page.locator("form[data-confirm] input[type=password]")
    if asked.count():
        asked.fill(
            json.loads((product.data / "secrets.json").read_text())["ADMIN_PASSWORD"],
        )
        with page.expect_navigation():
            page.locator("form[data-confirm]", has=asked).locator("button").first.click()


def act(page: Page, key: str) -> None:
    """Press one of a customer's buttons, also one of those under *More*."""
    button = page.locator(f"[data-action={key}]")
    if not button.is_visible():
        page.locator("[data-more-actions] > summary").click()
    button.click()


def overflows(page: Page) -> int:
    """By how many pixels the page is wider than its window: a phone's reader would have to push it
    about."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def faults(page) -> list[str]:
    """What axe-core calls serious or critical, and where."""
    found = json.loads(json.dumps(Axe().run(page).response))["violations"]
    return [
        f"{one['id']}: {[node['target'] for node in one['nodes']][:5]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
