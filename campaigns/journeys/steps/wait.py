from datetime import timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.steps.base import Sleep, Step
from customers.segments.conditions.fields import UNIT_SECONDS, UNITS, span


class Wait(Step):
    """Waiting is a due time on the run: it costs nothing per minute."""

    key, label, waits = "wait", gettext_lazy("Wait"), True

    n = forms.IntegerField(label=gettext_lazy("how long"), min_value=1, max_value=10_000)
    unit = forms.ChoiceField(label=gettext_lazy("unit"), choices=UNITS[:-1], initial="hours")

    @property
    def length(self) -> timedelta:
        return timedelta(seconds=self.cleaned_data["n"] * UNIT_SECONDS[self.cleaned_data["unit"]])

    def run(self, runs, *, now, effects):
        return {run.pk: Sleep(now + self.length) for run in runs}

    def taken_over(self, run, before, until, now):
        """What was waited already counts."""
        return max(until - before.length + self.length, now)

    def sentence(self):
        return _("wait %(span)s") % {
            "span": span(self.cleaned_data["n"], self.cleaned_data["unit"])
        }
