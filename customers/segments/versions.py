"""What the rule of a segment was, in words, and what each version changed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from customers.models import SegmentVersion
from customers.segments import rules


@dataclass(frozen=True, slots=True)
class ToldVersion:
    """`added` and `removed` are sentences of conditions, against the version before; None of both
    where there is none before."""

    version: SegmentVersion
    sentence: str
    added: list[str] | None = None
    removed: list[str] | None = None

    @property
    def is_rejoined(self) -> bool:
        """The conditions are the same, in another order or joined otherwise."""
        return self.added == [] == self.removed


def versions_in_words(versions: Iterable[SegmentVersion]) -> list[ToldVersion]:
    """In words, the latest first; of the oldest one given nothing is said against the one
    before."""
    found = []
    versions = sorted(versions, key=lambda version: -version.number)
    for at, version in enumerate(versions):
        sentence = rules.sentence(version.definition)
        if at + 1 == len(versions):
            found.append(ToldVersion(version, sentence))
        else:
            now, then = conditions(version.definition), conditions(versions[at + 1].definition)
            found.append(
                ToldVersion(
                    version, sentence, list((now - then).elements()), list((then - now).elements())
                )
            )
    return found


def conditions(definition) -> Counter:
    """The sentences of the single conditions."""
    of = definition.get("of") if isinstance(definition, dict) else None
    if isinstance(of, list):
        return sum((conditions(part) for part in of), Counter())
    return Counter([rules.sentence(definition)] if definition else [])
