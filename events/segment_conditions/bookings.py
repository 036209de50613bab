"""Bookings, by the time they are for: to come, attended, missed, called off."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm_project.templatetags.hutong import page_of
from customers.models import Workspace
from customers.pickers import Picker
from customers.segments.conditions.base import MOST_EVIDENCE, Evidence, Rows
from customers.segments.conditions.fields import BEGINNING, before, span
from events import words as said
from events.fields import ShopField
from events.models import Booking
from events.segment_conditions.comparing import WINDOW, Compared

ENDLESS = datetime(9999, 1, 1, tzinfo=UTC)
FARTHEST = 10_000
STATES = {
    "upcoming": pgettext_lazy("booking", "to come"),
    "attended": pgettext_lazy("booking", "attended"),
    "no_show": pgettext_lazy("booking", "missed"),
    "cancelled": pgettext_lazy("booking", "cancelled"),
    "standing": pgettext_lazy("booking", "not cancelled"),
    "booked": pgettext_lazy("booking", "booked, whatever became of it"),
}
STATUSES = {
    "upcoming": [*Booking.AWAITED],
    "standing": [one for one in Booking.Status if one != Booking.Status.CANCELLED],
    "booked": [*Booking.Status],
}


class Booked(Compared):
    """So and so many bookings in a state, whose time lies in the window; what is to come begins
    after now."""

    key, label, reads = "booking", gettext_lazy("Bookings"), frozenset({"booking"})
    permission = "events.view_booking"
    help = gettext_lazy("Appointments and courses: to come, attended, missed, cancelled.")
    moment = "starts_at"

    state = forms.ChoiceField(
        label=gettext_lazy("state"), choices=list(STATES.items()), initial="upcoming"
    )
    window = forms.ChoiceField(
        label=gettext_lazy("when"),
        choices=[
            ("ever", gettext_lazy("ever")),
            ("last", gettext_lazy("in the last")),
            ("next", gettext_lazy("in the next")),
            ("between", gettext_lazy("between two days")),
        ],
        initial="ever",
        required=False,
        help_text=gettext_lazy("The time that the booking is for."),
    )
    window_n = forms.IntegerField(
        label=pgettext_lazy("how many", "number"), min_value=1, max_value=FARTHEST, required=False
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("kind"),
        choices=[("", gettext_lazy("any")), *Booking.Kind.choices],
        required=False,
    )
    product = forms.CharField(
        label=gettext_lazy("product id"),
        max_length=128,
        required=False,
        help_text=gettext_lazy("Empty: any course, doctor or service."),
        widget=Picker("bookable", ("shop",)),
    )
    shop = ShopField()
    field_order = ["state", "comparison", "times", *WINDOW, "kind", "product", "shop"]
    shown_if = {
        **Compared.shown_if,
        "window_n": "window=last|next",
        "window_unit": "window=last|next",
    }

    def clean(self):
        data = super().clean()
        if data["window"] == "next" and not data.get("window_n"):
            raise ValidationError({"window_n": _("Say how many.")})
        if data["window"] == "last" and data.get("state") == "upcoming":
            raise ValidationError({"window": _("What is to come does not lie in the past.")})
        return data

    def bounds(self, now):
        """A plan is no clock ahead: what lies after now counts where the window reaches there."""
        data = self.cleaned_data
        if data["window"] == "next":
            return now, before(now, -data["window_n"], data["window_unit"])
        if data["window"] == "ever":
            return BEGINNING, ENDLESS
        if data["window"] == "between":
            zone = ZoneInfo(Workspace.get().time_zone)
            return datetime.combine(data["window_from"], time.min, zone), datetime.combine(
                data["window_until"], time.max, zone
            )
        return super().bounds(now)

    def edges(self, now):
        return (
            [*self.bounds(now), now]
            if self.cleaned_data["state"] == "upcoming"
            else [*self.bounds(now)]
        )

    def rows(self, now):
        columns = {"starts_at", "status", "kind", "product_id"} | (
            {"namespace_id"} if self.cleaned_data["shop"] else set()
        )
        return Rows("events_booking", frozenset(columns), at="starts_at", since=self.bounds(now)[0])

    def source(self):
        data = self.cleaned_data
        sql, params = (
            "events_booking WHERE status = ANY(%(statuses)s)",
            {"statuses": STATUSES.get(data["state"], [data["state"]])},
        )
        shop = data["shop"].pk if data["shop"] else None
        for column, value in (
            ("kind", data["kind"]),
            ("product_id", data["product"]),
            ("namespace_id", shop),
        ):
            if value:
                sql, params = f"{sql} AND {column} = %({column})s", {**params, column: value}
        return sql, params

    def customers(self, *, now, among):
        ahead = "AND starts_at > %(now)s" if self.cleaned_data["state"] == "upcoming" else ""
        return self.with_number("count(*)", now=now, among=among, also=ahead)

    def evidence(self, customer, *, now):
        data, (first, last) = self.cleaned_data, self.bounds(now)
        found = Booking.objects.filter(
            customer=customer,
            starts_at__range=(first, last),
            status__in=STATUSES.get(data["state"], [data["state"]]),
        )
        found = found.filter(starts_at__gt=now) if data["state"] == "upcoming" else found
        found = found.filter(
            **{
                name: data[field]
                for name, field in (
                    ("kind", "kind"),
                    ("product_id", "product"),
                    ("namespace", "shop"),
                )
                if data[field]
            }
        )
        return [
            Evidence(
                f"{one.name or one.number}: {one.get_status_display()}", one.starts_at, page_of(one)
            )
            for one in found.order_by("-starts_at")[:MOST_EVIDENCE]
        ]

    def window_words(self):
        if self.cleaned_data["window"] == "next":
            return _("in the next %(span)s") % {
                "span": span(self.cleaned_data["window_n"], self.cleaned_data["window_unit"])
            }
        return super().window_words()

    def sentence(self):
        data = self.cleaned_data
        text = _("%(comparison)s %(n)s bookings (%(state)s) %(window)s") % {
            **self.words(),
            "state": STATES[data["state"]],
        }
        of = [str(Booking.Kind(data["kind"]).label)] if data["kind"] else []
        of += [f"“{said.product(data['product'])}”"] if data["product"] else []
        of += [str(data["shop"])] if data["shop"] else []
        return text + (_(", of: %(which)s") % {"which": ", ".join(of)} if of else "")
