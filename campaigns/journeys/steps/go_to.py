from django import forms
from django.utils.translation import gettext_lazy, ngettext

from campaigns.journeys.steps.base import Go, Step

ROUNDS = "rounds"  # in a run's facts: how often it has gone back, by step


class GoTo(Step):
    """Back to an earlier step so many times, and on after that; whoever comes here anew later may
    go back as often again."""

    key, label = "go_to", gettext_lazy("Go back to a step")
    exits = {"next": gettext_lazy("after that"), "again": gettext_lazy("back to")}

    most = forms.IntegerField(
        label=gettext_lazy("at most, times"),
        min_value=1,
        max_value=100,
        initial=3,
        help_text=gettext_lazy("There has to be a step between that waits."),
    )

    def run(self, runs, *, now, effects):
        return {run.pk: Go(self.way(run)) for run in runs}

    def way(self, run) -> str:
        rounds = run.facts.setdefault(ROUNDS, {})
        rounds[run.step] = rounds.get(run.step, 0) + 1
        if rounds[run.step] <= self.cleaned_data["most"]:
            return "again"
        del rounds[run.step]
        return "next"

    def sentence(self):
        n = self.cleaned_data["most"]
        return ngettext("go back, at most %(n)d time", "go back, at most %(n)d times", n) % {"n": n}
