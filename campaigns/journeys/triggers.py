"""What makes a journey begin: an event, an event that is not followed by another, a segment entered
or left, or the clock.

A trigger is a Django form whose data is the stored JSON; one line in CRM_JOURNEY_TRIGGERS adds one.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from django import forms
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys import happened
from campaigns.journeys.reading import RowField
from campaigns.journeys.steps.base import End, Go, Sleep
from campaigns.models import Run
from crm_project.registry import Registry
from customers.models import Segment, Workspace
from customers.segments.conditions.fields import SecondsField, seconds_in_words
from customers.workspace import schedules
from customers.workspace.schedule_field import ScheduleField
from customers.workspace.schedule_field import sentence as schedule_sentence
from events import names
from events import words as said
from events.commerce import bookings
from events.fields import EventNameField
from events.matching import ends
from events.segment_conditions.filters import FiltersField, where, where_words

triggers: Registry["Trigger"] = Registry(
    "CRM_JOURNEY_TRIGGERS", "campaigns.journeys.triggers.Trigger"
)
WEEK = 7 * 86400


class Trigger(forms.Form):
    """Base class. `watches` are the events that leave a reaction row because of it, `segments`
    those whose transitions are due because of it."""

    key = ""
    label = ""
    is_clocked = False  # the clock begins runs at its `slots`

    @property
    def gives(self) -> frozenset[str]:
        """What the journey's messages can speak of because of it."""
        return frozenset()

    def watches(self) -> set[str]:
        return set()

    def segments(self) -> set[int]:
        return set()

    def starts(self) -> str:
        """The event whose reactions begin a run; "" when no event does."""
        return ""

    def slots(self, after: datetime, now: datetime) -> list[datetime]:
        """The moments since `after` and up to now at which the clock begins runs."""
        return []

    def members(self, slot: datetime, after: int, most: int) -> list[int]:
        """The next customers, in the order of their numbers, whom a slot concerns."""
        return []

    def prepare(self, run: Run, reaction, now: datetime) -> None:
        """The new run knows when it is due and what it waits for."""
        run.due_at = now

    def entered(self, runs: list[Run], *, now: datetime) -> dict[int, Go | Sleep | End]:
        """Runs that wait at the trigger are due: Go into the first step, Sleep on, or End."""
        return {run.pk: Go() for run in runs}

    def sentence(self) -> str:
        raise NotImplementedError


class Fresh(Trigger):
    """Begun by an event; older ones are history and begin nothing."""

    freshness_seconds = SecondsField(
        label=gettext_lazy("begin only if the event is at most this old"),
        least=1,
        most=WEEK,
        initial=86400,
        required=False,
    )

    @property
    def gives(self) -> frozenset[str]:
        return frozenset({"event", "product"}) | spoken_of(self.starts())

    def clean_freshness_seconds(self):
        return self.cleaned_data["freshness_seconds"] or 86400

    def fitting(self, reactions: list) -> list:
        """Those of the reactions that are fresh enough and pass the filters (the ones a segment
        has, on the rows themselves)."""
        oldest = timedelta(seconds=self.cleaned_data["freshness_seconds"])
        fresh = [r for r in reactions if r.received_at - r.occurred_at <= oldest]
        if not fresh or not self.cleaned_data["where"]:
            return fresh
        filters, params = where(self.cleaned_data["where"])
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM events_reaction WHERE id = ANY(%(ids)s) {filters}",  # noqa: S608
                {"ids": [r.pk for r in fresh], **params},
            )
            passed = {row[0] for row in cursor}
        return [r for r in fresh if r.pk in passed]


def spoken_of(event: str) -> frozenset[str]:
    """What a text can speak of beside the event: the booking or the order that it is about."""
    if event == bookings.ANSWERED or event in bookings.NAMES.values():
        return frozenset({"booking"})
    return frozenset({"order"}) if event.startswith("Order ") else frozenset()


class OnEvent(Fresh):
    key, label = "event", gettext_lazy("An event happens")

    event = EventNameField(label=gettext_lazy("event"))
    where = FiltersField()
    field_order = ("event", "where")

    def watches(self):
        return {self.cleaned_data["event"]}

    def starts(self):
        return self.cleaned_data["event"]

    def sentence(self):
        text = _("when “%(event)s” happens") % {"event": said.event(self.cleaned_data["event"])}
        return text + (
            _(" where %(filters)s") % {"filters": where_words(self.cleaned_data["where"])}
            if self.cleaned_data["where"]
            else ""
        )


class OnAbsence(Fresh):
    """A and then no B within T: a run enters at A and waits for B with a matching key (decision
    11)."""

    key, label = "absence", gettext_lazy("An event is not followed by another")

    first = EventNameField(label=gettext_lazy("did"))
    second = EventNameField(label=gettext_lazy("and then not"))
    within_seconds = SecondsField(label=gettext_lazy("within"), least=1, most=366 * 86400)
    same_product = forms.BooleanField(label=gettext_lazy("of the same product"), required=False)
    grace_seconds = SecondsField(
        label=gettext_lazy("grace for late data"), least=0, most=86400, initial=60, required=False
    )
    where = FiltersField()
    field_order = ("first", "second", "within_seconds", "same_product", "where")

    def clean_grace_seconds(self):
        grace = self.cleaned_data["grace_seconds"]
        return 60 if grace is None else grace

    def watches(self):
        return {self.cleaned_data["first"], self.cleaned_data["second"]}

    def starts(self):
        return self.cleaned_data["first"]

    def waits_until(self, run: Run) -> datetime:
        return run.event_occurred_at + timedelta(
            seconds=self.cleaned_data["within_seconds"] + self.cleaned_data["grace_seconds"]
        )

    def prepare(self, run, reaction, now):
        run.is_waiting = True
        run.due_at = max(self.waits_until(run), now)
        run.awaits = [names.number(self.cleaned_data["second"])]

    def entered(self, runs, *, now):
        followed, awaits = (
            self.followed(runs, now),
            frozenset({names.number(self.cleaned_data["second"])}),
        )
        return {
            run.pk: (
                End("did_follow")
                if run.pk in followed
                else Sleep(until, awaits)
                if (until := self.waits_until(run)) > now
                else Go()
            )
            for run in runs
        }

    def followed(self, runs: list[Run], now: datetime) -> set[int]:
        """The runs whose A was followed by a B after all, in whatever order the two arrived."""
        if told := happened.teller():
            return set(
                told.first(
                    runs,
                    since=lambda run: run.event_occurred_at,
                    event=self.cleaned_data["second"],
                    filters=[],
                    key_of="product" if self.cleaned_data["same_product"] else "",
                    within=timedelta(seconds=self.cleaned_data["within_seconds"]),
                    until=now,
                )
            )
        rows = [
            {
                "run": r.pk,
                "event_id": r.event_id,
                "source_id": r.facts.get("source"),
                "customer_id": r.customer_id,
                "occurred_at": r.event_occurred_at,
                "keys": r.keys,
            }
            for r in runs
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT a.run FROM (SELECT run, event_id, source_id, customer_id, occurred_at,  "  # noqa: S608
                " ARRAY(SELECT jsonb_array_elements_text(CASE jsonb_typeof(keys) WHEN 'array' THEN"
                " keys ELSE '[]' END)) AS keys   FROM json_to_recordset(%(rows)s::json) AS r  (run"
                " bigint, event_id bigint, source_id int, customer_id int, occurred_at"
                " timestamptz, keys jsonb)) a WHERE EXISTS (SELECT 1 FROM events_event b WHERE"
                f" {ends(same_product=self.cleaned_data['same_product'])})",
                {
                    "rows": msgspec.json.encode(rows).decode(),
                    "second": names.number(self.cleaned_data["second"]),
                    "within": self.cleaned_data["within_seconds"],
                    "now": now,
                },
            )
            return {row[0] for row in cursor}

    def sentence(self):
        data = self.cleaned_data
        words = {
            "first": said.event(data["first"]),
            "second": said.event(data["second"]),
            "span": seconds_in_words(data["within_seconds"]),
        }
        text = (
            _(
                "when “%(first)s” is not followed by “%(second)s” of the same product within"
                " %(span)s"
            )
            if data["same_product"]
            else _("when “%(first)s” is not followed by “%(second)s” within %(span)s")
        )
        return text % words


class OnSegment(Trigger):
    """Somebody comes into a segment, or goes out of it, by what happens or by time alone. Those who
    are in it already, and whom an edited rule takes in or out, begin nothing."""

    key, label = "segment", gettext_lazy("A segment is entered or left")

    segment = RowField(label=gettext_lazy("segment"), queryset=Segment.objects.order_by("name"))
    change = forms.ChoiceField(
        label=gettext_lazy("what happens"),
        choices=[
            ("entered", gettext_lazy("somebody enters it")),
            ("left", gettext_lazy("somebody leaves it")),
        ],
        initial="entered",
        required=False,
        help_text=gettext_lazy(
            "Those who are in it already begin nothing, nor those whom an edited rule takes in or"
            " out."
        ),
    )

    def clean_change(self):
        return self.cleaned_data["change"] or "entered"

    def segments(self):
        return {self.cleaned_data["segment"].pk}

    def fits(self, transition) -> bool:
        return transition.segment_id == self.cleaned_data["segment"].pk and transition.entered == (
            self.cleaned_data["change"] == "entered"
        )

    def sentence(self):
        words = {"name": self.cleaned_data["segment"].name}
        return (
            _("when somebody leaves “%(name)s”")
            if self.cleaned_data["change"] == "left"
            else _("when somebody enters “%(name)s”")
        ) % words


class OnCall(Trigger):
    """Nothing begins it by itself: staff do, on a customer's page, or the shop's server
    (integrations/server_api/journeys.py)."""

    key, label = "call", gettext_lazy("By hand or by your server")

    @property
    def gives(self):
        return frozenset({"event"})

    def sentence(self):
        return _("when staff or your server let somebody in")


class OnSchedule(Trigger):
    """At a time, once or again and again, everybody who is in a segment then."""

    key, label, is_clocked = "schedule", gettext_lazy("At a time"), True

    segment = RowField(label=gettext_lazy("segment"), queryset=Segment.objects.order_by("name"))
    schedule = ScheduleField(label=gettext_lazy("when"))

    def slots(self, after: datetime, now: datetime) -> list[datetime]:
        """The moments since `after` at which it should have fired by now, in the workspace's
        zone."""
        zone = ZoneInfo(Workspace.get().time_zone)
        return schedules.due_slots(self.cleaned_data["schedule"], after, now, zone)

    def sentence(self):
        return _("%(when)s, for everybody in “%(name)s”") % {
            "when": schedule_sentence(self.cleaned_data["schedule"]),
            "name": self.cleaned_data["segment"].name,
        }
