"""The first time and the last time that somebody did something."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.segments.conditions.fields import UNITS, WindowFields, before, span
from events import words as said
from events.segment_conditions.comparing import WINDOW
from events.segment_conditions.did import OfEvent
from events.segment_conditions.filters import FiltersField, filtered, where, where_words


class FirstDid(OfEvent, WindowFields):
    """The first of all lies in the window."""

    key, label = "first_did", gettext_lazy("Did an event for the first time")
    help = gettext_lazy("The very first time lies in a time: newcomers.")
    field_order = ["event", *WINDOW, "where"]

    def edges(self, now):
        return list(self.bounds(now))

    def since(self, now):
        return None

    def customers(self, *, now, among):
        first, last = self.bounds(now)
        rows, params = self.counted()
        return self.asked(
            f"SELECT customer_id FROM {rows} AND occurred_at <= %(last)s {{among}} GROUP BY"  # noqa: S608
            " customer_id HAVING min(occurred_at) >= %(first)s",
            {"first": first, "last": last, **params},
            now=now,
            among=among,
        )

    def sentence(self):
        text = _("did “%(event)s” for the first time %(window)s") % {
            "event": said.event(self.cleaned_data["event"]),
            "window": self.window_words(),
        }
        return filtered(text, self.cleaned_data["where"])


class LastDid(OfEvent):
    """The last of all had these properties, or this age."""

    key, label = "last_did", gettext_lazy("The last event of a kind")
    help = gettext_lazy("What the last one was like, and how long ago it was.")

    where = FiltersField(
        label=gettext_lazy("of those with properties"),
        help_text=gettext_lazy("Which events count."),
    )
    has = FiltersField(
        label=gettext_lazy("the last has properties"),
        help_text=gettext_lazy("Asked of the last of those that count."),
    )
    age = forms.ChoiceField(
        label=gettext_lazy("and was"),
        choices=[
            ("any", pgettext_lazy("age", "at any time")),
            ("at_least", pgettext_lazy("age", "at least this long ago")),
            ("at_most", pgettext_lazy("age", "at most this long ago")),
        ],
        initial="any",
        required=False,
    )
    age_n = forms.IntegerField(
        label=pgettext_lazy("how many", "number"), min_value=1, max_value=100_000, required=False
    )
    age_unit = forms.ChoiceField(
        label=gettext_lazy("unit"), choices=UNITS, initial="days", required=False
    )
    field_order = ["event", "where", "has", "age", "age_n", "age_unit"]
    shown_if = {"age_n": "age!=any", "age_unit": "age!=any"}

    AGES = {"at_least": "AND occurred_at <= %(edge)s", "at_most": "AND occurred_at >= %(edge)s"}

    def clean(self):
        data = super().clean()
        data["age"] = data.get("age") or "any"
        data["age_unit"] = data.get("age_unit") or "days"
        if data["age"] != "any" and not data.get("age_n"):
            raise ValidationError({"age_n": _("Say how many.")})
        return data

    def columns(self):
        return {"id"} | (
            {"properties"} if self.cleaned_data["where"] or self.cleaned_data["has"] else set()
        )

    def edges(self, now):
        data = self.cleaned_data
        return (
            [now] if data["age"] == "any" else [now, before(now, data["age_n"], data["age_unit"])]
        )

    def since(self, now):
        return None

    def customers(self, *, now, among):
        rows, params = self.counted()
        has, values = where(self.cleaned_data["has"], "h")
        properties = ", properties" if "properties" in self.columns() else ""
        return self.asked(
            "SELECT customer_id FROM (SELECT DISTINCT ON (customer_id) customer_id,"  # noqa: S608
            f" occurred_at{properties} FROM {rows} AND occurred_at <= %(now)s {{among}} ORDER BY"
            f" customer_id, occurred_at DESC, id DESC) latest WHERE true {has}"
            f" {self.AGES.get(self.cleaned_data['age'], '')}",
            {"now": now, "edge": self.edges(now)[-1], **params, **values},
            now=now,
            among=among,
        )

    def sentence(self):
        data = self.cleaned_data
        text = filtered(
            _("the last “%(event)s”") % {"event": said.event(data["event"])}, data["where"]
        )
        parts = (
            [_("has %(filters)s") % {"filters": where_words(data["has"])}] if data["has"] else []
        )
        if data["age"] != "any":
            words = (
                _("was at least %(span)s ago")
                if data["age"] == "at_least"
                else _("was at most %(span)s ago")
            )
            parts.append(words % {"span": span(data["age_n"], data["age_unit"])})
        return text + " " + (_(" and ").join(parts) or _("is there"))
