from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.steps.base import Go
from campaigns.journeys.steps.ways import WAYS, WithWays, label_field


def percent_field(initial: int | None) -> forms.IntegerField:
    return forms.IntegerField(
        label=gettext_lazy("share, %"),
        min_value=1,
        max_value=100,
        initial=initial,
        required=False,
        help_text=gettext_lazy("All shares together are 100. Empty: there is no such way."),
    )


class RandomSplit(WithWays):
    """Each way takes its share of the customers, by a draw that is the same for a customer for ever
    and is recorded as their assignment."""

    key, label, by = "random_split", gettext_lazy("Split at random"), "percent"

    w1_label, w1_percent = label_field(), percent_field(50)
    w2_label, w2_percent = label_field(), percent_field(50)
    w3_label, w3_percent = label_field(), percent_field(None)
    w4_label, w4_percent = label_field(), percent_field(None)
    w5_label, w5_percent = label_field(), percent_field(None)

    def clean(self):
        data = super().clean()
        shares = [data[f"{way}_percent"] for way in WAYS if data.get(f"{way}_percent")]
        if not any(f"{way}_percent" in self.errors for way in WAYS):
            if len(shares) < 2:
                raise ValidationError(_("Give at least two ways a share."))
            if sum(shares) != 100:
                raise ValidationError(
                    _("The shares are %(sum)d %% together: make it 100.") % {"sum": sum(shares)}
                )
        return data

    @property
    def shares(self) -> dict[str, int]:
        return {way: self.cleaned_data[f"{way}_percent"] for way in self.ways}

    def run(self, runs, *, now, effects):
        ways = effects.draw(runs, self.shares)
        return {run.pk: Go(ways[run.pk]) for run in runs}

    def sentence(self):
        return _("split at random: %(ways)s") % {
            "ways": ", ".join(f"{self.exits[way]} {share} %" for way, share in self.shares.items())
        }
