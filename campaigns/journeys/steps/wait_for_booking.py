"""Until so long before or after the booking that began the journey. The wait follows the booking:
moved, it moves, earlier too; cancelled, it has a way of its own; and what would be late is not
done."""

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from campaigns.journeys import about
from campaigns.journeys.steps.base import Go, Sleep, Step
from campaigns.journeys.steps.wait_for_event import LOOK_AGAIN
from campaigns.models import Run
from customers.segments.conditions.fields import UNIT_SECONDS, UNITS, span
from events.commerce import bookings
from events.models import Booking

TARGET = "wait_for_booking"  # in a run's facts: [visit, the moment it waits for]
LATE = timedelta(minutes=15)  # so much later than its time, a reminder is none


class WaitForBooking(Step):
    key, label, waits = "wait_for_booking", gettext_lazy("Wait until around the booking"), True
    at_once = frozenset({"too_late", "cancelled", "unknown"})

    direction = forms.ChoiceField(
        label=gettext_lazy("before or after it"),
        choices=[("before", gettext_lazy("before")), ("after", gettext_lazy("after"))],
        initial="before",
    )
    n = forms.IntegerField(label=gettext_lazy("how long"), min_value=0, max_value=10_000, initial=2)
    unit = forms.ChoiceField(label=gettext_lazy("unit"), choices=UNITS[:-1], initial="hours")

    @property
    def exits(self):
        return {
            "next": pgettext_lazy("the usual way on", "then"),
            "cancelled": gettext_lazy("it was cancelled"),
            "too_late": gettext_lazy("it is past already"),
            "unknown": gettext_lazy("there is no booking"),
        }

    @property
    def is_before(self) -> bool:
        return self.cleaned_data["direction"] == "before"

    @property
    def offset(self) -> timedelta:
        seconds = self.cleaned_data["n"] * UNIT_SECONDS[self.cleaned_data["unit"]]
        return timedelta(seconds=-seconds if self.is_before else seconds)

    def watches(self):
        return set(bookings.NAMES.values())

    def run(self, runs, *, now, effects):
        """The first sleep is a short one: a booking may have moved while this was looked up."""
        return self.looked(runs, now, patience=timedelta(0), first=LOOK_AGAIN)

    def resume(self, runs, *, now, effects):
        return self.looked(runs, now, patience=LATE)

    def looked(
        self,
        runs: list[Run],
        now: datetime,
        *,
        patience: timedelta,
        first: timedelta | None = None,
    ) -> dict[int, Go | Sleep]:
        known = about.bookings_of(runs)
        answers: dict[int, Go | Sleep] = {}
        for run in runs:
            booking = known.get(run.pk)
            if booking is None:
                answers[run.pk] = Go("unknown")
            elif booking.status == Booking.Status.CANCELLED:
                answers[run.pk] = Go("cancelled")
            else:
                answers[run.pk] = self.at(run, booking, now, patience, first)
        return answers

    def at(
        self,
        run: Run,
        booking: Booking,
        now: datetime,
        patience: timedelta,
        first: timedelta | None,
    ) -> Go | Sleep:
        target = booking.starts_at + self.offset
        if target > now:
            until = min(target, now + first) if first else target
            return Sleep(until, about.names_of_bookings())
        has_begun = self.is_before and booking.starts_at <= now
        if has_begun or now - target > patience:
            return Go("too_late")
        run.facts[about.ABOUT] = about.booking(booking, step=run.step, is_before=self.is_before)
        return Go()

    def sentence(self):
        words = {"span": span(self.cleaned_data["n"], self.cleaned_data["unit"])}
        if not self.cleaned_data["n"]:
            return _("wait until the booking begins")
        if self.is_before:
            return _("wait until %(span)s before the booking") % words
        return _("wait until %(span)s after the booking") % words
