"""A guide as HTML, with its headings under the same ids in every language."""

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from django.conf import settings
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from markdown_it import MarkdownIt
from markdown_it.token import Token

ENGLISH = settings.BASE_DIR / "docs"
CHINESE = ENGLISH / "zh"
CHINESE_ENDS = frozenset("，。；：！？、）”…")
GUIDES = ("marketer", "staff", "operator", "developer", "api", "segment", "sensors")


class Heading(NamedTuple):
    level: int
    text: str
    anchor: str  # where GitHub would put it, so that links hold there too


class Guide(NamedTuple):
    name: str
    title: str
    html: SafeString
    contents: list[tuple[str, str]]  # (id, words) of the parts


def here(name: str) -> Guide:
    """In the language of whoever reads."""
    return _guide(name, in_language(get_language()))


def in_language(language: str | None) -> Path:
    return CHINESE if (language or "").startswith("zh") else ENGLISH


def titles() -> list[tuple[str, str]]:
    """(name, title) of all guides."""
    folder = in_language(get_language())
    return [(name, headings(name, folder)[0].text) for name in GUIDES]


@lru_cache(maxsize=64)
def headings(name: str, folder: Path) -> list[Heading]:
    tokens = _parser().parse(_text(name, folder))
    return [
        Heading(int(token.tag[1:]), words, anchor(words))
        for number, token in enumerate(tokens)
        if token.type == "heading_open"
        for words in [tokens[number + 1].content.replace("`", "")]
    ]


def anchor(words: str) -> str:
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")


def ids(name: str, folder: Path) -> dict[str, str]:
    """By anchor in this language, the id that the heading has on the page: the English anchor."""
    english = [heading.anchor for heading in headings(name, ENGLISH)]
    own = [heading.anchor for heading in headings(name, folder)]
    return dict(zip(own, english, strict=True))


@lru_cache(maxsize=64)
def _guide(name: str, folder: Path) -> Guide:
    tokens = _parser().parse(_text(name, folder))
    titled = headings(name, folder)
    places = list(ids(name, folder).values())
    for token, place in zip(
        (token for token in tokens if token.type == "heading_open"), places, strict=True
    ):
        token.attrSet("id", place)
    for token in tokens:
        _lead_links(token, name, folder)
    parts = [
        (place, heading.text)
        for heading, place in zip(titled, places, strict=True)
        if heading.level == 2
    ]
    parser = _parser()
    # The shell shows the title; html is off, so what stands here is the parser's own.
    html = mark_safe(parser.renderer.render(tokens[3:], parser.options, {}))
    return Guide(name, titled[0].text, html, parts)


def _text(name: str, folder: Path) -> str:
    return (folder / f"{name}.md").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    rules = {
        "table_open": lambda *_: '<div class="ht-scroll" tabindex="0"><table class="ht-table">',
        "table_close": lambda *_: "</table></div>",
        "code_block": _code,
        "fence": _code,
        "softbreak": _line_end,
    }
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


def _code(_renderer, tokens: list[Token], at: int, *_more) -> str:
    return f'<pre class="ht-code" tabindex="0">{escape(tokens[at].content)}</pre>'


def _line_end(_renderer, tokens: list[Token], at: int, *_more) -> str:
    """Chinese has no spaces between its characters, so none where a line of the source ends."""
    before = tokens[at - 1].content[-1:] if at else ""
    return "" if before in CHINESE_ENDS else "\n"


def _lead_links(token: Token, name: str, folder: Path) -> None:
    """Links to guides lead to their pages, those to the outside out; what else a link names lies in
    the repository, and stays as words."""
    is_open = True
    for part in token.children or ():
        if part.type == "link_open":
            address = _address(str(part.attrGet("href") or ""), name, folder)
            is_open = bool(address)
            part.attrs = {"href": address, "class": "ht-link"} if is_open else {}
        if part.type in ("link_open", "link_close") and not is_open:
            part.tag = "span"


def _address(href: str, name: str, folder: Path) -> str:
    if href.startswith("https://"):
        return href
    path, _mark, place = href.partition("#")
    target = Path(path).stem if path else name
    if target not in GUIDES or path not in ("", f"{target}.md"):
        return ""
    fragment = ids(target, folder).get(unquote(place), "") if place else ""
    return reverse("admin:guide", args=[target]) + (f"#{fragment}" if fragment else "")
