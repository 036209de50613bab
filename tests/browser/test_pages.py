"""The lists and forms that everybody starts from: in both languages, on a desk and in a hand,
nothing is said on the console."""

import pytest

from tests.browser.conftest import LANGUAGES, WIDTHS, overflows

pytestmark = pytest.mark.proof

PAGES = [
    "/admin/",
    "/admin/customers/customer/",
    "/admin/customers/segment/",
    "/admin/customers/segment/add/",
    "/admin/events/event/",
    "/admin/campaigns/journey/",
]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_without_a_complaint(visit, shot, path, language, width):
    page = visit(path, language=language, width=width)

    shot(page, f"page{path.replace('/', '-')}{language}-{width}")
    assert page.evaluate("document.documentElement.lang").lower() == language
    assert overflows(page) <= 0
