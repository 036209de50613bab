"""What the documents point to is there, and the worked example works."""

import re
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings
from pyroaring import BitMap

from crm_project.registry import Registry
from tests.factories import NOW, a_customer

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
        if not target.exists() or (
            anchor and target.suffix == ".md" and anchor not in anchors(target)
        ):
            wrong.append(f"{path}#{anchor}" if anchor else path)
    assert wrong == []


def test_every_decision_stands_in_the_index():
    folder = settings.BASE_DIR / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert [
        page.name
        for page in folder.glob("*.md")
        if page.name != "README.md" and f"({page.name})" not in index
    ] == []


def test_every_seam_is_explained():
    guide = (settings.BASE_DIR / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [one.setting for one in Registry.all if f"`{one.setting}`" not in guide] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_settings_that_are_named_are_settings(page):
    named = set(re.findall(r"\bCRM_[A-Z_]+\b", page.read_text(encoding="utf-8")))
    assert {one for one in named if not hasattr(settings, one)} == set()


@pytest.mark.django_db
def test_the_worked_example_of_a_condition_works():
    guide = (settings.BASE_DIR / "CONTRIBUTING.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    (source,) = [example for example in examples if "class FirstSeen" in example]
    module = ModuleType("first_seen")
    exec(compile(source, "CONTRIBUTING.md", "exec"), module.__dict__)
    condition = module.FirstSeen({"condition": "first_seen", "n": 20, "unit": "seconds"})
    assert condition.is_valid(), condition.errors
    new, old = a_customer(), a_customer(first_seen_at=NOW - timedelta(seconds=21))
    everybody = BitMap([new.pk, old.pk])

    assert condition.customers(now=NOW, among=everybody) == BitMap([new.pk])
    later = NOW + timedelta(seconds=30)
    assert condition.customers(now=later, among=everybody) == BitMap()
    assert condition.touched_by_time(since=NOW, until=later) == BitMap([new.pk])
    assert condition.evidence(new, now=NOW)[0].at == NOW
    assert "20" in condition.sentence()
