"""Until working hours: at once within them, else when the next worked day opens. Holidays and
shifted days are looked up anew when the wait is over."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.steps.base import Go, Sleep, Step
from customers.segments.conditions import days
from customers.workspace import workdays
from customers.workspace.moments import moment_in

LOOK_AGAIN = timedelta(days=30)  # where no day of the next two months is worked


class WaitForHours(Step):
    key, label, waits = "wait_for_hours", gettext_lazy("Wait for working hours"), True
    at_once = frozenset({"next"})

    opens = forms.TimeField(
        label=gettext_lazy("from"),
        initial="09:00",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("In the time zone of the workspace."),
    )
    closes = forms.TimeField(
        label=gettext_lazy("until"),
        initial="18:00",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy(
            "On worked days: holidays and shifted days (调休) as China announces them, and your own"
            " under “Special days”."
        ),
    )

    def clean(self):
        data = super().clean()
        if data.get("opens") and data.get("closes") and data["opens"] >= data["closes"]:
            raise ValidationError({"closes": _("The end comes after the beginning.")})
        return data

    def run(self, runs, *, now, effects):
        at = self.next_moment(now, days.zone())
        return {run.pk: Go() if at <= now else Sleep(at) for run in runs}

    resume = run

    def next_moment(self, now: datetime, zone: ZoneInfo) -> datetime:
        """`now` within the hours, else when they begin the next time."""
        opens, closes = self.cleaned_data["opens"], self.cleaned_data["closes"]
        for day in workdays.worked_from(now.astimezone(zone).date()):
            if now < on(day, closes, zone):
                return max(now, on(day, opens, zone))
        return now + LOOK_AGAIN

    def sentence(self):
        data = self.cleaned_data
        words = {"opens": f"{data['opens']:%H:%M}", "closes": f"{data['closes']:%H:%M}"}
        return _("wait for working hours (%(opens)s–%(closes)s)") % words


def on(day: date, at: time, zone: ZoneInfo) -> datetime:
    return moment_in(zone, datetime.combine(day, at))
