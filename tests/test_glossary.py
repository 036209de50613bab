"""One word for one thing: the Chinese catalogue says what the glossary says."""

import re
from functools import cache
from typing import NamedTuple

import polib
import pytest
from django.apps import apps
from django.conf import settings

from crm_project.runtime.messages import CATALOGUE, OURS
from crm_project.web import trade_words

GLOSSARY = settings.BASE_DIR / "docs" / "glossary.md"
# Fields to fill in, placeholders, tags, addresses: no words.
NO_WORDS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|%\(\w+\)[sd]|%[sd]|\{\w*\}|<[^>]*>|https?://\S+")
EXEMPT = "anywhere"


class Term(NamedTuple):
    forms: tuple[str, ...]
    chinese: str

    @property
    def name(self) -> str:
        return self.forms[0]


class Wrong(NamedTuple):
    term: str
    english: str
    chinese: str


def rows(heading: str, text: str) -> list[list[str]]:
    """The cells of every table whose head begins so."""
    found = []
    for table in re.findall(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n?)+)", text, re.MULTILINE):
        found += [
            [cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in table.splitlines()
        ]
    return found


def read(text: str) -> tuple[list[Term], dict[str, list[str]]]:
    """The terms, and by term the phrases in which its word means something else."""
    terms = [
        Term(tuple(form.strip() for form in english.split(",")), chinese)
        for english, chinese, *_more in rows("English", text)
    ]
    phrases: dict[str, list[str]] = {}
    for term, phrase, _because in rows("term", text):
        phrases.setdefault(term, []).append(phrase)
    return terms, phrases


@cache
def pattern(forms: tuple[str, ...]) -> re.Pattern:
    each = "|".join(plural(form) for form in forms)
    return re.compile(rf"(?<![\w-])(?:{each})(?![\w-])", re.IGNORECASE)


def plural(form: str) -> str:
    """Of one form, as a pattern for itself and its plural."""
    stem = re.escape(form)
    if form.endswith("y"):
        return rf"{stem[:-1]}(?:y|ies)"
    return stem + ("(?:es)?" if form.endswith(("ch", "sh", "s", "x")) else "s?")


def is_said_of(phrase: str, context: str | None, english: str) -> bool:
    return phrase in (EXEMPT, f"[{context}]") or bool(whole(phrase).search(english))


@cache
def whole(phrase: str) -> re.Pattern:
    return re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)")


def wrong(entries, terms: list[Term], phrases: dict[str, list[str]]) -> list[Wrong]:
    found = []
    for entry in entries:
        chinese = entry.msgstr or entry.msgstr_plural.get(0, "")
        if entry.obsolete or not chinese:
            continue
        for term in terms:
            excepted = phrases.get(term.name, [])
            english = NO_WORDS.sub(" ", f"{entry.msgid}\n{entry.msgid_plural}")
            if EXEMPT in excepted or f"[{entry.msgctxt}]" in excepted:
                continue
            for phrase in excepted:
                english = whole(phrase).sub(" ", english)
            if pattern(term.forms).search(english) and term.chinese.lower() not in chinese.lower():
                found.append(Wrong(term.name, entry.msgid, chinese))
    return found


@pytest.fixture(scope="module")
def catalogue():
    return polib.pofile(str(CATALOGUE))


@pytest.fixture(scope="module")
def glossary():
    return read(GLOSSARY.read_text(encoding="utf-8"))


def test_the_catalogue_says_what_the_glossary_says(catalogue, glossary):
    assert wrong(catalogue, *glossary) == []


def test_each_term_stands_there_once_with_one_word(glossary):
    terms, phrases = glossary
    forms = [form for term in terms for form in term.forms]
    assert len(forms) == len(set(forms)) > 90
    assert [
        term.name
        for term in terms
        if not term.chinese or "," in term.chinese or "/" in term.chinese
    ] == []
    assert set(phrases) <= {term.name for term in terms}


def test_what_the_code_column_names_is_there():
    """Classes, and columns or choices of tables; folders and functions may move."""
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for room in OURS
        for path in (settings.BASE_DIR / room).rglob("*.py")
    )
    tables = {model.__name__: model for model in apps.get_models()}
    named = {
        tuple(one.split("."))
        for *_words, code in rows("English", GLOSSARY.read_text(encoding="utf-8"))
        for one in re.findall(r"`([A-Z]\w+(?:\.\w+)*)`", code)
    }
    assert len(named) > 60
    assert {
        name
        for name, *_rest in named
        if name not in tables and not re.search(rf"^ *class {name}\b", sources, re.MULTILINE)
    } == set()
    assert {
        (name, *rest)
        for name, *rest in named
        if name in tables and rest and not hasattr(tables[name], rest[0])
    } == set()


def test_each_exception_is_needed(catalogue, glossary):
    terms, phrases = glossary
    by_name = {term.name: term for term in terms}
    idle = []
    for name, excepted in phrases.items():
        for phrase in excepted:
            others = {**phrases, name: [one for one in excepted if one != phrase]}
            said = [
                entry
                for entry in catalogue
                if is_said_of(phrase, entry.msgctxt, f"{entry.msgid}\n{entry.msgid_plural}")
            ]
            if not wrong(said, [by_name[name]], others):
                idle.append((name, phrase))
    assert idle == []


def test_the_words_of_the_trades_are_those_of_the_table():
    said = {}
    for general, *others in rows("general", GLOSSARY.read_text(encoding="utf-8")):
        for trade, told in zip(("shop", "school", "clinic"), others, strict=True):
            for language, word, other in zip(
                ("en", "zh-hans"), in_both(general), in_both(told or general), strict=True
            ):
                said[language, word, trade] = other

    assert said == {
        (language, forms[0], trade): by_trade.get(trade, forms)[0]
        for language, words in trade_words.WORDS.items()
        for forms, by_trade in words.items()
        for trade in ("shop", "school", "clinic")
    }


def in_both(cell: str) -> tuple[str, str]:
    english, _space, chinese = cell.rpartition(" ")
    return english, chinese


def test_a_word_that_was_given_up_stands_nowhere(catalogue):
    texts = [entry.msgstr or entry.msgstr_plural.get(0, "") for entry in catalogue]
    texts += (settings.BASE_DIR / "README.zh-hans.md").read_text(encoding="utf-8").splitlines()
    given_up = rows("not", GLOSSARY.read_text(encoding="utf-8"))
    assert given_up
    found = [
        (word, text)
        for word, instead, beside in given_up
        for text in texts
        if word in text.replace(instead, "") and not any(one in text for one in beside.split("、"))
    ]
    assert found == []


TERMS = """
| English | 中文 | what | code |
|---|---|---|---|
| batch | 批次 | x | `B` |
| identity | 身份 | x | `I` |
| run, ran | 记录 | x | `R` |

| term | phrase | because |
|---|---|---|
| run | to run | the verb |
| batch | [door] | of a request |
"""


@pytest.mark.parametrize(
    ("english", "chinese", "context", "terms"),
    [
        ("two batches", "两批", None, ["batch"]),
        ("two batches", "两个批次", None, []),
        ("Identities and Batch", "身份", None, ["batch"]),
        ("%(batch)s {{ identity }} <run>", "没有词", None, []),
        ("ready to run", "准备执行", None, []),
        ("ready to run a run", "准备执行", None, ["run"]),
        ("it ran", "跑了", None, ["run"]),
        ("two batches", "两批", "door", []),
        ("rebatch, run-time", "没有词", None, []),
    ],
)
def test_what_is_wrong_is_found(english, chinese, context, terms):
    entry = polib.POEntry(msgid=english, msgstr=chinese, msgctxt=context)
    assert [one.term for one in wrong([entry], *read(TERMS))] == terms
