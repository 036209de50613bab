"""How many and for example who, before anything is saved: of the whole rule, and of each of its
parts.

At once an estimate from a few thousand customers drawn by chance; then the exact numbers. One
preview of a user runs at a time: a newer one waits, and the older one gives way between two
conditions, whose answers are remembered.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from time import monotonic

from django.db import OperationalError, connection, transaction
from pyroaring import BitMap

from customers.models import Customer
from customers.segments import builder, failures, rules
from customers.segments.conditions.base import ConditionFailed
from customers.segments.disclosure_control import DisclosureControl
from customers.segments.draft import Draft
from customers.segments.members import stored_members
from customers.segments.preview_cache import CachedEvaluation, SampledEvaluation

SAMPLE = 20
FEWER = 10  # of those who enter or leave
SECONDS = 8  # for one preview; what takes longer is counted when it is saved
DRAWN = 3000
WORTH_DRAWING = 30_000  # customers; fewer are counted as quickly as estimated
LOCK = 0x5E6B0000


class Superseded(Exception):
    """The same user has asked anew."""


@dataclass(slots=True)
class Difference:
    """What saving would do to the members that are stored now."""

    entering: int
    leaving: int
    who_enters: list[Customer]
    who_leaves: list[Customer]


@dataclass(slots=True)
class Preview:
    """`counts` are of the parts by their id; a part that is not finished has none, and the others
    are counted as if it were not there."""

    everyone: int
    counts: dict[str, int] = field(default_factory=dict)
    sample: list[Customer] = field(default_factory=list)
    difference: Difference | None = None
    is_exact: bool = True
    is_too_slow: bool = False
    failed: dict[str, str] = field(
        default_factory=dict
    )  # what is wrong with parts that cannot be evaluated, in words

    @property
    def count(self) -> int | None:
        return self.counts.get(builder.ROOT)


def estimate(rule: Draft, now: datetime, *, user: int) -> Preview | None:
    """From a few customers drawn by chance; None where counting all of them is as quick, or even
    these few take too long."""
    everyone = about_everyone()
    if everyone < WORTH_DRAWING:
        return None
    try:
        with at_most(1):
            evaluation = SampledEvaluation(now, rules.everyone(drawn()), user)
            share = everyone / max(1, len(evaluation.universe))
            counts = {
                part: round(len(evaluation.value(tree)) * share)
                for part, tree in rule.trees.items()
            }
    except (OperationalError, ConditionFailed):
        return None
    return Preview(everyone, counts, is_exact=False)


def exact(
    rule: Draft, now: datetime, *, user: int, segment: int | None = None, discreetly=None
) -> Preview:
    """The exact numbers at `now`, 20 of the customers, the latest first, and who would enter and
    leave this segment. Raises Superseded.

    Asked `discreetly` (by a user who may not see these people) there are numbers only, told as
    disclosure_control.py says; raises AskedTooMuch.
    """
    until = monotonic() + SECONDS
    with at_most(SECONDS), one_at_a_time(user):
        found = Preview(0)
        try:
            with asking(until):
                evaluation = CachedEvaluation(now, user)
            found.everyone = len(evaluation.universe)
            tell = (
                DisclosureControl(discreetly, evaluation.universe).disclose if discreetly else len
            )
            for part, tree in reversed(
                rule.trees.items()
            ):  # what stands inside comes after its group
                give_way(user)
                count_part(found, evaluation, part, tree, until, tell)
            if not discreetly and builder.ROOT in found.counts:
                with asking(until):
                    members = evaluation.value(rule.trees[builder.ROOT])
                    found.sample = latest(members, SAMPLE)
                    found.difference = (
                        difference(members, segment) if segment and rule.is_finished else None
                    )
        except OperationalError:
            found.is_too_slow = True
        return found


def count_part(
    found: Preview, evaluation: CachedEvaluation, part: str, tree, until: float, tell
) -> None:
    """One that cannot be evaluated is said to be so, and the others are counted all the same."""
    try:
        with asking(until):
            found.counts[part] = tell(evaluation.value(tree))
    except ConditionFailed as failed:
        if failed.is_too_slow:
            raise OperationalError from failed
        if not isinstance(tree, rules.Group):
            found.failed[part] = failures.in_words(**failed.told())


def count(definition: dict, now: datetime, *, segment: int | None = None) -> Preview:
    """Of a stored rule, as long as it takes. Raises InvalidRule."""
    rules.check(definition, inside=segment)
    evaluation = rules.Evaluation(now)
    found = evaluation.of(definition)
    shown = difference(found, segment) if segment else None
    return Preview(
        len(evaluation.universe), {builder.ROOT: len(found)}, latest(found, SAMPLE), shown
    )


def difference(found: BitMap, segment: int) -> Difference:
    stored = stored_members([segment], None).get(segment, BitMap())
    entering, leaving = found - stored, stored - found
    return Difference(len(entering), len(leaving), latest(entering, FEWER), latest(leaving, FEWER))


def latest(found: BitMap, most: int) -> list[Customer]:
    return list(
        Customer.objects.filter(
            pk__in=list(found[-most:] if len(found) > most else found)
        ).order_by("-pk")
    )


# -- a few, drawn by chance


def about_everyone() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'customers_customer'::regclass")
        return max(0, int(cursor.fetchone()[0]))


def drawn() -> BitMap:
    """Always the same numbers while nobody is new, so that an estimate does not flicker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM customers_customer")
        last = cursor.fetchone()[0]
    # A sample, no secret
    return BitMap(Random(DRAWN).sample(range(1, last + 1), min(DRAWN, last)))  # noqa: S311


# -- one at a time, and not for ever


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """A transaction whose statements end after so long as OperationalError."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = %s", [int(seconds * 1000)])
        yield


@contextmanager
def asking(until: float) -> Iterator[None]:
    """Until this moment of `monotonic`; what was cut off leaves the transaction usable."""
    left = until - monotonic()
    if left <= 0:
        raise OperationalError
    with at_most(left):
        yield


@contextmanager
def one_at_a_time(user: int) -> Iterator[None]:
    """Until the transaction ends no other preview of this user begins. Raises Superseded when the
    one before does not end."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, user])
    except OperationalError:
        raise Superseded from None
    yield


def give_way(user: int) -> None:
    """Raises Superseded where a newer preview of this user waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND"
            " objsubid = 2 AND NOT granted AND database = (SELECT oid FROM pg_database WHERE"
            " datname = current_database())",
            [LOCK, user],
        )
        if cursor.fetchone():
            raise Superseded
