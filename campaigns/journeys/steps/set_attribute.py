from datetime import datetime
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.steps.base import Go, Step
from customers.attributes import ours
from customers.attributes.words import attribute
from customers.pickers import Picker
from customers.segments.conditions import days

KINDS = {
    "text": gettext_lazy("a text"),
    "number": gettext_lazy("a number"),
    "day": gettext_lazy("a date"),
    "flag": gettext_lazy("yes or no"),
    "now": gettext_lazy("the time at which the step is reached"),
}


class SetAttribute(Step):
    """The attribute has the value from here on; only attributes of our own, so that nothing the
    shop says is overwritten."""

    key, label = "set_attribute", gettext_lazy("Set an attribute")

    attribute = forms.CharField(
        label=gettext_lazy("attribute"),
        max_length=64,
        widget=Picker("own_attribute"),
        help_text=gettext_lazy(
            "One of our own: its name begins with crm_, such as crm_welcomed. What the shop sends"
            " is not overwritten."
        ),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("becomes"), choices=list(KINDS.items()), initial="text"
    )
    text = forms.CharField(label=gettext_lazy("text"), max_length=500, required=False)
    number = forms.DecimalField(
        label=gettext_lazy("number"), max_digits=18, decimal_places=6, required=False
    )
    day = forms.DateField(
        label=gettext_lazy("date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    flag = forms.ChoiceField(
        label=gettext_lazy("yes or no"),
        choices=[("", "—"), ("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))],
        required=False,
    )

    # For the form: which fields matter only for one choice of another.
    shown_if = {
        "text": "kind=text",
        "number": "kind=number",
        "day": "kind=day",
        "flag": "kind=flag",
    }

    def clean_attribute(self):
        name = self.cleaned_data["attribute"]
        if not ours.is_name(name):
            raise ValidationError(_("The name begins with crm_, followed by a–z, 0–9 and _."))
        return name

    def clean(self):
        data = super().clean()
        kind = data.get("kind")
        if kind in data and kind not in self.errors and data[kind] in (None, ""):
            raise ValidationError({kind: _("Give a value.")})
        return data

    def value(self, now: datetime):
        """As it is stored."""
        data, kind = self.cleaned_data, self.cleaned_data["kind"]
        if kind == "now":
            return now.astimezone(days.zone()).isoformat(timespec="seconds")
        if kind == "number":
            return plain(data["number"])
        return {"text": data["text"], "day": str(data["day"]), "flag": data["flag"] == "yes"}[kind]

    def run(self, runs, *, now, effects):
        effects.set_attribute(self.cleaned_data["attribute"], self.value(now), runs)
        return {run.pk: Go() for run in runs}

    def sentence(self):
        data, kind = self.cleaned_data, self.cleaned_data["kind"]
        words: dict[str, object] = {"name": attribute(data["attribute"]), "value": ""}
        if kind == "now":
            return _("set “%(name)s” to the time of that moment") % words
        if kind == "flag":
            return (
                _("set “%(name)s” to yes") if data["flag"] == "yes" else _("set “%(name)s” to no")
            ) % words
        words["value"] = plain(data["number"]) if kind == "number" else data[kind]
        return _("set “%(name)s” to “%(value)s”") % words


def plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
