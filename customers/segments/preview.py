"""How many and for example who, before anything is saved."""

from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap

from customers.models import Customer
from customers.segments import rules
from customers.segments.membership import stored_members

SAMPLE = 20
FEWER = 10  # of those who enter or leave


@dataclass(slots=True)
class Difference:
    """What saving would do to the members that are stored now."""

    entering: int
    leaving: int
    who_enters: list[Customer]
    who_leaves: list[Customer]


@dataclass(slots=True)
class Preview:
    count: int
    everyone: int
    sample: list[Customer]
    difference: Difference | None = None


def count(definition: dict, now: datetime, *, segment: int | None = None) -> Preview:
    """The exact number at `now` and up to 20 of them, the latest first; who would enter and leave this segment. Raises InvalidRule."""
    rules.check(definition, inside=segment)
    evaluation = rules.Evaluation(now)
    found = evaluation.of(definition)
    return Preview(len(found), len(evaluation.universe), latest(found, SAMPLE), segment and difference(found, segment))


def difference(found: BitMap, segment: int) -> Difference:
    stored = stored_members([segment], None).get(segment, BitMap())
    entering, leaving = found - stored, stored - found
    return Difference(len(entering), len(leaving), latest(entering, FEWER), latest(leaving, FEWER))


def latest(found: BitMap, most: int) -> list[Customer]:
    return list(Customer.objects.filter(pk__in=list(found[-most:] if len(found) > most else found)).order_by("-pk"))
