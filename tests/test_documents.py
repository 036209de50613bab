"""What the documents point to is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from crm_project.registry import Registry

PAGES = [*settings.BASE_DIR.glob("*.md"), *settings.BASE_DIR.glob("docs/**/*.md")]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


def name(page: Path) -> str:
    return str(page.relative_to(settings.BASE_DIR))


def anchors(page: Path) -> set[str]:
    """As they are made of headings: small letters, no punctuation, hyphens for spaces."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    wrong = []
    for path, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            wrong.append(f"{path}#{anchor}" if anchor else path)
    assert wrong == []


def test_every_decision_stands_in_the_index():
    folder = settings.BASE_DIR / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in folder.glob("*.md") if page.name != "README.md" and f"({page.name})" not in index] == []


def test_every_seam_is_explained():
    guide = (settings.BASE_DIR / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [one.setting for one in Registry.all if f"`{one.setting}`" not in guide] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_settings_that_are_named_are_settings(page):
    named = set(re.findall(r"\bCRM_[A-Z_]+\b", page.read_text(encoding="utf-8")))
    assert {one for one in named if not hasattr(settings, one)} == set()
