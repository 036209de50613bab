"""A date that is known of the customer, yearly or once, so many days before or after it, at a local
time; in the lunar calendar too."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from lunardate import LunarDate

from campaigns.journeys.triggers import Trigger
from customers.pickers import Picker
from customers.privacy.personal import is_personal_key
from customers.segments.conditions import days
from customers.workspace.moments import moment_in

MADE_UP_FOR = 2  # days: slots that were missed, while nothing ran, are made up for
FIRST_YEAR = 1900  # also of the lunar calendar's table
MOST_DAYS = 366
# The index on (key, value) finds the days, of as many years as somebody may be old.
DATED = f"""
SELECT DISTINCT a.customer_id FROM unnest(%(days)s::text[], %(lows)s::text[], %(highs)s::text[])
    AS d(day, low, high)
  JOIN customers_customerattribute a ON a.key = %(key)s AND a.sealed IS NULL
   AND a.value >= to_jsonb(d.low) AND a.value < to_jsonb(d.high)
 WHERE a.customer_id > %(after)s
   AND CASE WHEN %(is_lunar)s THEN left(a.value #>> '{{}}', 10) = d.day
       ELSE (({days.MOMENT}) AT TIME ZONE %(zone)s)::date = d.day::date END
 ORDER BY a.customer_id LIMIT %(most)s
"""  # noqa: S608


class OnDate(Trigger):
    key, label, is_clocked = "date", gettext_lazy("A date of the customer"), True

    attribute = forms.CharField(
        label=gettext_lazy("attribute"),
        max_length=100,
        widget=Picker("attribute"),
        help_text=gettext_lazy("It holds a date like 1990-05-31: a birthday, an expiry."),
    )
    every = forms.ChoiceField(
        label=gettext_lazy("how often"),
        choices=[
            ("year", gettext_lazy("every year, like a birthday")),
            ("once", gettext_lazy("once, on that very date")),
        ],
        initial="year",
        help_text=gettext_lazy("Who was born on 29 February has the 28th in other years."),
    )
    calendar = forms.ChoiceField(
        label=gettext_lazy("calendar"),
        choices=[
            ("solar", gettext_lazy("the common calendar")),
            ("lunar", gettext_lazy("the lunar calendar (农历)")),
        ],
        initial="solar",
        required=False,
        help_text=gettext_lazy(
            "Lunar: the attribute holds month and day of the lunar calendar, like 1990-08-15 for"
            " Mid-Autumn. A leap month counts as the plain one, the 30th of a short month as its"
            " last day."
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
    at = forms.TimeField(
        label=gettext_lazy("at"),
        initial="09:00",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("In the time zone of the workspace."),
    )

    shown_if = {"calendar": "every=year"}

    def clean(self):
        data = super().clean()
        if is_personal_key(data.get("attribute", "")):
            raise ValidationError(
                {"attribute": _("This attribute is encrypted: it can only be compared as a whole.")}
            )
        return data

    @property
    def is_lunar(self) -> bool:
        return self.cleaned_data["every"] == "year" and self.cleaned_data["calendar"] == "lunar"

    def slots(self, after, now):
        today = days.today(now)
        moments = [
            self.moment(today - timedelta(days=back)) for back in reversed(range(MADE_UP_FOR))
        ]
        return [at for at in moments if after < at <= now]

    def moment(self, day: date) -> datetime:
        return moment_in(days.zone(), datetime.combine(day, self.cleaned_data["at"] or time.min))

    def members(self, slot: datetime, after: int, most: int) -> list[int]:
        """Whose date it is, by so many days, on the slot's local day."""
        zone = days.zone()
        n = self.cleaned_data["days"] or 0
        shift = timedelta(days=-n if self.cleaned_data["direction"] == "after" else n)
        wanted = self.dates(slot.astimezone(zone).date() + shift)
        values = {
            "days": wanted,
            "lows": wanted if self.is_lunar else [moved(day, -1) for day in wanted],
            "highs": [f"{day}~" for day in wanted]
            if self.is_lunar
            else [moved(day, 2) for day in wanted],
            "key": self.cleaned_data["attribute"],
            "is_lunar": self.is_lunar,
            "zone": zone.key,
            "after": after,
            "most": most,
        }
        with connection.cursor() as cursor:
            cursor.execute(DATED, values)
            return [customer for (customer,) in cursor]

    def dates(self, day: date) -> list[str]:
        """What the attribute says of those whose date falls on this day."""
        if self.cleaned_data["every"] == "once":
            return [f"{day:%Y-%m-%d}"]
        of_year = lunar(day) if self.is_lunar else days.anniversaries(day, 0)
        found = [
            f"{year}-{one}" for year in range(FIRST_YEAR, day.year + 1) for one in sorted(of_year)
        ]
        return found if self.is_lunar else [one for one in found if is_day(one)]

    def sentence(self):
        data = self.cleaned_data
        n = data["days"] or 0
        words = {
            "name": data["attribute"],
            "at": f"{data['at']:%H:%M}",
            "days": ngettext("%(n)d day", "%(n)d days", n) % {"n": n},
        }
        if not n:
            text = _("on the day of “%(name)s”, at %(at)s")
        elif data["direction"] == "after":
            text = _("%(days)s after “%(name)s”, at %(at)s")
        else:
            text = _("%(days)s before “%(name)s”, at %(at)s")
        text %= words
        if self.is_lunar:
            return _("every lunar year, %(when)s") % {"when": text}
        if data["every"] == "year":
            return _("every year, %(when)s") % {"when": text}
        return _("once, %(when)s") % {"when": text}


def lunar(day: date) -> set[str]:
    """ "MM-DD" of the lunar calendar whose day this is; none in a leap month, since the plain one
    was theirs already."""
    at = LunarDate.from_solar_date(day.year, day.month, day.day)
    if at.is_leap_month:
        return set()
    tomorrow = day + timedelta(days=1)
    is_last = LunarDate.from_solar_date(tomorrow.year, tomorrow.month, tomorrow.day).day == 1
    found = {f"{at.month:02}-{at.day:02}"}
    return found | {f"{at.month:02}-30"} if is_last and at.day < 30 else found


def moved(day: str, n: int) -> str:
    return f"{date.fromisoformat(day) + timedelta(days=n):%Y-%m-%d}"


def is_day(text: str) -> bool:
    """Not the 29th of February of a common year."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
