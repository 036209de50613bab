"""Why is this customer in the segment, or not? Each condition true or false, what decided, and when
time alone would change it.

The answers come from the same conditions and the same tree as the members do: there is no second
evaluator.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from pyroaring import BitMap

from customers.models import Customer, Segment
from customers.segments import failures, membership, rules
from customers.segments.conditions.base import ConditionFailed, Evidence, asking

# Moments at which we look whether time alone has changed the answer; between two that differ the
# moment is narrowed down.
LOOKS = [timedelta(minutes=n) for n in (1, 5, 15, 30)] + [
    timedelta(hours=n) for n in (1, 2, 4, 8, 16)
]
LOOKS += [
    timedelta(days=n)
    for n in (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 366)
]
EXACT = timedelta(seconds=1)


@dataclass(slots=True)
class Because:
    """One part of the rule: a group with its parts, or a condition with the rows that decided."""

    is_true: bool
    sentence: str = ""
    op: str = ""
    of: list["Because"] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    changes_at: datetime | None = None
    is_decisive: bool = (
        False  # a condition whose other answer would change the whole, all else as it is
    )

    def with_other(self, leaf: "Because") -> bool:
        """Its answer if this condition's were the other one."""
        if self.op == "":
            return self.is_true != (self is leaf)
        answers = [part.with_other(leaf) for part in self.of]
        return all(answers) if self.op == "all" else any(answers) == (self.op == "any")

    def leaves(self) -> list["Because"]:
        return [leaf for part in self.of for leaf in part.leaves()] if self.op else [self]


@dataclass(slots=True)
class Why:
    segment: Segment
    customer: Customer
    because: (
        Because | None
    )  # None: the rule cannot be read, or, where `failure` says so, not be evaluated
    changes_at: datetime | None
    is_member: bool  # as stored; differs from `because` only until the next pass
    failure: str = ""


def explain(segment: Segment, customer: Customer, now: datetime) -> Why:
    tree = membership.readable(segment)
    is_member = segment.memberships.filter(customer=customer).exists()
    if tree is None:
        return Why(segment, customer, None, None, is_member)
    look = Look(customer)
    try:
        with transaction.atomic():
            because, changes_at = look.because(tree, now), look.flips_at(tree, now)
    except ConditionFailed as failed:
        return Why(segment, customer, None, None, is_member, failures.in_words(**failed.told()))
    for leaf in because.leaves():
        leaf.is_decisive = because.with_other(leaf) != because.is_true
    return Why(segment, customer, because, changes_at, is_member)


class Look:
    """What the rules say about one customer, now and later."""

    def __init__(self, customer: Customer):
        self.customer, self.only = customer, BitMap([customer.pk])

    def fits(self, tree, at: datetime) -> bool:
        return self.customer.pk in rules.Evaluation(at, self.only).value(tree)

    def because(self, tree, now: datetime) -> Because:
        if isinstance(tree, rules.Group):
            return Because(
                self.fits(tree, now), op=tree.op, of=[self.because(part, now) for part in tree.of]
            )
        with asking(tree):
            evidence = tree.evidence(self.customer, now=now)
        return Because(
            self.fits(tree, now),
            tree.sentence(),
            evidence=evidence,
            changes_at=self.flips_at(tree, now),
        )

    def flips_at(self, tree, now: datetime) -> datetime | None:
        """When the answer becomes another one though nothing happens, to the second; None within a
        year."""
        answer, before = self.fits(tree, now), now
        for step in LOOKS:
            if self.fits(tree, now + step) != answer:
                return self.narrowed(tree, before, now + step, answer)
            before = now + step
        return None

    def narrowed(self, tree, before: datetime, after: datetime, answer: bool) -> datetime:
        while after - before > EXACT:
            middle = before + (after - before) / 2
            if self.fits(tree, middle) == answer:
                before = middle
            else:
                after = middle
        return after
