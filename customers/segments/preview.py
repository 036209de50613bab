"""How many and for example who, before anything is saved."""

from dataclasses import dataclass
from datetime import datetime

from customers.models import Customer
from customers.segments import rules

SAMPLE = 20


@dataclass(slots=True)
class Preview:
    count: int
    everyone: int
    sample: list[Customer]


def count(definition: dict, now: datetime) -> Preview:
    """The exact number at `now` and up to 20 of them, the latest first. Raises InvalidRule."""
    rules.check(definition)
    evaluation = rules.Evaluation(now)
    found = evaluation.of(definition)
    latest = found[-SAMPLE:] if len(found) > SAMPLE else found
    return Preview(len(found), len(evaluation.universe), list(Customer.objects.filter(pk__in=list(latest)).order_by("-pk")))
