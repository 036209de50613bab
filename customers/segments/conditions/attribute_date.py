"""Attribute that holds a date or a moment: how it lies to now, to today, to a day; and its
anniversaries."""

from datetime import date, datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from pyroaring import BitMap

from customers.attributes.words import attribute
from customers.pickers import Picker
from customers.privacy.personal import is_personal_key
from customers.segments.conditions import days
from customers.segments.conditions.attribute import COLUMNS, stated
from customers.segments.conditions.base import Condition, Rows, asked
from customers.segments.conditions.fields import UNIT_SECONDS, UNITS, span

COMPARISONS = {
    "last": gettext_lazy("lies in the last"),
    "next": gettext_lazy("lies in the next"),
    "on": gettext_lazy("is on"),
    "not_on": gettext_lazy("is not on"),
    "before": gettext_lazy("is before"),
    "after": gettext_lazy("is after"),
    "anniversary": gettext_lazy("has its anniversary in the next"),
}
AGAINST = {
    "today": gettext_lazy("today"),
    "date": gettext_lazy("a day of the calendar"),
    "ago": gettext_lazy("the day so long ago"),
    "ahead": gettext_lazy("the day so far ahead"),
    "last_week": gettext_lazy("last week"),
    "this_week": gettext_lazy("this week"),
    "next_week": gettext_lazy("next week"),
}
WEEKS = {"last_week": -1, "this_week": 0, "next_week": 1}
WHOLE_DAYS = frozenset({"days", "weeks", "months"})
A_YEAR = 365
MOST = 100_000

# The text of a moment begins with its day, so the index on values finds it, a day or two around for
# the zones.
DATED = f"""
SELECT customer_id, {days.MOMENT} AS moment FROM customers_customerattribute
 WHERE key = %(key)s AND sealed IS NULL AND value >= to_jsonb(%(low_day)s::text)
   AND value < to_jsonb(%(high_day)s::text) {{among}}
"""  # noqa: S608


class AttributeDate(Condition):
    """The moment of the attribute lies in a range that follows from now; or its day of the year is
    one of those that come."""

    key, label, reads = "attribute_date", gettext_lazy("Date attribute"), frozenset({"attribute"})
    permission = "customers.view_customer"
    help = gettext_lazy(
        "A date that is known of a customer: birthday, expiry of the membership, last visit."
    )

    attribute = forms.CharField(
        label=gettext_lazy("attribute"),
        max_length=100,
        widget=Picker("attribute"),
        help_text=gettext_lazy(
            "It holds a date like 1990-05-31, with or without a time. Any other value is no match."
        ),
    )
    comparison = forms.ChoiceField(
        label=gettext_lazy("comparison"), choices=list(COMPARISONS.items())
    )
    against = forms.ChoiceField(
        label=gettext_lazy("day"),
        choices=list(AGAINST.items()),
        initial="today",
        required=False,
        help_text=gettext_lazy(
            "For “is on”, “is not on”, “is before” and “is after”. A day is the whole local day;"
            " weeks begin on Monday."
        ),
    )
    day = forms.DateField(
        label=gettext_lazy("day of the calendar"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    n = forms.IntegerField(
        label=pgettext_lazy("how many", "number"),
        min_value=0,
        max_value=MOST,
        required=False,
        help_text=gettext_lazy("Today counts too: 0 days is today."),
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("unit"),
        choices=UNITS,
        initial="days",
        required=False,
        help_text=gettext_lazy(
            "Days, weeks and months are whole local days; seconds, minutes and hours count from"
            " this moment."
        ),
    )

    shown_if = {
        "against": "comparison=on|not_on|before|after",
        "day": "against=date",
        "n": "comparison=last|next|anniversary;against=ago|ahead",
        "unit": "comparison=last|next|anniversary;against=ago|ahead",
    }

    def clean(self):
        data = super().clean()
        data["against"], data["unit"] = data.get("against") or "today", data.get("unit") or "days"
        comparison, against, n = data.get("comparison"), data["against"], data.get("n")
        is_span = comparison in ("last", "next", "anniversary")
        if (is_span or against in ("ago", "ahead")) and n is None:
            raise ValidationError({"n": _("Say how many.")})
        if (comparison == "anniversary" or (not is_span and against in ("ago", "ahead"))) and data[
            "unit"
        ] not in WHOLE_DAYS:
            raise ValidationError({"unit": _("Choose days, weeks or months.")})
        if comparison == "anniversary" and self.ahead(date(2000, 1, 1)) > A_YEAR:
            raise ValidationError({"n": _("At most a year.")})
        if not is_span and against == "date" and not data.get("day"):
            raise ValidationError({"day": _("Choose a day.")})
        if is_personal_key(data.get("attribute", "")):
            raise ValidationError(
                {"attribute": _("This attribute is encrypted: it can only be compared as a whole.")}
            )
        return data

    # -- what is asked at a moment

    def ahead(self, day: date) -> int:
        """The days from `day` to n units later."""
        return (days.moved(day, self.cleaned_data["n"], self.cleaned_data["unit"]) - day).days

    def days_against(self, today: date) -> tuple[date, date]:
        """The first and the last day that the attribute is compared with."""
        data, against = self.cleaned_data, self.cleaned_data["against"]
        if against in WEEKS:
            return days.week(today, WEEKS[against])
        if against == "date":
            return data["day"], data["day"]
        n = {"today": 0, "ago": -(data["n"] or 0), "ahead": data["n"] or 0}[against]
        day = days.moved(today, n, data["unit"]) if n else today
        return day, day

    def days_meant(self, today: date) -> tuple[date | None, date | None]:
        """The first and the last day that fit (for "is not on": that do not); None is open."""
        data = self.cleaned_data
        if data["comparison"] == "last":
            return days.moved(today, -data["n"], data["unit"]), today
        if data["comparison"] == "next":
            return today, days.moved(today, data["n"], data["unit"])
        first, last = self.days_against(today)
        if data["comparison"] == "before":
            return None, first - days.ONE_DAY
        return (last + days.ONE_DAY, None) if data["comparison"] == "after" else (first, last)

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """From this moment on, and before that one."""
        data = self.cleaned_data
        if data["comparison"] in ("last", "next") and data["unit"] not in WHOLE_DAYS:
            seconds = timedelta(seconds=data["n"] * UNIT_SECONDS[data["unit"]])
            since, until = (
                (now - seconds, now) if data["comparison"] == "last" else (now, now + seconds)
            )
            return since, until + timedelta(microseconds=1)
        first, last = self.days_meant(days.today(now))
        return days.begins(first) if first else days.FIRST, (
            days.begins(last + days.ONE_DAY) if last else days.LAST
        )

    def anniversaries(self, now: datetime) -> set[str]:
        today = days.today(now)
        return days.anniversaries(today, self.ahead(today))

    # -- who

    def between(self, low: datetime, high: datetime) -> tuple[str, dict]:
        around = 2 * days.ONE_DAY
        params = {
            "key": self.cleaned_data["attribute"],
            "zone": days.zone().key,
            "low": low,
            "high": high,
            "low_day": str((low - around).date()) if low > days.FIRST else "0",
            "high_day": str((high + around).date()) if high < days.LAST else "9999-99-99",
        }
        return (
            (
                f"SELECT customer_id FROM ({DATED}) AS dated WHERE moment >= %(low)s AND moment <"  # noqa: S608
                " %(high)s"
            ),
            params,
        )

    def on_days(self, of_the_year: set[str]) -> tuple[str, dict]:
        sql, params = self.between(days.FIRST, days.LAST)
        on = " AND to_char(moment AT TIME ZONE %(zone)s, 'MM-DD') = ANY(%(of_the_year)s)"
        return sql + on, {**params, "of_the_year": sorted(of_the_year)}

    def is_anniversary(self) -> bool:
        return self.cleaned_data["comparison"] == "anniversary"

    def rows(self, now):
        return Rows(
            "customers_customerattribute",
            COLUMNS,
            "key",
            frozenset({self.cleaned_data["attribute"]}),
        )

    def customers(self, *, now, among):
        sql, params = (
            self.on_days(self.anniversaries(now))
            if self.is_anniversary()
            else self.between(*self.bounds(now))
        )
        found = self.asked(sql, params, now=now, among=among)
        return among - found if self.cleaned_data["comparison"] == "not_on" else found

    def touched_by_time(self, *, since, until):
        """Whom a bound has passed over; whole days move at local midnight only."""
        if self.is_anniversary():
            changed = self.anniversaries(since) ^ self.anniversaries(until)
            return at_any(self.on_days(changed)) if changed else BitMap()
        moved = zip(self.bounds(since), self.bounds(until), strict=True)
        return BitMap.union(
            BitMap(),
            *(at_any(self.between(min(pair), max(pair))) for pair in moved if pair[0] != pair[1]),
        )

    def evidence(self, customer, *, now):
        return stated(customer, self.cleaned_data["attribute"])

    # -- in words

    def sentence(self):
        data = self.cleaned_data
        words = {
            "attribute": attribute(data["attribute"]),
            "comparison": COMPARISONS[data["comparison"]],
            "day": self.day_words(),
        }
        if data["comparison"] in ("last", "next", "anniversary"):
            return _("%(attribute)s %(comparison)s %(span)s") % {
                **words,
                "span": span(data["n"], data["unit"]),
            }
        return _("%(attribute)s %(comparison)s %(day)s") % words

    def day_words(self) -> str:
        data = self.cleaned_data
        if data["against"] == "date":
            return str(data["day"])
        if data["against"] in ("ago", "ahead"):
            words = {"span": span(data["n"] or 0, data["unit"])}
            return (
                _("the day %(span)s ago")
                if data["against"] == "ago"
                else _("the day %(span)s ahead")
            ) % words
        return str(AGAINST[data["against"]])


def at_any(question: tuple[str, dict]) -> BitMap:
    sql, params = question
    return asked(sql.replace("{among}", ""), params)
