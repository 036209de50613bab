"""What a picker offers while somebody types: each room offers what it knows, one class and one line
in CRM_SUGGESTIONS.

A suggestion only helps with typing: whatever else is typed is as good. So a suggester may look at a
bounded part of the rows only (an index by steps, the latest few thousand), answers within moments
at any size, and offers nothing personal.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm_project.registry import Registry

MOST = 30
SECONDS = 2
LONGEST = 80
FEWEST = 5
SEES_PEOPLE = "customers.view_customer"
TYPES = {
    "string": pgettext_lazy("type", "text"),
    "number": pgettext_lazy("type", "number"),
    "boolean": _("yes or no"),
    "array": _("list"),
    "object": _("group of values"),
    "sealed": _("encrypted: compared as a whole only"),
}
# What looks like a phone, an e-mail, an identity card or a bank card, wherever somebody has put it.
PERSONAL = re.compile(
    r"[^@\s]+@[^@\s]+\.\w|(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)|(?<!\d)\d{15}(?:\d{2}[\dXx])?(?!\d)|(?<!\d)\d{16,19}(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`value` is what is filled in; `label` what people read where that is another text; `detail`
    helps to choose."""

    value: str
    label: str = ""
    detail: str = ""


class Suggester:
    """`about` holds the values of the neighbouring fields that the widget names, for example the
    event whose properties are wanted."""

    key = ""
    permission = ""

    def __init__(self, user):
        self.user = user

    def is_told(self, holders: int) -> bool:
        """Whether a value that so many have is told: to whoever may not see customers, none that
        only a few have."""
        return holders >= FEWEST or self.user.has_perm(SEES_PEOPLE)

    @classmethod
    def called(cls, value: str) -> str:  # noqa: ARG003 -- the seam's default
        """How staff call what is filled in; "" where they call it the same."""
        return ""

    def suggest(self, term: str, about: Mapping[str, str]) -> Iterable[Suggestion]:
        raise NotImplementedError


suggesters: Registry["Suggester"] = Registry("CRM_SUGGESTIONS", "customers.suggestions.Suggester")


def suggested(key: str, term: str, about: Mapping[str, str], user) -> list[dict]:
    """What this user is offered: up to MOST suggestions as plain data, each value once; nothing
    where looking would take too long. Raises UnknownKey."""
    suggester, found = suggesters[key](user), {}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", [int(SECONDS * 1000)])
            for one in suggester.suggest(term.replace("\0", "").strip()[:LONGEST], about):
                if one.value not in found and not PERSONAL.search(one.value):
                    found[one.value] = asdict(one)
                if len(found) >= MOST:
                    break
    except OperationalError:
        pass
    return list(found.values())


def fits(term: str, *texts: str) -> bool:
    return not term or any(term.casefold() in str(text).casefold() for text in texts if text)


def as_text(value) -> str | None:
    """A JSON value as a rule compares it; None for what is no single short value."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value) if isinstance(value, int | float | str) else ""
    return text if 0 < len(text) <= LONGEST and "\n" not in text else None


def described_type(value) -> str:
    kinds = (
        (bool, "boolean"),
        (int | float, "number"),
        (str, "string"),
        (list, "array"),
        (dict, "object"),
    )
    return next((str(TYPES[kind]) for python, kind in kinds if isinstance(value, python)), "")


def how_many(number: int, most: int) -> str:
    """Counted up to `most` only."""
    return f"{number:,}" if number < most else f"{most:,}+"
