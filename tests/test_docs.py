"""The documents name files that are there."""

import re

import pytest

from crm_project.runtime import home

ROOMS = (
    "crm_project",
    "customers",
    "events",
    "campaigns",
    "integrations",
    "demo",
    "tests",
    "benchmarks",
    "templates",
    "static",
)
DOCUMENTS = [*sorted((home.BASE_DIR / "docs").rglob("*.md")), *sorted(home.BASE_DIR.glob("*.md"))]
PATH = re.compile(rf"`((?:{'|'.join(ROOMS)})/[\w/.*-]*)(?:::\w+)?`")
MADE = {
    "benchmarks/results/",
    "customers/segments/conditions/first_seen.py",
}  # by a command; by whoever follows the example
HISTORY = {"CHANGELOG.md"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.name)
def test_every_path_that_is_named_is_there(document):
    named = set(PATH.findall(document.read_text())) if document.name not in HISTORY else set()
    absent = {path for path in named - MADE if not any(home.BASE_DIR.glob(path.rstrip("/")))}
    assert not absent


def test_the_documents_name_paths():
    assert sum(len(PATH.findall(document.read_text())) for document in DOCUMENTS) > 100
