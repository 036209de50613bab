"""What somebody is said to do next, as it is typed: rows of an event, when, and more of it."""

import math
from datetime import datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.dry_run.person import AHEAD, Deed
from crm_project.admin import Form, themed
from crm_project.bounds import whole_in
from customers.segments.conditions.fields import UNIT_SECONDS, UNITS
from customers.workspace.moments import LocalMomentField, moment
from events import names
from events.fields import EventNameField

MOST_DEEDS = 20
LONGEST_PRODUCT = 128  # as an order's line holds it


class DeedForm(Form):
    event = EventNameField(label=gettext_lazy("what they do"), required=False)
    n = forms.IntegerField(
        label=gettext_lazy("how long from now"),
        min_value=0,
        max_value=10_000,
        initial=1,
        required=False,
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("unit"), choices=UNITS[:-1], initial="hours", required=False
    )
    at = LocalMomentField(
        label=gettext_lazy("or at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("In the time zone of the workspace."),
    )
    products = forms.CharField(
        label=gettext_lazy("products"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Their numbers, with commas between."),
    )
    yuan = forms.DecimalField(
        label=gettext_lazy("amount (yuan)"),
        min_value=0,
        max_value=10_000_000,
        decimal_places=2,
        required=False,
    )
    properties = forms.CharField(
        label=gettext_lazy("more of it"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "A line each: name = value. Of a booking: booking_number = 12, starts_at ="
            " 2026-12-01T10:00."
        ),
    )

    def __init__(self, *args, now: datetime, **kwargs):
        super().__init__(*args, **kwargs)
        self.now = now
        themed(self)

    def clean_event(self):
        name = self.cleaned_data["event"].strip()
        if name and names.known(name) == -1:
            raise ValidationError(_("No event of this name has ever come in."))
        return name

    def clean_products(self):
        products = self.cleaned_data["products"]
        if any(len(one.strip()) > LONGEST_PRODUCT for one in products.split(",")):
            raise ValidationError(_("No product has so long a number."))
        return products

    def clean_properties(self):
        lines = [line for line in self.cleaned_data["properties"].splitlines() if line.strip()]
        pairs = [line.partition("=") for line in lines]
        if not all(equals and name.strip() for name, equals, _value in pairs):
            raise ValidationError(_("A line each: name = value."))
        return {name.strip()[:100]: value_of(value.strip()) for name, _equals, value in pairs}

    def clean(self):
        data = super().clean()
        if data.get("event") and not self.errors:
            try:
                at = self.moment(data)
            except OverflowError:
                raise ValidationError({"at": _("This is no moment.")}) from None
            if at < self.now - timedelta(minutes=1):
                raise ValidationError({"at": _("This is past. Say what they do next.")})
            if at > self.now + AHEAD:
                raise ValidationError({"at": _("At most %(n)d days ahead.") % {"n": AHEAD.days}})
        return data

    def moment(self, data: dict) -> datetime:
        if data.get("at"):
            return moment(data["at"])
        seconds = (data.get("n") or 0) * UNIT_SECONDS[data.get("unit") or "hours"]
        return self.now + timedelta(seconds=seconds)

    def deed(self) -> Deed | None:
        data = self.cleaned_data
        if not data.get("event"):
            return None
        products = tuple(one.strip() for one in data["products"].split(",") if one.strip())
        properties = data["properties"]
        if products:
            properties = {"product_id": products[0]} | properties
        fen = None if data["yuan"] is None else int(data["yuan"] * 100)
        at = max(self.moment(data), self.now + timedelta(seconds=1))
        return Deed(at, data["event"], properties, products, fen)


def value_of(text: str) -> str | int | float | bool:
    """A property as a program would send it."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            found = kind(text)
        except ValueError:
            continue
        return found if len(text) < 16 and math.isfinite(found) else text
    return text


class StartForm(Form):
    starts_now = forms.BooleanField(
        label=gettext_lazy("enters now, at the first step"),
        required=False,
        help_text=gettext_lazy(
            "As if staff let them in. Else the journey begins as it says, by what they do."
        ),
    )


DeedFormSet = forms.formset_factory(
    DeedForm, extra=3, max_num=MOST_DEEDS, validate_max=True, absolute_max=MOST_DEEDS + 1
)


def with_more_rows(data):
    """What was posted, with more rows where more were asked for."""
    if "more" not in data:
        return data
    data, total = data.copy(), whole_in(data.get("deed-TOTAL_FORMS", "")) or 0
    data["deed-TOTAL_FORMS"] = str(min(total + 3, MOST_DEEDS))
    return data
