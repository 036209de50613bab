"""Filled blocks as MJML, and as plain text. Values of customers are escaped before
(campaigns/delivery/content.py); of all other words nothing is markup either, and where a link leads
is looked at once more."""

import html
import re
from collections.abc import Iterator

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from integrations.email import pictures
from integrations.email.blocks import tree
from integrations.email.blocks.kinds import KINDS, PICTURE, chosen
from integrations.email.blocks.tree import COLUMNS, Block
from integrations.email.markup import BLANK_LINE, LINKED, BrokenLetter, attribute, escaped

LONGEST = 200_000  # of all that the blocks say, filled in
WIDTH, PADDING = 600, 50  # of a letter, and what a column keeps free of it, in px
LEADS = re.compile(r"https?://[^\s\"'<>\\]{1,4000}", re.IGNORECASE)
SPACE = re.compile(r"\s")
SHARES = {
    ("even", 2): (50, 50),
    ("first", 2): (67, 33),
    ("last", 2): (33, 67),
    ("even", 3): (34, 33, 33),
    ("first", 3): (50, 25, 25),
    ("last", 3): (25, 25, 50),
}
Texts = dict[str, str]


def sections(texts: Texts) -> list[str]:
    """The letter from top to bottom, each part a section of MJML. Raises BrokenLetter."""
    found: list[str] = []
    for one in blocks_of(texts):
        if one.kind == COLUMNS:
            shares = SHARES[said(one, texts)["widths"], len(one.columns)]
            columns = [
                {"share": share, "blocks": [shown(inner, texts, share) for inner in column]}
                for share, column in zip(shares, one.columns, strict=True)
            ]
        else:
            columns = [{"share": 100, "blocks": [shown(one, texts, 100)]}]
        found.append(render_to_string("email/blocks/section.mjml.html", {"columns": columns}))
    return found


def blocks_of(texts: Texts) -> list[Block]:
    """Those that can be shown. Raises BrokenLetter."""
    if sum(len(text) for text in texts.values()) > LONGEST:
        raise BrokenLetter(_("The letter is too long."))
    try:
        return [one for one in tree.read(texts.get("blocks", "")) if one.kind in KINDS]
    except tree.BrokenTree as broken:
        raise BrokenLetter(str(broken)) from broken


def said(block: Block, texts: Texts) -> Texts:
    """What the block says, by field; choices and colours only as they may be."""
    kind = KINDS[block.kind]
    found = {name: texts.get(f"{block.id}_{name}") or "" for name in kind.base_fields}
    bounded = {"align", "level", "width", "widths", "thickness", "colour"} & found.keys()
    return found | {name: chosen(kind, name, found[name]) for name in bounded}


def shown(block: Block, texts: Texts, share: int) -> str:
    if block.kind not in KINDS:
        return ""
    says = said(block, texts)
    context = {name: escaped(text) for name, text in says.items()}
    context |= {name: link(text) for name, text in says.items() if name.startswith("url")}
    context |= {name: picture(text) for name, text in says.items() if name.startswith("picture")}
    room = WIDTH * share // 100 - PADDING
    if block.kind == "text":
        context["paragraphs"] = [linked(one) for one in paragraphs(says["text"])]
    elif block.kind == "picture":
        context["alt"] = context["alt"].replace('"', "&quot;")
        context["width"] = str(room * int(says["width"]) // 100)
    elif block.kind == "products":
        context["rows"] = list(rows(context))
    if "colour" in says and block.kind == "button":
        context["ink"] = ink_on(says["colour"])
    return render_to_string(f"email/blocks/{block.kind}.mjml.html", context)


def rows(says: Texts) -> Iterator[dict]:
    """The products that have a name."""
    for n in "123":
        if says[f"name{n}"].strip():
            yield {name: says[f"{name}{n}"] for name in ("name", "price", "picture", "url")}


def paragraphs(text: str) -> list[str]:
    parts = BLANK_LINE.split(text.replace("\r\n", "\n"))
    return [part.strip() for part in parts if part.strip()]


def linked(paragraph: str) -> str:
    """Its lines, with links where they lead to the web."""

    def lead(found: re.Match) -> str:
        url = link(found[2])
        return f'<a href="{url}">{found[1]}</a>' if url else found[0]

    return LINKED.sub(lead, escaped(paragraph)).replace("\n", "<br />")


def link(url: str) -> str:
    """As an attribute; nothing where it does not lead to the web."""
    url = SPACE.sub("%20", url.strip())
    return attribute(url) if LEADS.fullmatch(html.unescape(url)) else ""


def picture(url: str) -> str:
    """As an attribute; a picture of ours by its whole address."""
    if not PICTURE.fullmatch(url):
        return ""
    return attribute(pictures.address(url) if url.startswith("/") else url)


def ink_on(colour: str) -> str:
    """White or nearly black, whichever is read better on it (WCAG's luminance)."""
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    light = 0.2126 * r + 0.7152 * g + 0.0722 * b
    return "#ffffff" if 1.05 / (light + 0.05) >= (light + 0.05) / 0.0583 else "#111827"


# -- plain text


def plain(texts: Texts) -> str:
    """What a person would read of it; values stay escaped. Raises BrokenLetter."""
    blocks_of(texts)
    parts = [plain_of(one, texts) for one in tree.walk(tree.read(texts.get("blocks", "")))]
    return "\n\n".join(part for part in parts if part)


def plain_of(block: Block, texts: Texts) -> str:
    if block.kind not in KINDS:
        return ""
    says = said(block, texts)
    match block.kind:
        case "text":
            found = LINKED.sub(r"\1: \2", "\n\n".join(paragraphs(says["text"])))
        case "picture":
            found = joined(says["alt"], says["url"])
        case "coupon":
            parts = [says[name].strip() for name in ("text", "code", "until")]
            found = " · ".join(part for part in parts if part)
        case "products":
            lines = (joined(f"{row['name']} {row['price']}", row["url"]) for row in rows(says))
            found = "\n".join(lines)
        case "divider":
            found = "――――"
        case _:
            found = joined(says.get("text", ""), says.get("url", ""))
    return found


def joined(words: str, url: str) -> str:
    return f"{words.strip()}: {url.strip()}" if url.strip() else words.strip()
