"""Measured values: the latest of a kind, any, the average, the smallest and the largest in a
window."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm_project.templatetags.hutong import page_of
from customers.pickers import Picker
from customers.segments.conditions.base import MOST_EVIDENCE, Evidence, Rows
from events.models import Measurement
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
    permission, is_sensitive = "events.view_measurement", True
    help = gettext_lazy("Measured values: blood pressure, weight, a course score.")
    WITHOUT_NOTHING = frozenset(MEASURES)

    kind = forms.CharField(
        label=gettext_lazy("kind"), max_length=60, widget=Picker("measurement_kind")
    )
    measure = forms.ChoiceField(
        label=gettext_lazy("measure"), choices=list(MEASURES.items()), initial="latest"
    )
    times = NumberField(min_value=-(10**12), decimal_places=4, initial=None)
    field_order = ["kind", "measure", "comparison", "times", *WINDOW]

    def source(self):
        return "events_measurement WHERE kind = %(kind)s AND value IS NOT NULL", {
            "kind": self.cleaned_data["kind"]
        }

    def rows(self, now):
        columns = frozenset({"id", "kind", "value", "occurred_at"})
        return Rows(
            "events_measurement",
            columns,
            "kind",
            frozenset({self.cleaned_data["kind"]}),
            "occurred_at",
            self.bounds(now)[0],
        )

    def having(self, number):
        if self.cleaned_data["measure"] == "any":
            return f"bool_or(value::numeric {self.cleaned_data['comparison']} %(bound)s)"
        return super().having(number)

    def customers(self, *, now, among):
        return self.with_number(NUMBERS.get(self.cleaned_data["measure"], ""), now=now, among=among)

    def evidence(self, customer, *, now):
        """When, not how much: values are seen on the measurement's own page, by whoever may."""
        found = Measurement.objects.filter(
            customer_id=customer.pk, kind=self.cleaned_data["kind"], value__isnull=False
        )
        found = found.filter(occurred_at__range=self.bounds(now)).order_by("-occurred_at", "-pk")[
            :MOST_EVIDENCE
        ]
        return [Evidence(one.kind, one.occurred_at, page_of(one)) for one in found]

    def sentence(self):
        data = self.cleaned_data
        words = {**self.words(), "kind": data["kind"], "measure": MEASURES[data["measure"]]}
        return _("%(measure)s “%(kind)s” %(comparison)s %(n)s %(window)s") % words
