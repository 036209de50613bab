"""Measured values: the latest of a kind, any, the average, the smallest and the largest in a window."""
# ruff: noqa: S608 -- the statements are put together from constants; every value is a parameter

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.pickers import Picker
from customers.segments.conditions.base import Rows
from events.segment_conditions.comparing import WINDOW, Measure, NumberField

MEASURES = {
    "latest": pgettext_lazy("of values", "latest"),
    "any": pgettext_lazy("of values", "any"),
    "average": pgettext_lazy("of numbers", "average"),
    "min": pgettext_lazy("of numbers", "smallest"),
    "max": pgettext_lazy("of numbers", "largest"),
}
# As numeric: the same sum in whatever order the rows come.
NUMBERS = {
    "latest": "(array_agg(value::numeric ORDER BY occurred_at DESC, id DESC))[1]",
    "average": "avg(value::numeric)",
    "min": "min(value::numeric)",
    "max": "max(value::numeric)",
}


class Measured(Measure):
    """A value of one kind compared with a number; who was never measured fits nothing."""

    key, label, reads = "measured", gettext_lazy("Measurements"), frozenset({"measurement"})
    help = gettext_lazy("Measured values: blood pressure, weight, a course score.")
    WITHOUT_NOTHING = frozenset(MEASURES)

    kind = forms.CharField(label=gettext_lazy("kind"), max_length=60, widget=Picker("measurement_kind"))
    measure = forms.ChoiceField(label=gettext_lazy("measure"), choices=list(MEASURES.items()), initial="latest")
    times = NumberField(min_value=-(10**12), decimal_places=4, initial=None)
    field_order = ["kind", "measure", "comparison", "times", *WINDOW]

    def source(self):
        return "events_measurement WHERE kind = %(kind)s AND value IS NOT NULL", {"kind": self.cleaned_data["kind"]}

    def rows(self, now):
        columns = frozenset({"id", "kind", "value", "occurred_at"})
        return Rows("events_measurement", columns, "kind", frozenset({self.cleaned_data["kind"]}), "occurred_at", self.bounds(now)[0])

    def having(self, number):
        if self.cleaned_data["measure"] == "any":
            return f"bool_or(value::numeric {self.cleaned_data['comparison']} %(bound)s)"
        return super().having(number)

    def customers(self, *, now, among):
        first, last = self.bounds(now)
        rows, params = self.source()
        return self.asked(
            f"SELECT customer_id FROM {rows} AND occurred_at BETWEEN %(first)s AND %(last)s {{among}} "
            f"GROUP BY customer_id HAVING {self.having(NUMBERS.get(self.cleaned_data['measure'], ''))}",
            {"first": first, "last": last, "bound": self.bound(), **params},
            now=now,
            among=among,
        )

    def sentence(self):
        data = self.cleaned_data
        words = {**self.words(), "kind": data["kind"], "measure": MEASURES[data["measure"]]}
        return _("%(measure)s “%(kind)s” %(comparison)s %(n)s %(window)s") % words
