"""Until a time of the workspace's zone: of the day, of the week, or around a date that is known of
the customer."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from campaigns.journeys.steps.base import Go, Sleep, Step
from campaigns.models import Run
from customers.attributes.words import attribute
from customers.pickers import Picker
from customers.privacy.personal import is_personal_key
from customers.segments.conditions import days
from customers.workspace.moments import moment_in
from events import names

TOLD = ("Profile Updated", "Customer Registered")  # by these events attributes come in
TARGET = "wait_until"  # in a run's facts: [visit, the moment it waits for]
MOST_DAYS = 3650
DATES = (
    f"SELECT customer_id, {days.MOMENT} FROM customers_customerattribute WHERE key = %(key)s AND"  # noqa: S608
    " sealed IS NULL AND customer_id = ANY(%(ids)s)"
)


class WaitUntil(Step):
    """Until the next such time. A date that is past when somebody comes here has a way of its own,
    as has a date that nobody knows."""

    key, label, waits = "wait_until", gettext_lazy("Wait until"), True
    at_once = frozenset({"too_late", "unknown"})

    until = forms.ChoiceField(
        label=gettext_lazy("until"),
        choices=[
            ("time", gettext_lazy("a time of day")),
            ("weekday", gettext_lazy("a weekday and time")),
            ("date", gettext_lazy("a date of the customer")),
        ],
        initial="time",
    )
    at = forms.TimeField(
        label=gettext_lazy("at"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("In the time zone of the workspace."),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("on"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    attribute = forms.CharField(
        label=gettext_lazy("attribute"),
        max_length=100,
        required=False,
        widget=Picker("attribute"),
        help_text=gettext_lazy(
            "It holds a date like 2026-05-31, with or without a time. Who has none goes by a way of"
            " their own."
        ),
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("before or after it"),
        choices=[("before", gettext_lazy("before")), ("after", gettext_lazy("after"))],
        initial="before",
        required=False,
    )
    days = forms.IntegerField(
        label=gettext_lazy("days"),
        min_value=0,
        max_value=MOST_DAYS,
        initial=0,
        required=False,
        help_text=gettext_lazy("0: on the day itself."),
    )

    # For the form: which fields matter only for one choice of another.
    shown_if = {
        "weekdays": "until=weekday",
        "attribute": "until=date",
        "direction": "until=date",
        "days": "until=date",
    }

    @property
    def exits(self):
        ways = {"next": pgettext_lazy("the usual way on", "then")}
        if self["until"].value() == "date":
            ways |= {
                "too_late": gettext_lazy("it is past already"),
                "unknown": gettext_lazy("no such date is known"),
            }
        return ways

    def clean(self):
        data = super().clean()
        if (
            data.get("until") == "weekday"
            and not data.get("weekdays")
            and "weekdays" not in self.errors
        ):
            raise ValidationError({"weekdays": _("Choose at least one day.")})
        if data.get("until") == "date":
            if not data.get("attribute"):
                raise ValidationError({"attribute": _("Choose an attribute.")})
            if is_personal_key(data["attribute"]):
                raise ValidationError(
                    {
                        "attribute": _(
                            "This attribute is encrypted: it can only be compared as a whole."
                        )
                    }
                )
        return data

    def watches(self):
        """A date that is told anew may be earlier."""
        return set(TOLD) if self.cleaned_data["until"] == "date" else set()

    def told_by(self) -> frozenset[int]:
        return frozenset(names.numbers(self.watches()).values())

    def run(self, runs, *, now, effects):
        answers: dict[int, Go | Sleep] = {}
        targets = self.targets(runs, now)
        for run in runs:
            target = targets.get(run.pk)
            if target is None:
                answers[run.pk] = Go("unknown")
            elif target < now:
                answers[run.pk] = Go("too_late")
            else:
                run.facts[TARGET] = [run.visit, target.isoformat()]
                answers[run.pk] = Sleep(target, self.told_by())
        return answers

    def resume(self, runs, *, now, effects):
        """A date that has changed meanwhile is waited for again; where it is past by now, or gone,
        so is the reason to go on."""
        if self.cleaned_data["until"] != "date":
            return {run.pk: Go() for run in runs}
        kept = {
            run.pk: datetime.fromisoformat(at)
            for run in runs
            for visit, at in [run.facts.get(TARGET, (0, ""))]
            if visit == run.visit
        }
        anew = self.targets(runs, now)
        moved = [run for run in runs if anew.get(run.pk) != kept.get(run.pk)]
        answers = {
            run.pk: Sleep(at, self.told_by()) if (at := kept.get(run.pk)) and at > now else Go()
            for run in runs
        }
        return answers | (self.run(moved, now=now, effects=effects) if moved else {})

    def taken_over(self, run, before, until, now):
        """The time is looked up anew, as if they came now."""
        run.is_waiting = False
        return now

    def targets(self, runs: list[Run], now: datetime) -> dict[int, datetime]:
        """By run: the moment it waits for; none where the customer has no such date."""
        zone = days.zone()
        if self.cleaned_data["until"] == "date":
            dates = self.dates({run.customer_id for run in runs}, zone)
            return {
                run.pk: self.around(dates[run.customer_id], zone)
                for run in runs
                if run.customer_id in dates
            }
        return dict.fromkeys((run.pk for run in runs), self.next_time(now, zone))

    def next_time(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The next such time of day after now, on one of the weekdays where those matter."""
        first = now.astimezone(zone).date()
        wanted = (
            self.cleaned_data["weekdays"] if self.cleaned_data["until"] == "weekday" else range(7)
        )
        coming = (
            self.on(first + timedelta(days=n), zone)
            for n in range(9)
            if (first + timedelta(days=n)).weekday() in wanted
        )
        return next(at for at in coming if at > now)

    def around(self, known: datetime, zone: ZoneInfo) -> datetime:
        n = self.cleaned_data["days"] or 0
        return self.on(
            days.moved(
                known.astimezone(zone).date(),
                n if self.cleaned_data["direction"] == "after" else -n,
                "days",
            ),
            zone,
        )

    def on(self, day: date, zone: ZoneInfo) -> datetime:
        return moment_in(zone, datetime.combine(day, self.cleaned_data["at"]))

    def dates(self, customers: set[int], zone: ZoneInfo) -> dict[int, datetime]:
        """By customer: the moment that the attribute says, the midnight it begins with where it
        says a day."""
        with connection.cursor() as cursor:
            cursor.execute(
                DATES,
                {
                    "key": self.cleaned_data["attribute"],
                    "ids": sorted(customers),
                    "zone": str(zone),
                },
            )
            return {customer: at for customer, at in cursor if at}

    def sentence(self):
        data = self.cleaned_data
        words = {
            "at": f"{data['at']:%H:%M}",
            "name": attribute(data["attribute"]),
            "days": self.days_words(),
        }
        if data["until"] == "weekday":
            words["on"] = ", ".join(str(WEEKDAYS[day]) for day in sorted(data["weekdays"]))
            return _("wait until %(on)s at %(at)s") % words
        if data["until"] == "time":
            return _("wait until %(at)s") % words
        if not data["days"]:
            return _("wait until %(at)s on the day of “%(name)s”") % words
        if data["direction"] == "after":
            return _("wait until %(at)s, %(days)s after “%(name)s”") % words
        return _("wait until %(at)s, %(days)s before “%(name)s”") % words

    def days_words(self) -> str:
        n = self.cleaned_data["days"] or 0
        return ngettext("%(n)d day", "%(n)d days", n) % {"n": n}
