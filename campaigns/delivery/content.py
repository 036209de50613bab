"""What a message says: Liquid with limits over a plain dictionary of allowed fields, never a model.

Marketers write these texts and customers' names flow into them, so neither is trusted: few tags,
few filters, no loader, no loops, bounded memory and output (the attacks are in
tests/campaigns/test_content.py).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from liquid import Environment
from liquid.exceptions import LiquidError

LONGEST_SOURCE = 10_000
MOST_BRACKETS = 50  # the parser goes one call deeper with each that is left open
ROOTS = frozenset(
    {
        *("customer", "coupon", "product", "recommended", "event"),
        *("workspace", "booking", "order", "answer"),
    }
)
# No loops: there is nothing to loop over, and `for i in (1..100000000) reversed` takes 4 GB before
# any limit is looked at.
TAGS = frozenset({"if", "unless", "case", "assign", "comment", "#", "echo"})
INTERNAL = frozenset(
    {"content", "output", "illegal"}
)  # what the parser makes of text, of {{ }} and of unknown tags
# Left out on purpose: whatever multiplies text (replace, join, concat), formats with widths (date)
# or reaches elsewhere.
FILTERS = frozenset(
    {
        *(
            "default",
            "append",
            "prepend",
            "upcase",
            "downcase",
            "capitalize",
            "strip",
            "truncate",
            "slice",
            "size",
            "first",
            "last",
        ),
        *("plus", "minus", "times", "divided_by", "modulo", "ceil", "floor", "at_least", "at_most"),
    }
)
FIELD = re.compile(r"\{\{-?\s*([\w.]+)[^}]*\}\}")
ATTRIBUTE = re.compile(r"\bcustomer\.attributes\.([\w-]+)")
TAG = re.compile(r"\{%[^%]*%\}")
# What a hostile or careless template can raise; anything else is our own mistake.
BROKEN = (LiquidError, ArithmeticError, RecursionError, TypeError, ValueError)


class Limited(Environment):
    block_nesting_limit = 10
    context_depth_limit = 10
    loop_iteration_limit = 1_000
    local_namespace_limit = 20_000
    output_stream_limit = 100_000

    def setup_tags_and_filters(self, *, extra=False):
        super().setup_tags_and_filters(extra=False)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS | INTERNAL}
        self.filters = {name: filter_ for name, filter_ in self.filters.items() if name in FILTERS}


MARKUP, PLAIN = Limited(autoescape=True), Limited(autoescape=False)


class BrokenContent(Exception):
    """The text cannot be rendered; the message says why."""


def first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


@lru_cache(maxsize=2000)
def compiled(source: str, *, is_markup: bool):
    """The template, or the text itself where there is nothing to fill in."""
    if "{{" not in source and "{%" not in source:
        return source
    if len(source) > LONGEST_SOURCE or source.count("[") > MOST_BRACKETS:
        raise BrokenContent("too long")
    try:
        return (MARKUP if is_markup else PLAIN).from_string(source)
    except BROKEN as error:
        raise BrokenContent(first_line(error)) from error


def check(source: str) -> None:
    """The source can be filled in: its grammar is right and it asks only for fields that exist.
    Raises ValidationError."""
    try:
        template = compiled(source, is_markup=True)
        unknown = set() if isinstance(template, str) else set(template.global_variables()) - ROOTS
        filled(source, {}, is_markup=True)
    except (BrokenContent, *BROKEN) as error:
        raise ValidationError(
            _("This text cannot be filled in: %(why)s"), params={"why": error}, code="broken"
        ) from error
    if unknown:
        raise ValidationError(
            _("There is no field %(name)s."),
            params={"name": ", ".join(sorted(unknown))},
            code="unknown",
        )


def roots(source: str) -> frozenset[str]:
    """The first words of the fields that the source speaks of. Raises BrokenContent."""
    template = compiled(source, is_markup=False)
    return frozenset() if isinstance(template, str) else frozenset(template.global_variables())


def filled(source: str, context: dict, *, is_markup: bool) -> str:
    template = compiled(source, is_markup=is_markup)
    if isinstance(template, str):
        return template
    try:
        return template.render(context if is_markup else without_tags(context))
    except BROKEN as error:
        raise BrokenContent(first_line(error)) from error


def without_tags(value):
    """For plain text: nothing is escaped (L'Oréal stays readable), but no value can open a tag
    wherever the text is shown."""
    if isinstance(value, str):
        return value.replace("<", "‹").replace(">", "›")
    if isinstance(value, dict):
        return {key: without_tags(inner) for key, inner in value.items()}
    return value


def readable(source: str) -> str:
    """The source as a person skims it: ‹product.name› for a field to fill in, nothing for tags."""
    return TAG.sub("", FIELD.sub(r"‹\1›", source))


@dataclass(frozen=True, slots=True)
class WantedFields:
    """What must be read from the database for some texts; `attributes` is None where a text may ask
    for any."""

    roots: frozenset[str]
    attributes: frozenset[str] | None


def wanted(sources: Iterable[str]) -> WantedFields:
    text = "\n".join({one for one in sources if "{{" in one or "{%" in one})
    named = ATTRIBUTE.findall(text)
    names_all = len(named) == text.count("attributes") and "[" not in text
    return WantedFields(
        frozenset(root for root in ROOTS if root in text), frozenset(named) if names_all else None
    )
