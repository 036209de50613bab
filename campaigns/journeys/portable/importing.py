"""A document becomes a journey's draft, with what it brings along: all or nothing.

What has the name of something that is there is that, or another one beside it, as is chosen for
each. What is neither there nor brought along stays in the draft by its name, and is marked in red.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from campaigns.journeys.portable import terms
from campaigns.journeys.portable.document import CannotRead, Document, sections
from campaigns.journeys.portable.exporting import may_see, renumbered
from campaigns.journeys.portable.references import (
    INCLUDED,
    KINDS,
    MISSING,
    WORDS,
    of_definition,
    of_rule,
    referred,
    word_of,
)
from campaigns.journeys.versions.parts import steps_of
from campaigns.models import Journey
from customers.models import AuditEntry, Segment
from customers.segments import rights

ADD = {
    "segment": "customers.add_segment",
    "tag": "customers.add_tag",
    "batch": "campaigns.add_couponbatch",
    "template": "campaigns.add_template",
}


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that the document brings along."""

    word: str
    name: str
    is_there: bool

    @property
    def key(self) -> str:
        return f"{self.word}:{self.name}"

    @property
    def label(self) -> str:
        return str(WORDS[self.word])


@dataclass
class Import:
    """Of one document. `anew` names the things of which another one is made beside the one that is
    there."""

    document: Document
    by: object
    now: datetime
    anew: Collection[str] = ()
    missing: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # and where
    made: dict[tuple[str, str], int] = field(default_factory=dict)
    under_way: set[tuple[str, str]] = field(default_factory=set)

    def things(self) -> list[Thing]:
        return [
            Thing(word, name, there(word, name) is not None)
            for word in INCLUDED
            for name in self.document.included[word]
        ]

    def carried_out(self, name: str) -> Journey:
        """The journey, as a draft. Raises CannotRead: then nothing was made."""
        with transaction.atomic():
            for word in INCLUDED:
                for one in self.document.included[word]:
                    self.number(word, one, sections(word))
            definition = of_definition(renumbered(self.document.definition), self.resolved)
            if not may_see(definition):
                raise CannotRead(_("You may not use one of these conditions."))
            if Journey.objects.filter(name=name).exists():
                raise CannotRead(_("There is a journey of this name already."))
            journey = Journey.objects.create(
                name=name,
                description=self.document.description,
                draft=definition,
                step_counter=len(steps_of(definition)),
            )
            AuditEntry.objects.create(
                by=self.by,
                act="journey.import",
                subject=f"journey:{journey.pk}",
                details={"made": [f"{word}:{pk}" for (word, _n), pk in self.made.items()][:50]},
            )
            return journey

    def resolved(self, _model: type[Model], value, path: str):
        """The number of what is named. A number stands for nothing here."""
        found = referred(value)
        if found is None or word_of(_model) != found[0]:
            named = value if isinstance(value, str | int) else ""
            return f"{MISSING}{named}"[:60]
        number = self.number(*found, path)
        return f"{MISSING}{found[1].removeprefix(MISSING)}"[:60] if number is None else number

    def number(self, word: str, name: str, path: str) -> int | None:
        if (word, name) in self.made:
            return self.made[word, name]
        row = there(word, name)
        if isinstance(row, Segment) and not rights.may_use(self.by, row):
            row = None  # nobody builds on what they may not choose
        said = self.document.included.get(word, {}).get(name)
        if row is not None and (said is None or f"{word}:{name}" not in self.anew):
            return row.pk
        if said is None:
            self.missing.setdefault((word, name), []).append(path)
            return None
        return self.make(word, name, said)

    def make(self, word: str, name: str, said: dict) -> int:
        at = f"{sections(word)} › {name}"
        if (word, name) in self.under_way:
            raise CannotRead(_("These name each other in a circle."), at)
        if not self.by.has_perm(ADD[word]):  # type: ignore[attr-defined]
            raise CannotRead(_("You may not add this."), at)
        self.under_way.add((word, name))
        ready = self.ready(word, said, at)
        try:
            given = free(word, name, besides=self.document.included[word].keys() - {name})
            row = terms.MAKE[word](given, ready, by=self.by, now=self.now)
        except (ValidationError, ValueError, TypeError) as wrong:
            messages = getattr(wrong, "messages", [_("This cannot be read.")])
            raise CannotRead(" ".join(messages), at) from wrong
        self.made[word, name] = row.pk
        return row.pk

    def ready(self, word: str, said: dict, path: str) -> dict:
        """With numbers where it names other things."""
        found = dict(said)
        if word == "segment" and "rule" in said:
            found["rule"] = of_rule(said["rule"], self.resolved, path)
        for name in ("segment", "otherwise"):
            if word in ("tag", "template") and said.get(name) is not None:
                model = KINDS["segment" if name == "segment" else "template"][0]
                found[name] = self.resolved(model, said[name], path)
        return found


def there(word: str, name: str) -> Model | None:
    model, by = KINDS[word]
    return model._default_manager.filter(**{by: name}).order_by("pk").first()


def free(word: str, name: str, *, besides: Collection[str] = ()) -> str:
    """The name, or one that nothing has yet, nor is going to have of `besides`."""
    return free_name(
        name,
        taken=lambda given: given in besides or there(word, given) is not None,
        most=longest(word),
    )


def longest(word: str) -> int:
    return KINDS[word][0]._meta.get_field("name").max_length or 100


def free_name(name: str, *, taken, most: int) -> str:
    given, n = name[:most], 2
    while taken(given):
        tail = f" ({n})"
        given, n = f"{name[: most - len(tail)]}{tail}", n + 1
    return given


def words_of(missing: dict[tuple[str, str], list[str]]) -> Iterable[str]:
    return [f"{WORDS[word]} “{name}”" for word, name in missing]
