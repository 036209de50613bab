from datetime import datetime, timedelta

import structlog
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyroaring import BitMap

from campaigns.journeys.steps.base import Go, Sleep, Step
from campaigns.models import Run
from crm_project.web import viewer
from customers.segments import rules
from customers.segments.conditions.base import ConditionFailed

log = structlog.get_logger("hutong.journeys")

LOOK_AGAIN = timedelta(minutes=1)


class RuleField(forms.JSONField):
    """A segment's rule, as stored JSON."""

    def to_python(self, value):
        return value if isinstance(value, dict) else super().to_python(value)

    def validate(self, value):
        super().validate(value)
        if value in self.empty_values:
            return
        try:
            rules.check(value)
        except rules.InvalidRule as error:
            raise ValidationError(error.messages) from error


def whom_it_fits(rule: dict, runs: list[Run], now: datetime) -> BitMap | None:
    """Those of the runs' customers whom the rule fits now; None where one of its conditions
    fails."""
    try:
        with transaction.atomic():
            return rules.Evaluation(now, BitMap(run.customer_id for run in runs)).of(rule)
    except ConditionFailed:
        log.exception("a rule in a journey cannot be decided", runs=len(runs))
        return None


def sentence_of(rule: dict) -> str:
    """The rule in words, for a viewer who may see what it asks about."""
    return (
        rules.sentence(rule)
        if viewer.may(*rules.needs(rule))
        else _("a rule fits whose data you may not see")
    )


class Branch(Step):
    """Two ways, by any rule a segment can have; looked at live, never from stored membership."""

    key, label = "branch", gettext_lazy("Branch")
    exits = {"yes": gettext_lazy("yes"), "no": gettext_lazy("no")}

    rule = RuleField(label=gettext_lazy("rule"))

    def run(self, runs, *, now, effects):
        """Where a condition fails, the runs stand here and look again: neither way would be right,
        and whoever walks beside them goes on."""
        fit = whom_it_fits(self.cleaned_data["rule"], runs, now)
        if fit is None:
            return {run.pk: Sleep(now + LOOK_AGAIN) for run in runs}
        return {run.pk: Go("yes" if run.customer_id in fit else "no") for run in runs}

    resume = run

    def sentence(self):
        return _("if %(rule)s") % {"rule": sentence_of(self.cleaned_data["rule"])}
