"""A call to another system, signed and repeated until it answers; what it answers can be said in
texts further on."""

from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.delivery.channels import LiquidField
from campaigns.journeys import calls
from campaigns.journeys.reading import RowField
from campaigns.journeys.steps.base import Go, Sleep, Step
from customers.models import Connection, OutboundCall

MOST_LINES = 30
SLACK = timedelta(minutes=5)  # a call that has expired is told of a little later


class CallWebhook(Step):
    """Once per run and visit: the call carries the visit's key, by which a receiver knows a
    repeat."""

    key, label, waits, is_told = "call_webhook", gettext_lazy("Call another system"), True, True
    if_skipped = "failed"

    connection = RowField(
        label=gettext_lazy("connection"),
        queryset=Connection.objects.filter(vendor="webhook").order_by("name"),
        help_text=gettext_lazy("A webhook, set up under Connections."),
    )
    data = LiquidField(
        is_long=True,
        label=gettext_lazy("what is told"),
        required=False,
        max_length=4000,
        help_text=gettext_lazy(
            "One line each: a name, =, a text that may have fields. Such as: level = {{"
            " customer.attributes.level }}"
        ),
    )
    hours = forms.IntegerField(
        label=gettext_lazy("try for at most, hours"), min_value=1, max_value=168, initial=24
    )

    @property
    def exits(self):
        return {
            "next": gettext_lazy("it answered"),
            "failed": gettext_lazy("refused, or no answer"),
        }

    def clean_data(self):
        lines = [line for line in self.cleaned_data["data"].splitlines() if line.strip()]
        if len(lines) > MOST_LINES or not all(calls.is_pair(line) for line in lines):
            raise ValidationError(
                _("At most %(n)d lines, each a name, = and a text.") % {"n": MOST_LINES}
            )
        return "\n".join(lines)

    def texts(self):
        return [self.cleaned_data["data"]]

    def gives(self, way):
        return frozenset({"answer"}) if way == "next" else frozenset()

    @property
    def longest(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["hours"])

    def run(self, runs, *, now, effects):
        effects.call(
            runs,
            connection=self.cleaned_data["connection"],
            data=self.cleaned_data["data"],
            lasts=self.longest,
        )
        return {run.pk: Sleep(now + self.longest + SLACK) for run in runs}

    def resume(self, runs, *, now, effects):
        """By what became of the call; whoever is woken before goes on sleeping."""
        known = calls.of(runs)
        answers: dict[int, Go | Sleep] = {}
        for run in runs:
            call = known.get(calls.key(run))
            if call is None:  # its row is gone: nobody can know
                answers[run.pk] = Go("failed")
            elif call.state == OutboundCall.State.WAITING:
                answers[run.pk] = Sleep(max(call.expires_at, now) + SLACK)
            elif call.state == OutboundCall.State.ANSWERED:
                run.facts[calls.ANSWER] = calls.flat(call.answer)
                answers[run.pk] = Go()
            else:
                answers[run.pk] = Go("failed", str(call.status or call.state))
        return answers

    def sentence(self):
        return _("call “%(name)s”") % {"name": self.cleaned_data["connection"].name}
