"""The field of a form in which a schedule (schedules.py) is written, and its words."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import get_default_renderer
from django.template.loader import render_to_string
from django.utils.dates import WEEKDAYS
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm_project.bounds import whole_in
from customers.models import Workspace
from customers.workspace.moments import LocalMomentField, local_in
from customers.workspace.schedules import ALL, LAST, LAST_DAY, SKIP

KINDS = {
    "once": gettext_lazy("once"),
    "daily": gettext_lazy("every day"),
    "weekly": gettext_lazy("on days of the week"),
    "monthly": gettext_lazy("every month"),
}
MISSED = {
    LAST: gettext_lazy("make up for the last one"),
    SKIP: gettext_lazy("leave them out"),
    ALL: gettext_lazy("make up for each"),
}
DAYS = [*((str(n), str(n)) for n in range(1, 32)), (LAST_DAY, gettext_lazy("the last day"))]
ISO_WEEKDAYS = [(number + 1, name) for number, name in WEEKDAYS.items()]
LABELS = {
    "kind": gettext_lazy("how often"),
    "at": gettext_lazy("at"),
    "time": gettext_lazy("time of day"),
    "weekdays": gettext_lazy("on"),
    "day": pgettext_lazy("of the month", "day"),
    "missed": gettext_lazy("where times were missed"),
}
# What belongs to which kind.
PARTS = {
    "once": ("at",),
    "daily": ("time",),
    "weekly": ("time", "weekdays"),
    "monthly": ("time", "day"),
}


class ScheduleWidget(forms.MultiWidget):
    """A choice of the kind, and what belongs to it; posted part by part, stored as one value."""

    template_name = "customers/schedule.html"

    def __init__(self, attrs=None):
        parts = {
            "kind": forms.Select(choices=KINDS.items()),
            "at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            "time": forms.TimeInput(attrs={"type": "time"}),
            "weekdays": forms.CheckboxSelectMultiple(choices=ISO_WEEKDAYS),
            "day": forms.Select(choices=DAYS),
            "missed": forms.Select(choices=MISSED.items()),
        }
        self.keys = list(parts)
        for key, widget in parts.items():
            widget.attrs["aria-label"] = LABELS[key]
        super().__init__(parts, attrs)

    def decompress(self, value):
        value = value if isinstance(value, dict) else {}
        found = {**value, "at": shown_moment(value.get("at"))}
        return [found.get(key) for key in self.keys]

    def value_from_datadict(self, data, files, name):
        """As it is stored, or put together from what was posted."""
        if isinstance(stored := data.get(name), dict):
            return stored
        found = dict(zip(self.keys, super().value_from_datadict(data, files, name), strict=True))
        parts = PARTS.get(found["kind"], ())
        kept = {"kind": found["kind"], **{key: found[key] for key in parts}}
        return {**kept, "missed": found["missed"]} if found["kind"] else None

    def _render(self, template_name, context, renderer=None):
        renderer = renderer or get_default_renderer()
        name = context["widget"]["name"]
        parts = [
            {
                "widget": mark_safe(renderer.render(part["template_name"], {"widget": part})),
                "label": LABELS[key],
                "shown_if": rule(name, key),
            }
            for key, part in zip(self.keys, context["widget"]["subwidgets"], strict=True)
        ]
        return render_to_string(template_name, {"parts": parts})


def rule(name: str, key: str) -> str:
    """For static/hutong/hutong.js: by which kinds a part is shown."""
    kinds = [kind for kind, parts in PARTS.items() if key in parts]
    if key == "missed":
        kinds = [kind for kind in KINDS if kind != "once"]
    return f"{name}_kind={'|'.join(kinds)}" if kinds else ""


def shown_moment(value):
    """In the workspace's zone, where the stored one says another."""
    try:
        found = LocalMomentField(required=False).clean(value)
    except ValidationError:
        return value
    return local_in(ZoneInfo(Workspace.get().time_zone), found) if found and found.tzinfo else found


class ScheduleField(forms.Field):
    """Clean, it is the schedule as it is stored."""

    widget = ScheduleWidget
    default_error_messages = {
        "kind": gettext_lazy("Say how often."),
        "at": gettext_lazy("Say when: a day and a time."),
        "time": gettext_lazy("Say at what time of day."),
        "weekdays": gettext_lazy("Choose at least one day of the week."),
        "day": gettext_lazy("Choose a day of the month."),
        "missed": gettext_lazy("Say what becomes of times that were missed."),
    }

    def to_python(self, value):
        if value in self.empty_values:
            return None
        kind = value.get("kind") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in PARTS:
            raise self.wrong("kind")
        missed = value.get("missed") or LAST
        if not isinstance(missed, str) or missed not in MISSED:
            raise self.wrong("missed")
        return {
            "kind": kind,
            **{part: getattr(self, f"read_{part}")(value.get(part)) for part in PARTS[kind]},
            "missed": missed,
        }

    @staticmethod
    def moment_of(schedule: dict) -> datetime:
        """When a schedule of kind once comes round."""
        return datetime.fromisoformat(schedule["at"])

    def wrong(self, part: str) -> ValidationError:
        return ValidationError(self.error_messages[part], code="invalid")

    def read_at(self, said) -> str:
        try:
            return LocalMomentField().clean(said).isoformat()
        except (ValidationError, TypeError):
            raise self.wrong("at") from None

    def read_time(self, said) -> str:
        try:
            found = forms.TimeField().clean(said)
        except (ValidationError, TypeError, AttributeError):
            raise self.wrong("time") from None
        return found.isoformat("seconds" if found.second else "minutes")

    def read_weekdays(self, said) -> list[int]:
        days = {whole_in(one) for one in said} if isinstance(said, list | tuple) else set()
        if not days or not days <= set(range(1, 8)):
            raise self.wrong("weekdays")
        return sorted(days)

    def read_day(self, said) -> int | str:
        day = said if said == LAST_DAY else whole_in(said)
        if day != LAST_DAY and (day is None or not 1 <= day <= 31):
            raise self.wrong("day")
        return day


def sentence(schedule: dict) -> str:
    """When it comes round, in words."""
    at = schedule.get("time", "")
    if schedule["kind"] == "once":
        return _("once, at %(at)s") % {"at": schedule["at"].replace("T", " ")[:16]}
    if schedule["kind"] == "weekly":
        names = dict(ISO_WEEKDAYS)
        words = _(", ").join(str(names[day]) for day in schedule["weekdays"])
        return _("every %(days)s at %(at)s") % {"days": words, "at": at}
    if schedule["kind"] == "monthly" and schedule["day"] == LAST_DAY:
        return _("on the last day of every month at %(at)s") % {"at": at}
    if schedule["kind"] == "monthly":
        return _("on day %(day)s of every month at %(at)s") % {"day": schedule["day"], "at": at}
    return _("daily at %(at)s") % {"at": at}
