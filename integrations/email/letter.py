"""What a letter looks like: from the text of a template to HTML, plain text, and the bytes that go
to the mail server.

A body is MJML, or plain paragraphs: an empty line begins a new one, `[words](address)` is a link
and, alone in a paragraph, a button. Paragraphs are put into a layout of ours
(templates/email/letter.mjml.html). Values of customers are escaped before
(campaigns/delivery/content.py), and of a paragraph's own text nothing is markup. A letter written
as blocks is put into the same layout.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser

from django.template.loader import render_to_string

from integrations.email.blocks import rendering
from integrations.email.markup import (
    BLANK_LINE,
    LINKED,
    BrokenLetter,
    as_html,
    attribute,
    escaped,
    is_mjml,
)

__all__ = ["BrokenLetter", "Foot", "Letter", "composed"]
HREF = re.compile(r"""(<a\b[^>]*?\shref=)(["'])(https?://.*?)\2""", re.IGNORECASE | re.DOTALL)
DARK = "@media (prefers-color-scheme: dark)"  # as the layout writes it
BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
BLOCKS = frozenset({"p", "div", "tr", "table", "br", "h1", "h2", "h3", "h4", "li", "ul", "ol"})
UNSHOWN = frozenset({"style", "script", "title", "head"})


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    html: str
    text: str

    @property
    def dark(self) -> str:
        """As programs show it whose reader likes it dark: the same, its rules for that in force."""
        return self.html.replace(DARK, "@media all")


@dataclass(frozen=True, slots=True)
class Foot:
    """What stands under every letter: who wrote it, and how not to get another."""

    sender: str
    unsubscribe_url: str = ""

    @property
    def choices_url(self) -> str:
        """Where the receiver says what they want to get; of a preview nowhere."""
        is_real = self.unsubscribe_url.startswith("http")
        return f"{self.unsubscribe_url}/choices" if is_real else self.unsubscribe_url


def composed(content: dict[str, str], foot: Foot) -> Letter:
    """The filled content as a letter; addresses still lead where they say. Raises BrokenLetter."""
    if content.get("blocks"):
        return of_blocks(content, foot)
    body = content.get("body", "")
    whole = body if is_mjml(body) else framed(body, content.get("preheader", ""), foot)
    page = as_html(whole)
    if is_mjml(body):
        page = with_end(page, render_to_string("email/foot.html", {"foot": foot}))
    text = content.get("text") or (
        plain_of_paragraphs(body) if not is_mjml(body) else plain_of_html(as_html(body))
    )
    return Letter(
        one_line(html.unescape(content.get("subject", ""))),
        page,
        text.strip() + "\n" + plain_foot(foot),
    )


def of_blocks(content: dict[str, str], foot: Foot) -> Letter:
    """Raises BrokenLetter."""
    whole = render_to_string(
        "email/letter.mjml.html",
        {
            "sections": rendering.sections(content),
            "preheader": escaped(content.get("preheader", "")),
            "foot": foot,
        },
    )
    text = content.get("text") or html.unescape(rendering.plain(content))
    return Letter(
        one_line(html.unescape(content.get("subject", ""))),
        as_html(whole, is_ours=True),
        text.strip() + "\n" + plain_foot(foot),
    )


def framed(body: str, preheader: str, foot: Foot) -> str:
    """Paragraphs in our layout, as MJML."""
    parts = [part.strip() for part in BLANK_LINE.split(body.replace("\r\n", "\n")) if part.strip()]
    return render_to_string(
        "email/letter.mjml.html",
        {
            "parts": [paragraph(part) for part in parts],
            "preheader": escaped(preheader),
            "foot": foot,
        },
    )


def paragraph(part: str) -> dict:
    """A button where the paragraph is one link, else lines of text with links in them."""
    alone = LINKED.fullmatch(part)
    if alone:
        return {"button": escaped(alone[1]), "url": attribute(alone[2])}
    text = escaped(part)
    return {
        "text": (
            LINKED.sub(
                lambda found: f'<a href="{attribute(found[2])}">{found[1]}</a>', text
            ).replace("\n", "<br />")
        )
    }


def with_end(page: str, end: str) -> str:
    """The HTML with something more at the end of its body."""
    found = BODY_END.search(page)
    return page[: found.start()] + end + page[found.start() :] if found else page + end


def linked(page: str, lead: Callable[[str], str]) -> str:
    """The HTML with every link leading where `lead` says."""
    return HREF.sub(
        lambda found: f"{found[1]}{found[2]}{html.escape(lead(html.unescape(found[3])))}{found[2]}",
        page,
    )


def addresses(page: str) -> set[str]:
    """Where the links of the HTML lead."""
    return {html.unescape(url) for _begin, _quote, url in HREF.findall(page)}


def plain_of_paragraphs(body: str) -> str:
    return html.unescape(LINKED.sub(r"\1: \2", body.replace("\r\n", "\n")))


def plain_foot(foot: Foot) -> str:
    return html.unescape(render_to_string("email/foot.txt", {"foot": foot}))


def plain_of_html(page: str) -> str:
    reader = Reader()
    reader.feed(page)
    return reader.text()


class Reader(HTMLParser):
    """What a person would read of HTML, links with their addresses."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.unshown = 0
        self.leads: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in UNSHOWN:
            self.unshown += 1
        elif tag in BLOCKS:
            self.words.append("\n")
        elif tag == "a":
            self.leads.append(dict(attrs).get("href") or "")
        elif tag == "img" and (alt := dict(attrs).get("alt")):
            self.words.append(alt)

    def handle_endtag(self, tag):
        if tag in UNSHOWN:
            self.unshown = max(self.unshown - 1, 0)
        elif tag == "a" and self.leads and (url := self.leads.pop()):
            self.words.append(f" ({url})")
        elif tag in BLOCKS:
            self.words.append("\n")

    def handle_data(self, data):
        if not self.unshown:
            self.words.append(re.sub(r"\s+", " ", data))

    def text(self) -> str:
        lines = [line.strip() for line in "".join(self.words).split("\n")]
        return "\n".join(line for n, line in enumerate(lines) if line or (n and lines[n - 1]))


def one_line(text: str) -> str:
    """A header ends where its line does; what follows would be a header of somebody else's
    making."""
    return " ".join(text.split())
