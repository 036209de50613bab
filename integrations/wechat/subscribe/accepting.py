"""Accepts as rows, those of many people at once: what stands is read in one statement, and what is
new is written in one. Whose rows these are is held by whoever calls (grants.py)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q

from crm_project.db.sets import among
from customers.models import Identity
from integrations.wechat.subscribe.models import Grant, SubscribeTemplate

PAIRED_WITHIN = timedelta(minutes=2)
MOST_HINTS = 50  # of a person and template
AT_ONCE = 1000
SaidBy, State = Grant.SaidBy, Grant.State
PUSH_KEY, CLIENT_KEY = "push_key", "client_key"
Place = tuple[int, int]  # identity, template


class Report(NamedTuple):
    """That somebody accepted a template. `key` names the report, so that it counts once."""

    template: SubscribeTemplate
    at: datetime
    key: str
    said_by: str

    @property
    def keyed(self) -> str:
        return PUSH_KEY if self.said_by == SaidBy.PUSH else CLIENT_KEY


def whose(identity: Identity, template: SubscribeTemplate) -> dict:
    return {
        "identity": identity,
        "customer_id": identity.customer_id,
        "origin_customer_id": identity.origin_customer_id,
        "connection_id": template.connection_id,
        "template": template,
    }


class Accepting:
    """Some accepts, in the order in which they are told."""

    def __init__(self, reports: Sequence[tuple[Identity, Report]], now: datetime):
        self.reports, self.now = reports, now
        self.known = {(one.keyed, one.key) for one in self.stored_keys()}
        self.theirs: dict[Place, list[Grant]] = defaultdict(list)
        for row in self.stored():
            self.theirs[row.identity_id, row.template_id].append(row)
        self.hints = self.counted_hints()
        self.made: list[Grant] = []
        self.paired: dict[int, Grant] = {}
        self.renewed: dict[int, Grant] = {}

    def carry_out(self) -> int:
        """Each has its row. The number of rows that are new."""
        for identity, one in self.reports:
            self.accept(identity, one)
        Grant.objects.bulk_create(self.made, batch_size=AT_ONCE)
        # Of a pair nothing but its keys: a message may take the row at this moment (grants.take).
        Grant.objects.bulk_update(self.paired.values(), [PUSH_KEY, CLIENT_KEY], batch_size=AT_ONCE)
        fields = ["accepted_at", "said_by", "state", "refused_at", "changed_at"]
        Grant.objects.bulk_update(self.renewed.values(), fields, batch_size=AT_ONCE)
        return len(self.made)

    # -- what stands already

    def stored_keys(self) -> list[Report]:
        by_keyed: dict[str, dict[str, Report]] = {PUSH_KEY: {}, CLIENT_KEY: {}}
        for _identity, one in self.reports:
            by_keyed[one.keyed][one.key] = one
        return [
            reports[key]
            for keyed, reports in by_keyed.items()
            if reports
            for key in Grant.objects.filter(**{f"{keyed}__in": [*reports]}).values_list(
                keyed, flat=True
            )
        ]

    def stored(self):
        """What says more than that something was accepted at another time."""
        times = [one.at for _identity, one in self.reports]
        around = (min(times) - PAIRED_WITHIN, max(times) + PAIRED_WITHIN)
        return Grant.objects.filter(
            Q(is_withdrawal=True) | Q(is_lasting=True) | Q(accepted_at__range=around),
            among("identity", {identity.pk for identity, _one in self.reports}),
            among("template", {one.template.pk for _identity, one in self.reports}),
        ).order_by("pk")

    def counted_hints(self) -> dict[Place, int]:
        """How many accepts only the mini-program has told, whom anybody can make say so."""
        told = [pair for pair in self.reports if pair[1].said_by == SaidBy.CLIENT]
        if not told:
            return {}
        free = Grant.objects.filter(
            among("identity", {identity.pk for identity, _one in told}),
            state=State.FREE,
            push_key=None,
            is_lasting=False,
        )
        rows = free.values_list("identity", "template").annotate(n=Count("pk")).order_by()
        return {(identity, template): n for identity, template, n in rows}

    # -- one of them

    def accept(self, identity: Identity, one: Report) -> None:
        if (one.keyed, one.key) in self.known:
            return
        self.known.add((one.keyed, one.key))
        place = (identity.pk, one.template.pk)
        is_late = any(row.is_withdrawal and row.accepted_at > one.at for row in self.theirs[place])
        if one.template.is_long_term:
            self.lasting(identity, one, is_late=is_late)
        elif one.said_by == SaidBy.CLIENT and self.hints.get(place, 0) >= MOST_HINTS:
            return
        elif pair := self.pair(place, one):
            setattr(pair, one.keyed, one.key)
            note(self.paired, pair)
        else:
            row = self.make(identity, one, is_late=is_late)
            setattr(row, one.keyed, one.key)
            if one.said_by == SaidBy.CLIENT and not is_late:
                self.hints[place] = self.hints.get(place, 0) + 1

    def pair(self, place: Place, one: Report) -> Grant | None:
        """The other side's report of the same accept: the nearest in time."""
        alone = [
            row
            for row in self.theirs[place]
            if row.said_by != one.said_by
            and not (row.is_withdrawal or row.is_lasting)
            and getattr(row, one.keyed) is None
            and abs(row.accepted_at - one.at) <= PAIRED_WITHIN
        ]
        return min(alone, key=lambda row: abs(row.accepted_at - one.at), default=None)

    def lasting(self, identity: Identity, one: Report, *, is_late: bool) -> None:
        """The one row of a long-term template; accepted again it is free again."""
        rows = self.theirs[identity.pk, one.template.pk]
        row = next((row for row in rows if row.is_lasting), None)
        if row is None:
            self.make(identity, one, is_late=is_late, is_lasting=True)
        elif not is_late and one.at >= row.accepted_at:
            row.accepted_at, row.said_by, row.state = one.at, one.said_by, State.FREE
            row.refused_at, row.changed_at = None, self.now
            note(self.renewed, row)

    def make(self, identity: Identity, one: Report, *, is_late: bool, **more) -> Grant:
        row = Grant(
            **whose(identity, one.template),
            accepted_at=one.at,
            said_by=one.said_by,
            state=State.VOID if is_late else State.FREE,
            changed_at=self.now,
            **more,
        )
        self.theirs[identity.pk, one.template.pk].append(row)
        self.made.append(row)
        return row


def note(rows: dict[int, Grant], row: Grant) -> None:
    """One that stands in the database is written again."""
    if row.pk is not None:
        rows[row.pk] = row
