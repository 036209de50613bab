"""What every letter is made of, whichever way it is written: MJML, links in text, escaping."""

import re

import mjml

BLANK_LINE = re.compile(r"\n\s*\n")
LINKED = re.compile(r"\[([^\]\n]{1,200})\]\(([^)\s]{1,2000})\)")
STRAY_AMPERSAND = re.compile(r"&(?!#?\w{1,10};)")
# Scripts and whole foreign documents have no place in a letter: no mail program runs them, and a
# preview must not.
FORBIDDEN = re.compile(
    r"<\s*/?\s*(script|iframe|object|embed|form|mj-raw|mj-include)\b|\son\w+\s*=|javascript:",
    re.IGNORECASE,
)


class BrokenLetter(ValueError):
    """The body cannot be made into a letter; the message says why."""


def is_mjml(body: str) -> bool:
    return body.lstrip()[:5].lower() == "<mjml"


def as_html(source: str, *, is_ours: bool = False) -> str:
    """MJML as HTML that mail programs show; in what we wrote ourselves all that others said is
    escaped. Raises BrokenLetter."""
    if not is_ours and (found := FORBIDDEN.search(source)):
        raise BrokenLetter(found.group(0).strip())
    try:
        return mjml.mjml2html(
            source, fonts={}
        )  # no font is fetched from a stranger, who would learn who reads
    except ValueError as error:
        raise BrokenLetter(str(error)) from error


def escaped(text: str) -> str:
    """Text that may hold escaped values already: only what would be markup is escaped."""
    return STRAY_AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def attribute(url: str) -> str:
    return escaped(url).replace('"', "%22").replace("'", "%27")
