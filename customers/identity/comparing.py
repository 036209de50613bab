"""What joining two customers would do, before anybody does it; and what an undo gives back, and
what it cannot."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import IntegerField, Model, QuerySet, Value

from customers.attributes.values import value_of
from customers.identity import following, merging
from customers.identity.following import NOT_ABOUT_THEM
from customers.models import Customer, CustomerAttribute, Identity, Merge

COUNTED = 1000  # a preview counts no further
MOST = 200


@dataclass(frozen=True, slots=True)
class Amount:
    """Rows of one kind; `more` where there are more than were counted."""

    label: str
    count: int

    @property
    def more(self) -> bool:
        return self.count > COUNTED

    @property
    def counted(self) -> int:
        return min(self.count, COUNTED)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that both say something about: what each says, and which of the two counts
    afterwards ("mine" or "theirs")."""

    label: str
    mine: object
    theirs: object
    wins: str


@dataclass(frozen=True, slots=True)
class MergePreview:
    survivor: Customer
    loser: Customer
    moves: list[Amount]
    attributes: list[Choice]
    consents: list[Choice]
    clashes: list[
        tuple[Identity, Identity]
    ]  # strong identities of one kind and place that differ: mostly two people


def preview(one: Customer, other: Customer) -> MergePreview:
    survivor, loser = merging.in_order(one, other)
    return MergePreview(
        survivor,
        loser,
        parts(
            (model, model._base_manager.filter(customer_id=loser.pk)) for model in shown_tables()
        ),
        attributes(survivor, loser),
        consents(survivor, loser),
        clashes(survivor, loser),
    )


def shown_tables() -> list[type[Model]]:
    """All that follow, but for what is our own work and nothing about them."""
    return [model for model in following.followers() if model._meta.label not in NOT_ABOUT_THEM]


def parts(rows: Iterable[tuple[type[Model], QuerySet]]) -> list[Amount]:
    """How many rows of each kind, in one statement and no further than COUNTED each."""
    labels: list[str] = []
    counted: list[QuerySet] = []
    for model, found in rows:
        counted.append(
            found.order_by()
            .annotate(part=Value(len(labels), IntegerField()))
            .values_list("part")[: COUNTED + 1]
        )
        labels.append(str(model._meta.verbose_name_plural))
    counts = [0] * len(labels)
    for (place,) in counted[0].union(*counted[1:], all=True):
        counts[place] += 1
    return [Amount(label, count) for label, count in zip(labels, counts, strict=True) if count]


def attributes(survivor: Customer, loser: Customer) -> list[Choice]:
    """Where both say something different, the newer statement counts."""
    known: dict[int, dict] = {survivor.pk: {}, loser.pk: {}}
    for row in CustomerAttribute.objects.filter(customer__in=known).order_by("key")[:MOST]:
        if row.sealed is not None or row.value is not None:
            known[row.customer_id][row.key] = row
    mine, theirs = known[survivor.pk], known[loser.pk]
    return [
        Choice(
            key,
            mine.get(key) and value_of(mine[key]),
            value_of(row),
            "mine" if key in mine and is_newer(mine[key], row) else "theirs",
        )
        for key, row in theirs.items()
        if key not in mine or (mine[key].value, mine[key].digest) != (row.value, row.digest)
    ]


def is_newer(mine: CustomerAttribute, theirs: CustomerAttribute) -> bool:
    return mine.occurred_at > theirs.occurred_at


def consents(survivor: Customer, loser: Customer) -> list[Choice]:
    """Where both stated something and it differs, no means no; what only one stated is as it
    was."""
    mine, theirs = merging.stated_consents(survivor.pk, loser.pk)
    return [
        Choice(
            f"{channel} · {purpose}",
            mine.get((channel, purpose)),
            granted,
            winner(mine.get((channel, purpose)), granted),
        )
        for (channel, purpose), granted in sorted(theirs.items())
        if mine.get((channel, purpose)) != granted
    ]


def winner(mine: bool | None, theirs: bool) -> str:
    return "mine" if mine is False else "theirs"


def clashes(survivor: Customer, loser: Customer) -> list[tuple[Identity, Identity]]:
    strong: dict[int, dict] = {survivor.pk: {}, loser.pk: {}}
    for row in Identity.objects.filter(customer__in=strong, is_strong=True).order_by("pk")[:MOST]:
        strong[row.customer_id].setdefault((row.kind, row.scope), row)
    mine, theirs = strong[survivor.pk], strong[loser.pk]
    return [
        (mine[place], row)
        for place, row in theirs.items()
        if place in mine and mine[place].value != row.value
    ]


@dataclass(frozen=True, slots=True)
class Undoing:
    """What an undo gives back to the other customer, and in words what it leaves as it is."""

    merge: Merge
    goes_back: list[Amount]
    stays: list[str]


def undoing(merge: Merge) -> Undoing:
    origins = merge.moved["origins"]
    back = parts(
        (
            model,
            model._base_manager.filter(
                customer_id=merge.customer_id, origin_customer_id__in=origins
            ),
        )
        for model in shown_tables()
    )
    return Undoing(merge, back, stays(merge.customer_id, merge.at))


def stays(survivor: int, since: datetime) -> list[str]:
    """What was done since and no undo takes back: each table that has such rows says so
    (`cannot_be_undone` of its model)."""
    said = [
        model.cannot_be_undone(survivor, since)
        for model in following.followers()
        if hasattr(model, "cannot_be_undone")
    ]
    return [text for text in said if text]
