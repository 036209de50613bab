"""Who may enter a journey beside its re-entry rule, and how many in an hour."""

from datetime import datetime, timedelta

import structlog
from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyroaring import BitMap

from campaigns.journeys.reading import RowField
from campaigns.models import Journey, Run
from crm_project.db.sets import among
from customers.models import Membership, Segment
from customers.segments import rules
from customers.segments.conditions.base import ConditionFailed

log = structlog.get_logger("hutong.journeys")

ENTERS_AT = "enters_at"  # in a run's facts: when its turn comes


class EntryRule(forms.Form):
    """Its data is the stored JSON, so that the segment is named as in any part of a journey."""

    label = gettext_lazy("Who may enter")

    segment = RowField(
        label=gettext_lazy("only customers who are in"),
        queryset=Segment.objects.order_by("name"),
        required=False,
    )
    per_hour = forms.IntegerField(
        label=gettext_lazy("enter in an hour, at most"),
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text=gettext_lazy("The others wait for their turn; nobody is lost. Empty: at once."),
    )

    def sentences(self) -> list[str]:
        data = self.cleaned_data
        told = []
        if data["segment"]:
            told.append(_("only customers in “%(name)s” enter") % {"name": data["segment"].name})
        if data["per_hour"]:
            told.append(_("at most %(n)d enter in an hour") % {"n": data["per_hour"]})
        return told


def belonging(segment: Segment, runs: list[Run], now: datetime) -> list[Run]:
    """Those whose customers are in the segment now: by its rule, not by what is stored, which may
    be two seconds older than the event that began the run."""
    customers = BitMap(run.customer_id for run in runs)
    rule = {"condition": "in_segment", "segment": segment.pk, "membership": "in"}
    try:
        with transaction.atomic():
            inside = rules.Evaluation(now, customers).of(rule)
    except ConditionFailed:
        log.exception("a journey's segment cannot be decided; its members count")
        stored = Membership.objects.filter(among("customer", list(customers)), segment=segment)
        inside = BitMap(stored.values_list("customer", flat=True))
    return [run for run in runs if run.customer_id in inside]


def take_turns(journey_id: int, runs: list[Run], now: datetime, per_hour: int) -> None:
    """Each run begins when its turn has come, in their order. Under the lock on the entrance."""
    journey = Journey.objects.filter(pk=journey_id)
    gap, turn = timedelta(hours=1) / per_hour, journey.values_list("entry_slot_at", flat=True).get()
    turn = max(turn or now, now)
    for run in runs:
        at = max(turn, run.due_at)
        run.facts[ENTERS_AT], run.due_at = at.isoformat(), at
        turn = at + gap
    journey.update(entry_slot_at=turn)


def turn_of(run: Run) -> datetime | None:
    at = run.facts.get(ENTERS_AT)
    return datetime.fromisoformat(at) if at else None
