"""How long data is kept, and the list of personal data: on a desk, in a hand and on paper."""

import pytest

from tests.browser.conftest import LANGUAGES, WIDTHS, faults, overflows

pytestmark = pytest.mark.proof


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/customers/retention/", "/personal-data/"])
def test_a_page_opens_without_a_complaint(visit, shot, path, language, width):
    page = visit(path, language=language, width=width)
    shot(page, f"retention{path.replace('/', '-')}{language}-{width}")
    assert page.locator(".ht-table tbody tr").count() > 15
    assert overflows(page) <= 0
    assert faults(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_paper_the_list_stands_alone(visit, shot, language):
    page = visit("/personal-data/", language=language)
    page.emulate_media(media="print")
    assert page.locator(".ht-table tbody tr").first.is_visible()
    for around in ("#nav-sidebar-inner", ".ht-no-print", "[data-print]"):
        assert not page.locator(around).first.is_visible()
    assert page.pdf(format="A4", landscape=True).startswith(b"%PDF")
    shot(page, f"retention-on-paper-{language}")
