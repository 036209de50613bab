from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.steps.base import Go, Sleep
from campaigns.journeys.steps.branch import LOOK_AGAIN, RuleField, sentence_of, whom_it_fits
from campaigns.journeys.steps.ways import WAYS, WithWays, label_field

OTHER = "other"


def rule_field() -> RuleField:
    return RuleField(
        label=gettext_lazy("who goes this way"),
        required=False,
        help_text=gettext_lazy(
            "Any rule a segment can have; the first that fits counts. Empty: there is no such way."
        ),
    )


class Split(WithWays):
    """Several ways by rules, looked at live and in order: the first that fits is taken, and a way
    of their own by those whom none fits."""

    key, label, by = "split", gettext_lazy("Split by rules"), "rule"

    w1_label, w1_rule = label_field(), rule_field()
    w2_label, w2_rule = label_field(), rule_field()
    w3_label, w3_rule = label_field(), rule_field()
    w4_label, w4_rule = label_field(), rule_field()
    w5_label, w5_rule = label_field(), rule_field()

    @property
    def exits(self):
        return {**super().exits, OTHER: gettext_lazy("everybody else")}

    def clean(self):
        data = super().clean()
        if not self.errors and not any(data.get(f"{way}_rule") for way in WAYS):
            raise ValidationError({"w1_rule": _("Give at least one rule.")})
        return data

    def run(self, runs, *, now, effects):
        """Where a condition fails, those whom no rule before it fits stand here and look again."""
        answers: dict[int, Go | Sleep] = {}
        left = runs
        for way in self.ways:
            fit = whom_it_fits(self.cleaned_data[f"{way}_rule"], left, now)
            if fit is None:
                return answers | {run.pk: Sleep(now + LOOK_AGAIN) for run in left}
            answers |= {run.pk: Go(way) for run in left if run.customer_id in fit}
            left = [run for run in left if run.customer_id not in fit]
        return answers | {run.pk: Go(OTHER) for run in left}

    resume = run

    def sentence(self):
        ways = [
            f"{self.exits[way]}: {sentence_of(self.cleaned_data[f'{way}_rule'])}"
            for way in self.ways
        ]
        return _("by the first rule that fits: %(ways)s") % {"ways": "; ".join(ways)}
