"""The seam inside: what a kind of import says of itself, and what its rows become."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.models import Source
from events.incoming_items import Incoming
from integrations.doors.reading.identities import keep_aside
from integrations.native.complaints import BadItem, of_validation
from integrations.native.door import Door
from integrations.sync.files.spoilt import Spoilt

NEW, CHANGED, SAME, OLDER, REFUSED = "new", "changed", "same", "older", "refused"
WRITTEN = frozenset({NEW, CHANGED})
OUTCOMES = {
    NEW: pgettext_lazy("row of a file", "new"),
    CHANGED: pgettext_lazy("row of a file", "changed"),
    SAME: gettext_lazy("the same as before"),
    OLDER: gettext_lazy("something newer is known, which stays"),
    REFUSED: gettext_lazy("refused"),
}
MOST_TOGETHER = 1_000  # rows of one item


@dataclass(frozen=True)
class Field:
    """What a column can mean. `headings` are how people call it, in both languages; `of_line`: of
    one of several rows that are one item."""

    key: str
    label: Any
    headings: tuple[str, ...] = ()
    type: str = "text"
    is_needed: bool = False
    choices: dict[str, tuple[str, ...]] | None = None
    of_line: bool = False
    example: str = ""

    @property
    def is_identity(self) -> bool:
        return self.key.startswith("identities.")


@dataclass
class Draft:
    """The rows of one item, their cells read: by field, and of each line."""

    rows: list[int]
    key: str
    values: dict[str, Any]
    lines: list[dict[str, Any]] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)  # attributes, properties
    at: datetime | None = None  # as of when, where no column says it


@dataclass
class Made:
    """One item of the file, and what is to become of it."""

    rows: list[int]
    key: str
    incoming: Incoming
    draft: Draft
    outcome: str = NEW
    why: str = ""  # of a refusal
    before: dict | None = None  # what its undo needs
    object: str = ""
    origin: int | None = None  # the customer it is about
    registered: Incoming | None = None  # of a new customer: since when they are a member
    is_conflict: bool = False  # refused, but who it names is put before staff

    @property
    def is_written(self) -> bool:
        return self.outcome in WRITTEN

    def refuse(self, why: str) -> None:
        self.outcome, self.why = REFUSED, why


@dataclass(frozen=True)
class Setting:
    """What a batch is read for."""

    source: Source
    options: dict
    generation: int
    now: datetime
    by: Any = None  # of the staff


class ImportKind:
    """Base class. `item` is the native door's body for one draft; `compare` says of each what it
    would change."""

    key = ""
    label: Any = ""
    help: Any = ""
    icon = "table_view"
    door: Door
    fields: tuple[Field, ...] = ()
    extra: Any = ""  # how further columns are called that it can take ("attribute")
    number = ""  # the field by which rows are one item; "" where each is its own
    is_one_item = False  # several rows of that number are one item
    one_of: tuple[str, ...] = ()  # of these fields at least one is mapped
    has_people = True
    is_about_people = False  # whether an item is a person, not what a person did
    takes_tags = False  # all its people may be given tags

    # -- from rows to items

    def grouped(self, drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
        """Drafts that stand below one another and are one item."""
        if not self.is_one_item:
            yield from ([one] for one in drafts)
            return
        for _key, several in groupby(drafts, key=lambda one: one.values.get(self.number)):
            yield list(several)

    def joined(self, several: list[Draft]) -> Draft:
        """One draft of the rows that are one item. Raises Spoilt."""
        first = several[0]
        if len(several) > MOST_TOGETHER:
            raise Spoilt(_("More than %(n)d rows are one item.") % {"n": MOST_TOGETHER})
        for other in several[1:]:
            for name, value in other.values.items():
                if first.values.setdefault(name, value) != value:
                    raise Spoilt(
                        _("The rows of one item differ in “%(field)s”.")
                        % {"field": self.field(name).label}
                    )
        lines = [line for one in several for line in one.lines]
        return Draft(
            [n for one in several for n in one.rows],
            first.key,
            first.values,
            lines,
            first.extra,
            first.at,
        )

    def item(self, draft: Draft, setting: Setting) -> dict:
        """The body of the native door."""
        raise NotImplementedError

    def made(self, draft: Draft, setting: Setting) -> Made:
        """The item as ingest takes it. Raises Spoilt, BadItem."""
        body = self.item(draft, setting)
        try:
            item = msgspec.convert(body, self.door.item)
        except msgspec.ValidationError as error:
            raise of_validation(str(error)) from None
        content = msgspec.json.encode(item, order="sorted")
        incoming = self.door.incoming(item, content, setting.source, setting.now)
        if self.door.names_people and item.identities.count() > len(incoming.identities):
            keep_aside(incoming, item.identities.read()[1])
        incoming.id = self.ledger_id(draft, setting)
        incoming.content = incoming.id.encode()
        if incoming.event_id:
            incoming.event_id = again(incoming.event_id, setting.generation)
        return Made(draft.rows, draft.key, incoming, draft)

    def ledger_id(self, draft: Draft, setting: Setting) -> str:
        """The same for the same content, whenever the file comes; another after an undo."""
        said = [self.key, draft.values, draft.lines, draft.extra]
        raw = msgspec.json.encode(said, order="sorted")
        return again(
            f"import:{self.key}:{hashlib.sha256(raw).hexdigest()[:40]}", setting.generation
        )

    # -- what it would change

    def compare(self, made: list[Made], setting: Setting) -> None:
        """Each has its outcome, `before`, `object`; nothing is written."""
        raise NotImplementedError

    def write_more(self, made: list[Made], setting: Setting, job) -> None:
        """What ingest does not write: after it, in the same transaction."""

    # -- how it is shown

    def field(self, key: str) -> Field:
        return next(one for one in self.fields if one.key == key)

    def missing(self, mapped: set[str]) -> list[str]:
        """What no column says though it is needed, in words."""
        words = [str(one.label) for one in self.fields if one.is_needed and one.key not in mapped]
        if self.one_of and not mapped & set(self.one_of):
            names = [str(self.field(key).label) for key in self.one_of]
            words.append(_("one of: %(fields)s") % {"fields": ", ".join(names)})
        return words


def again(ident: str, generation: int) -> str:
    return ident if generation <= 1 else f"{ident}:g{generation}"


class Refusal(Exception):
    """A row is refused; by which column, in words, what stands there."""

    def __init__(self, words: str, column: str = "", cell: str = ""):
        super().__init__(words)
        self.column, self.cell = column, cell


WORDS = {
    "missing_identity": gettext_lazy("Nobody is named: a phone, a member id or another identity."),
    "invalid_identity": gettext_lazy("This stands for nobody."),
    "invalid_phone": gettext_lazy("This is no phone number of a person."),
    "invalid_email": gettext_lazy("This is no e-mail address."),
    "out_of_range": gettext_lazy("This value lies outside of what is possible."),
    "wrong_length": gettext_lazy("This is empty or too long."),
    "wrong_format": gettext_lazy("This is not written as it should be."),
    "missing_field": gettext_lazy("A needed value is missing."),
    "unknown_value": gettext_lazy("This is none of the values that are possible here."),
    "unknown_event": gettext_lazy("Nobody has declared an event of this name."),
    "blank": gettext_lazy("Only white space."),
    "reserved_name": gettext_lazy("An attribute of this name is written by Hutong itself."),
}


def in_words(bad: BadItem) -> str:
    """Why the door would refuse it, in the reader's language."""
    return str(WORDS.get(bad.code) or _("This cannot be taken (%(code)s).") % {"code": bad.code})
