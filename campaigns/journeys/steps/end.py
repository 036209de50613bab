from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.steps.base import End, Step


class EndHere(Step):
    """The customer has gone through the journey, with a word of the author's that stands in the
    history and in the numbers."""

    key, label, exits = "end", gettext_lazy("End here"), {}

    outcome = forms.CharField(
        label=gettext_lazy("outcome"),
        max_length=60,
        required=False,
        help_text=gettext_lazy(
            "In a few words, such as “has bought”. It is shown in the history of each customer."
        ),
    )

    def run(self, runs, *, now, effects):
        return {
            run.pk: End(self.cleaned_data["outcome"] or self.key, is_through=True) for run in runs
        }

    def sentence(self):
        outcome = self.cleaned_data["outcome"]
        return _("end here: %(outcome)s") % {"outcome": outcome} if outcome else _("end here")
