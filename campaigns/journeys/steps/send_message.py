from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.delivery import content, fallback
from campaigns.delivery.channels import channels
from campaigns.journeys.reading import RowField
from campaigns.journeys.steps.base import Go, Step
from campaigns.models import CouponBatch, Template
from crm_project.registry import UnknownKey
from customers.models import Purpose


class ContentField(forms.JSONField):
    """What the channel's own form declares, as stored JSON."""

    def to_python(self, value):
        return value if isinstance(value, dict) else super().to_python(value)


class SendMessage(Step):
    """A message to everybody who comes by, once per run and visit; whether it may go out is decided
    when it leaves."""

    key, label = "send_message", gettext_lazy("Send a message")

    channel = forms.CharField(label=gettext_lazy("channel"), max_length=30, initial="in_app")
    purpose = forms.ChoiceField(
        label=gettext_lazy("purpose"), choices=Purpose.choices, initial=Purpose.MARKETING
    )
    content = ContentField(label=gettext_lazy("content"))
    batch = RowField(
        label=gettext_lazy("with a coupon of"),
        queryset=CouponBatch.objects.order_by("name"),
        required=False,
        help_text=gettext_lazy(
            "It travels in the message: who is not written to gets none, and who gets none is not"
            " written to."
        ),
    )

    otherwise = RowField(
        label=gettext_lazy("where this channel does not get to somebody"),
        queryset=Template.objects.select_related("fallback").order_by("name"),
        required=False,
        help_text=gettext_lazy(
            "A template of another channel, sent instead to whoever has no address here, has not"
            " agreed or has unsubscribed."
        ),
    )
    urgent = forms.BooleanField(
        label=gettext_lazy("also at night"),
        required=False,
        help_text=gettext_lazy(
            "For service that cannot wait: it is sent in the quiet hours too. Marketing always"
            " waits."
        ),
    )

    def clean(self):
        data = super().clean()
        if (other := data.get("otherwise")) and other.channel == data.get("channel"):
            raise ValidationError({"otherwise": _("Choose a template of another channel.")})
        try:
            said = channels[data.get("channel", "")].Content(data=data.get("content") or {})
        except UnknownKey:
            raise ValidationError({"channel": _("There is no such channel.")}) from None
        if not said.is_valid():
            raise ValidationError(
                [
                    f"{said.fields[name].label}: {text}" if name in said.fields else text
                    for name, texts in said.errors.items()
                    for text in texts
                ]
            )
        if data.get("batch") and data.get("purpose") != Purpose.MARKETING:
            raise ValidationError(
                {"batch": _("A coupon is marketing: only a marketing message carries one.")}
            )
        return data

    def run(self, runs, *, now, effects):
        effects.send_messages(
            runs,
            channel=self.cleaned_data["channel"],
            purpose=self.cleaned_data["purpose"],
            content=self.cleaned_data["content"],
            batch=self.cleaned_data["batch"],
            alternatives=self.alternatives(),
            is_urgent=self.cleaned_data["urgent"],
        )
        return {run.pk: Go() for run in runs}

    def gives(self, way):
        return self.carries()

    def carries(self):
        return frozenset({"coupon"}) if self.cleaned_data["batch"] else frozenset()

    def alternatives(self) -> list[dict]:
        other = self.cleaned_data["otherwise"]
        return fallback.alternatives(other, after=self.cleaned_data["channel"]) if other else []

    def texts(self):
        contents = [self.cleaned_data["content"], *(a["content"] for a in self.alternatives())]
        return [str(text) for content in contents for text in content.values()]

    def is_marketing(self):
        return self.cleaned_data["purpose"] == Purpose.MARKETING

    def sentence(self):
        texts = self.cleaned_data["content"]
        channel = channels[self.cleaned_data["channel"]]
        said = texts.get("title") or texts.get(channel.headline)
        first = content.readable(str(said or next(filter(None, texts.values()), "")))
        words = {
            "text": first[:60],
            "channel": channel.label,
            "batch": self.cleaned_data["batch"],
        }
        if words["batch"]:
            return _("send “%(text)s” (%(channel)s) with a coupon “%(batch)s”") % words
        return _("send “%(text)s” (%(channel)s)") % words
