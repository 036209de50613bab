"""The documents name files that are there."""

import ast
import io
import re
import tokenize

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
    "customers/profile/empty_notes.py",
    "customers/segments/conditions/first_seen.py",
}  # by a command; by whoever follows the example
HISTORY = {"CHANGELOG.md"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.name)
def test_every_path_that_is_named_is_there(document):
    named = set(PATH.findall(document.read_text())) if document.name not in HISTORY else set()
    absent = {path for path in named - MADE if not any(home.BASE_DIR.glob(path.rstrip("/")))}
    assert not absent


ARCHITECTURE = home.BASE_DIR / "docs" / "architecture.md"
NAMED = re.compile(r"`([\w/*-]+(?:\.(?:py|html|js|md)|/))(?:::\w+)?`")


def rules() -> list[tuple[str, str]]:
    """The rows of the table: what each is about, and its one place."""
    return re.findall(r"^\| (?!rule \|)(.+?) \| (.+) \|$", ARCHITECTURE.read_text(), re.MULTILINE)


def test_a_file_that_is_named_in_short_lies_beside_one_that_is_named_in_full():
    absent = []
    for rule, place in rules():
        folders = {home.BASE_DIR / "docs"}
        for name in NAMED.findall(f"{rule} {place}"):
            found = list(home.BASE_DIR.glob(name.rstrip("/")))
            folders |= {path if path.is_dir() else path.parent for path in found}
            if not found and not any((folder / name).exists() for folder in folders):
                absent.append((rule, name))
    assert absent == []


def test_a_rule_stands_in_the_table_once():
    told, places = zip(*rules(), strict=True)
    assert len(told) == len(set(told)) == len(set(places)) > 100


def test_the_documents_name_paths():
    assert sum(len(PATH.findall(document.read_text())) for document in DOCUMENTS) > 100


PACKAGES = sorted(
    path
    for room in ROOMS
    for path in (home.BASE_DIR / room).rglob("__init__.py")
    if room not in ("tests", "templates", "static")
    and not {"migrations", "management", "templatetags", "formats"} & {*path.parts}
)


@pytest.mark.parametrize(
    "package", PACKAGES, ids=lambda one: str(one.parent.relative_to(home.BASE_DIR))
)
def test_every_package_says_what_it_is(package):
    assert ast.get_docstring(ast.parse(package.read_text()))


FILE = re.compile(r"(?<![\w/.<>{}*-])((?:[\w-]+/)*[\w-]+\.(?:py|html|js|md))(?![\w/])")
# One of each folder that has it; a library's name.
OF_MANY = {"subject.py", "format.py", "vendor.py", "Chart.js"}
IN_SHORT = {("integrations/email/letter.py", "content.py")}  # campaigns/delivery/content.py
SOURCES = sorted(
    path
    for room in ROOMS
    for path in (home.BASE_DIR / room).rglob("*.py")
    if "migrations" not in path.parts  # they tell of their time
)


def remarks(source: str) -> list[str]:
    """The docstrings and the comments of a module."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [one for one in ast.walk(ast.parse(source)) if isinstance(one, documented)]
    return [
        *(one.string for one in tokens if one.type == tokenize.COMMENT),
        *(text for one in nodes if (text := ast.get_docstring(one))),
    ]


def test_every_file_that_a_docstring_or_a_comment_names_is_there():
    """From the root, from its room, or beside the one that names it."""
    named, absent = 0, []
    for path in SOURCES:
        of = path.relative_to(home.BASE_DIR)
        folders = (home.BASE_DIR, home.BASE_DIR / of.parts[0], path.parent)
        source = path.read_text()
        told = (
            remarks(source) if FILE.search(source) else []
        )  # few name any; reading takes its time
        names = {name for text in told for name in FILE.findall(text)}
        named += len(names)
        absent += [
            (str(of), name)
            for name in sorted(names - OF_MANY)
            if not any((folder / name).exists() for folder in folders)
        ]
    assert set(absent) - IN_SHORT == set()
    assert named > 200
