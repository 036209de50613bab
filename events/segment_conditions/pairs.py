"""A followed by B within T, and A followed by no B within T; the matching is shared with the
journeys (events/matching.py)."""

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.templatetags.hutong import page_of
from customers.segments.conditions.base import MOST_EVIDENCE, Condition, Evidence, Rows
from customers.segments.conditions.fields import (
    UNIT_SECONDS,
    UNITS,
    SecondsField,
    WindowFields,
    span,
)
from events import names
from events import words as said
from events.fields import EventNameField
from events.matching import ends
from events.models import Event
from events.rights import SENSITIVE, events_permissions
from events.segment_conditions.did import numbers_of
from events.segment_conditions.edges import touched


class TwoEvents(Condition, WindowFields):
    """An event A in the window, and B no later than T after it, perhaps about the same product. One
    event is never both."""

    reads = frozenset({"event"})
    permission = "events.view_event"

    first = EventNameField(label=gettext_lazy("did"))
    second = EventNameField(label=gettext_lazy("and then"))
    within_n = forms.IntegerField(
        label=gettext_lazy("within"), min_value=1, max_value=100_000, initial=24
    )
    within_unit = forms.ChoiceField(label=gettext_lazy("unit"), choices=UNITS[:-1], initial="hours")
    same_product = forms.BooleanField(label=gettext_lazy("of the same product"), required=False)
    field_order = ["first", "second", "within_n", "within_unit", "same_product"]

    FOLLOWED = "EXISTS"

    def names(self):
        return {self.cleaned_data["first"], self.cleaned_data["second"]}

    def permissions(self):
        return super().permissions() | events_permissions(self.names())

    def needs(self):
        return events_permissions(self.names()) & SENSITIVE

    def rows(self, now):
        columns = frozenset({"id", "name_id", "source_id", "occurred_at", "keys"})
        return Rows(
            "events_event", columns, "name_id", numbers_of(self), "occurred_at", self.bounds(now)[0]
        )

    def within(self) -> int:
        return self.cleaned_data["within_n"] * UNIT_SECONDS[self.cleaned_data["within_unit"]]

    def known_until(self, now: datetime) -> datetime:
        """Of an A up to here it is known whether B followed."""
        return now

    def customers(self, *, now, among):
        first, last = self.bounds(now)
        return self.asked(
            "SELECT a.customer_id FROM (SELECT id AS event_id, source_id, customer_id, occurred_at,"  # noqa: S608
            " keys FROM events_event WHERE name_id = %(first_name)s AND occurred_at BETWEEN"
            " %(from)s AND %(until)s {among}) a "
            # OFFSET 0 keeps it a look into the index per A: as a join it is hashed by customer
            # alone, which costs whoever has very many of both the square of them.
            f"WHERE {self.FOLLOWED} (SELECT 1 FROM events_event b WHERE b.occurred_at >= %(from)s"
            f" AND {ends(same_product=self.cleaned_data['same_product'])} OFFSET 0)",
            {
                "first_name": names.known(self.cleaned_data["first"]),
                "second": names.known(self.cleaned_data["second"]),
                "within": self.within(),
                "from": first,
                "until": min(last, self.known_until(now)),
                "now": now,
            },
            now=now,
            among=among,
        )

    def touched_by_time(self, *, since, until):
        """An A enters or leaves the window, or is old enough to be judged; or a B from a clock
        ahead begins to count."""
        before, after = ([*self.bounds(now), self.known_until(now)] for now in (since, until))
        return touched(*self.events("first"), "occurred_at", before, after) | touched(
            *self.events("second"), "occurred_at", [since], [until]
        )

    def events(self, which: str) -> tuple[str, dict]:
        return "events_event WHERE name_id = %(name)s", {
            "name": names.known(self.cleaned_data[which])
        }

    def evidence(self, customer, *, now):
        """The latest of both kinds in the window, and what may have followed."""
        first, _last = self.bounds(now)
        numbers = {names.known(name): name for name in self.names()}
        found = Event.objects.filter(
            customer_id=customer.pk, name_id__in=list(numbers), occurred_at__range=(first, now)
        )
        return [
            Evidence(said.event(numbers[one.name_id]), one.occurred_at, page_of(one))
            for one in found.order_by("-occurred_at", "-pk")[:MOST_EVIDENCE]
        ]

    def words(self) -> dict:
        data = self.cleaned_data
        return {
            "first": said.event(data["first"]),
            "second": said.event(data["second"]),
            "span": span(data["within_n"], data["within_unit"]),
        }

    def in_window(self, text: str) -> str:
        return text + ("" if self.cleaned_data["window"] == "ever" else ", " + self.window_words())


class Sequence(TwoEvents):
    """Did A and then B within T."""

    key, label = "sequence", gettext_lazy("Did A and then B")
    help = gettext_lazy("One thing and then another within a time.")

    def sentence(self):
        text = (
            _("did “%(first)s” and then “%(second)s” of the same product within %(span)s")
            if self.cleaned_data["same_product"]
            else _("did “%(first)s” and then “%(second)s” within %(span)s")
        )
        return self.in_window(text % self.words())


class DidNotFollow(TwoEvents):
    """Did A and then no B within T, optionally for the same product. True once T and the grace for
    late data have passed."""

    key, label = "a_and_no_b", gettext_lazy("Did A and then not B")
    help = gettext_lazy(
        "One thing, and then not the other within a time: put into the cart and not paid."
    )
    FOLLOWED = "NOT EXISTS"

    second = EventNameField(label=gettext_lazy("and then not"))
    grace_seconds = SecondsField(
        label=gettext_lazy("grace for late data"), least=0, most=86400, initial=60, required=False
    )

    def clean_grace_seconds(self):
        grace = self.cleaned_data["grace_seconds"]
        return 60 if grace is None else grace

    def known_until(self, now):
        return now - timedelta(seconds=self.within() + self.cleaned_data["grace_seconds"])

    def sentence(self):
        text = (
            _("did “%(first)s” and then no “%(second)s” of the same product within %(span)s")
            if self.cleaned_data["same_product"]
            else _("did “%(first)s” and then no “%(second)s” within %(span)s")
        )
        return self.in_window(text % self.words())
