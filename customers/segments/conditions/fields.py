"""Fields that several conditions share: how often, in which window."""

import operator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from crm_project.bounds import whole_in
from customers.models import Workspace

COMPARISONS = {
    ">=": (gettext_lazy("at least"), operator.ge),
    ">": (gettext_lazy("more than"), operator.gt),
    "=": (gettext_lazy("exactly"), operator.eq),
    "<=": (gettext_lazy("at most"), operator.le),
    "<": (gettext_lazy("less than"), operator.lt),
}
UNIT_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}
UNITS = [
    ("seconds", gettext_lazy("seconds")),
    ("minutes", gettext_lazy("minutes")),
    ("hours", gettext_lazy("hours")),
    ("days", gettext_lazy("days")),
    ("weeks", gettext_lazy("weeks")),
    ("months", gettext_lazy("months")),
]
LONGEST_FIRST = sorted(UNIT_SECONDS, key=lambda unit: UNIT_SECONDS[unit], reverse=True)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def span(n: int, unit: str) -> str:
    """ "3 days" in the active language."""
    return {
        "seconds": ngettext("%(n)d second", "%(n)d seconds", n),
        "minutes": ngettext("%(n)d minute", "%(n)d minutes", n),
        "hours": ngettext("%(n)d hour", "%(n)d hours", n),
        "days": ngettext("%(n)d day", "%(n)d days", n),
        "weeks": ngettext("%(n)d week", "%(n)d weeks", n),
        "months": ngettext("%(n)d month", "%(n)d months", n),
    }[unit] % {"n": n}


def whole_units(seconds: int) -> tuple[int, str]:
    """7200 seconds are 2 hours: the largest unit of which it is a whole number."""
    unit = next(one for one in LONGEST_FIRST if seconds % UNIT_SECONDS[one] == 0)
    return seconds // UNIT_SECONDS[unit], unit


def seconds_in_words(seconds: int) -> str:
    return span(*(whole_units(seconds) if seconds else (0, "seconds")))


class SecondsInput(forms.MultiWidget):
    """A number and its unit; a stored number of seconds is taken as it is."""

    def __init__(self, attrs=None):
        units = forms.Select(choices=UNITS[:-1], attrs={"aria-label": gettext_lazy("unit")})
        super().__init__({"n": forms.NumberInput(attrs={"min": 0}), "unit": units}, attrs)

    def id_for_label(self, id_):
        return f"{id_}_n" if id_ else id_

    def decompress(self, value):
        seconds = whole_in(str(value))
        return list(whole_units(seconds)) if seconds else [value, "hours"]

    def value_from_datadict(self, data, files, name):
        if name in data:
            return data[name]
        n, unit = super().value_from_datadict(data, files, name)
        number = whole_in(str(n or "").strip())
        return n if number is None else number * UNIT_SECONDS.get(unit, 1)

    def value_omitted_from_data(self, data, files, name):
        return name not in data and super().value_omitted_from_data(data, files, name)

    def get_context(self, name, value, attrs):
        # What a form was posted with is no list of two, as Django's own MultiValueField would have.
        return super().get_context(name, self.decompress(value), attrs)

    def render(self, name, value, attrs=None, renderer=None):
        return format_html('<div class="ht-row">{}</div>', super().render(name, value, attrs))


class SecondsField(forms.IntegerField):
    """A length of time, entered in the unit that people say it in, and stored in seconds."""

    def __init__(self, *, least: int, most: int, **kwargs):
        self.least, self.most = least, most
        super().__init__(**{"widget": SecondsInput, **kwargs})

    def validate(self, value):
        super().validate(value)
        if value is not None and value < self.least:
            raise ValidationError(_("At least %(span)s.") % {"span": seconds_in_words(self.least)})
        if value is not None and value > self.most:
            raise ValidationError(_("At most %(span)s.") % {"span": seconds_in_words(self.most)})


def before(moment: datetime, n: int, unit: str) -> datetime:
    """`moment` less n units; months are calendar months, their missing days are the month's
    last."""
    if unit != "months":
        seconds = min(n * UNIT_SECONDS[unit], int((moment - BEGINNING).total_seconds()))
        return moment - timedelta(seconds=seconds)
    months = moment.year * 12 + moment.month - 1 - n
    if months < 1970 * 12:
        return BEGINNING
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=months // 12, month=months % 12 + 1, day=day)
        except ValueError:
            continue
    return moment.replace(year=months // 12, month=months % 12 + 1)


class CountFields(forms.Form):
    """How often: compared with a number; comparisons that 0 satisfies take in everybody without
    any."""

    comparison = forms.ChoiceField(
        label=gettext_lazy("how often"),
        choices=[(k, v[0]) for k, v in COMPARISONS.items()],
        initial=">=",
        required=False,
    )
    times = forms.IntegerField(
        label=gettext_lazy("times"), min_value=0, max_value=1_000_000, initial=1, required=False
    )

    def clean_comparison(self):
        return self.cleaned_data["comparison"] or ">="

    def clean_times(self):
        return 1 if self.cleaned_data["times"] is None else self.cleaned_data["times"]


class WindowFields(forms.Form):
    """When: ever, in the last n units, or between two days of the workspace's zone. `now - W <=
    occurred_at <= now`."""

    window = forms.ChoiceField(
        label=gettext_lazy("when"),
        choices=[
            ("ever", gettext_lazy("ever")),
            ("last", gettext_lazy("in the last")),
            ("between", gettext_lazy("between two days")),
        ],
        initial="ever",
        required=False,
    )
    window_n = forms.IntegerField(
        label=pgettext_lazy("how many", "number"), min_value=1, max_value=100_000, required=False
    )
    window_unit = forms.ChoiceField(
        label=gettext_lazy("unit"), choices=UNITS, initial="days", required=False
    )
    window_from = forms.DateField(
        label=gettext_lazy("from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    window_until = forms.DateField(
        label=gettext_lazy("until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    # For the builder: which fields matter only for one choice of another.
    shown_if = {
        "window_n": "window=last",
        "window_unit": "window=last",
        "window_from": "window=between",
        "window_until": "window=between",
    }

    def clean(self):
        data = super().clean()
        data["window"] = data.get("window") or "ever"
        data["window_unit"] = data.get("window_unit") or "days"
        if data["window"] == "last" and not data.get("window_n"):
            raise ValidationError({"window_n": _("Say how many.")})
        if data["window"] == "between" and not (
            data.get("window_from") and data.get("window_until")
        ):
            raise ValidationError({"window_from": _("Choose both days.")})
        return data

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """The first and the last moment that count at `now`."""
        data = self.cleaned_data
        if data["window"] == "last":
            return before(now, data["window_n"], data["window_unit"]), now
        if data["window"] == "between":
            zone = ZoneInfo(Workspace.get().time_zone)
            last = datetime.combine(data["window_until"], time.max, zone)
            return datetime.combine(data["window_from"], time.min, zone), min(last, now)
        return BEGINNING, now

    def window_words(self) -> str:
        data = self.cleaned_data
        if data["window"] == "last":
            return _("in the last %(span)s") % {"span": span(data["window_n"], data["window_unit"])}
        if data["window"] == "between":
            return _("between %(first)s and %(last)s") % {
                "first": data["window_from"],
                "last": data["window_until"],
            }
        return _("ever")
