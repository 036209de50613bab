"""Bookings by the day they are for, by teacher, doctor or room, by place and store: who has one,
who has none."""

from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from pyroaring import BitMap

from crm_project.templatetags.hutong import page_of
from customers.models import Store
from customers.pickers import Picker
from customers.segments.conditions import days
from customers.segments.conditions.base import MOST_EVIDENCE, Evidence, Rows
from events.fields import ShopField
from events.models import Booking
from events.segment_conditions.edges import Timed

HAS, HAS_NOT = "yes", "no"
STANDING = "standing"
STATES = {
    STANDING: pgettext_lazy("booking", "not cancelled"),
    "awaited": pgettext_lazy("booking", "still open"),
    "attended": pgettext_lazy("booking", "attended"),
    "no_show": pgettext_lazy("booking", "missed"),
    "cancelled": pgettext_lazy("booking", "cancelled"),
    "any": pgettext_lazy("booking", "whatever became of it"),
}
STATUSES = {
    STANDING: [one.value for one in Booking.Status if one != Booking.Status.CANCELLED],
    "awaited": [one.value for one in Booking.AWAITED],
    "any": list(Booking.Status.values),
}
DAYS = {
    "today": gettext_lazy("today"),
    "tomorrow": gettext_lazy("tomorrow"),
    "ahead": gettext_lazy("the day so many days ahead"),
    "ago": gettext_lazy("the day so many days ago"),
    "next": gettext_lazy("from today on, so many days"),
    "last": gettext_lazy("until today, so many days"),
    "between": gettext_lazy("between two days"),
    "ever": gettext_lazy("on any day"),
}
COUNTED = ("ahead", "ago", "next", "last")
MINE, OTHERS = "self", "other"
COLUMNS = ("starts_at", "status", "kind", "resource", "place", "store_id", "for_key")


class BookedOn(Timed):
    """Somebody has, or has not, a booking that is all of what is said; days are whole local
    days."""

    key, label = "booked_on", gettext_lazy("Bookings of a day, teacher or place")
    reads, permission, moment = frozenset({"booking"}), "events.view_booking", "starts_at"
    help = gettext_lazy(
        "Who has a booking, or none: on a day, with a teacher, doctor or room, at a place or store."
    )

    booked = forms.ChoiceField(
        label=gettext_lazy("booking"),
        choices=[(HAS, gettext_lazy("has one")), (HAS_NOT, gettext_lazy("has none"))],
        initial=HAS,
        required=False,
    )
    day = forms.ChoiceField(
        label=gettext_lazy("day"), choices=list(DAYS.items()), initial="today", required=False
    )
    day_n = forms.IntegerField(
        label=gettext_lazy("days"), min_value=1, max_value=3_650, required=False
    )
    day_from = forms.DateField(
        label=gettext_lazy("from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    day_until = forms.DateField(
        label=gettext_lazy("until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    state = forms.ChoiceField(
        label=gettext_lazy("state"), choices=list(STATES.items()), initial=STANDING, required=False
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("kind"),
        choices=[("", gettext_lazy("any")), *Booking.Kind.choices],
        required=False,
    )
    resource = forms.CharField(
        label=gettext_lazy("teacher, doctor or room"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("As the booking says it. Empty: any."),
        widget=Picker("booking_resource"),
    )
    place = forms.CharField(
        label=gettext_lazy("place"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("As the booking says it. Empty: any."),
        widget=Picker("booking_place"),
    )
    store = forms.ModelChoiceField(
        label=gettext_lazy("store"),
        queryset=Store.objects.order_by("name", "pk"),
        required=False,
        empty_label=gettext_lazy("any"),
    )
    whom = forms.ChoiceField(
        label=pgettext_lazy("booking", "for"),
        choices=[
            ("", gettext_lazy("anybody")),
            (MINE, gettext_lazy("the customer")),
            (OTHERS, gettext_lazy("somebody else, such as a child")),
        ],
        required=False,
    )
    shop = ShopField()

    shown_if = {
        "day_n": f"day={'|'.join(COUNTED)}",
        "day_from": "day=between",
        "day_until": "day=between",
    }

    def clean(self):
        data = super().clean()
        for name, otherwise in (("booked", HAS), ("day", "today"), ("state", STANDING)):
            data[name] = data.get(name) or otherwise
        if data["day"] in COUNTED and not data.get("day_n") and "day_n" not in self.errors:
            raise ValidationError({"day_n": _("Say how many.")})
        first, last = data.get("day_from"), data.get("day_until")
        if data["day"] == "between" and not (first and last):
            raise ValidationError({"day_from": _("Choose both days.")})
        if data["day"] == "between" and last < first:
            raise ValidationError({"day_until": _("The last day is before the first.")})
        return data

    def bounds(self, now):
        """The first and the last moment of the days that are meant."""
        data, today = self.cleaned_data, days.today(now)
        if data["day"] == "ever":
            return days.FIRST, days.LAST
        n = data.get("day_n") or 0
        first, last = {
            "today": (0, 0),
            "tomorrow": (1, 1),
            "ahead": (n, n),
            "ago": (-n, -n),
            "next": (0, n - 1),
            "last": (1 - n, 0),
        }.get(data["day"], (0, 0))
        first, last = (today, first), (today, last)
        if data["day"] == "between":
            first, last = (data["day_from"], 0), (data["day_until"], 0)
        first, last = (days.moved(day, n, "days") for day, n in (first, last))
        ends = days.begins(days.moved(last, 1, "days"))
        return days.begins(first), ends - timedelta(microseconds=1)

    def edges(self, now):
        return [*self.bounds(now)]

    def rows(self, now):
        columns = {*COLUMNS, "namespace_id"} if self.cleaned_data["shop"] else {*COLUMNS}
        since = self.bounds(now)[0]
        return Rows("events_booking", frozenset(columns), at="starts_at", since=since)

    def asked_of(self) -> dict:
        """The columns that a booking must have so, by name."""
        data = self.cleaned_data
        shop, store = data["shop"], data["store"]
        wanted = {
            "kind": data["kind"],
            "resource": data["resource"],
            "place": data["place"],
            "store_id": store.pk if store else None,
            "namespace_id": shop.pk if shop else None,
        }
        return {column: value for column, value in wanted.items() if value}

    def statuses(self) -> list[str]:
        return STATUSES.get(self.cleaned_data["state"], [self.cleaned_data["state"]])

    def source(self):
        asked = self.asked_of()
        sql = "events_booking WHERE status = ANY(%(statuses)s)"
        sql += "".join(f" AND {column} = %({column})s" for column in asked)
        sql += {MINE: " AND for_key = ''", OTHERS: " AND for_key <> ''"}.get(
            self.cleaned_data["whom"], ""
        )
        return sql, {"statuses": self.statuses(), **asked}

    def customers(self, *, now, among):
        rows, params = self.source()
        first, last = self.bounds(now)
        found: BitMap = self.asked(
            # Constants
            f"SELECT customer_id FROM {rows} AND starts_at BETWEEN %(first)s AND %(last)s {{among}}",  # noqa: E501, S608
            {**params, "first": first, "last": last},
            now=now,
            among=among,
        )
        return found if self.cleaned_data["booked"] == HAS else among - found

    def evidence(self, customer, *, now):
        found = Booking.objects.filter(
            customer=customer,
            starts_at__range=self.bounds(now),
            status__in=self.statuses(),
            **self.asked_of(),
        )
        if whom := self.cleaned_data["whom"]:
            found = found.filter(for_key="") if whom == MINE else found.exclude(for_key="")
        return [
            Evidence(
                f"{one.name or one.number}: {one.get_status_display()}", one.starts_at, page_of(one)
            )
            for one in found.order_by("-starts_at")[:MOST_EVIDENCE]
        ]

    def day_words(self) -> str:
        data = self.cleaned_data
        if data["day"] == "between":
            if data["day_from"] == data["day_until"]:
                return _("on %(day)s") % {"day": data["day_from"]}
            return _("between %(first)s and %(last)s") % {
                "first": data["day_from"],
                "last": data["day_until"],
            }
        said = {
            "ahead": _("in exactly %(n)s days"),
            "ago": _("exactly %(n)s days ago"),
            "next": _("within %(n)s days from today on"),
            "last": _("within %(n)s days until today"),
        }
        if data["day"] in said:
            return said[data["day"]] % {"n": data["day_n"]}
        return str(DAYS[data["day"]])

    def sentence(self):
        data = self.cleaned_data
        text = {
            HAS: _("has a booking (%(state)s) %(day)s"),
            HAS_NOT: _("has no booking (%(state)s) %(day)s"),
        }[data["booked"]] % {"state": STATES[data["state"]], "day": self.day_words()}
        of = [str(Booking.Kind(data["kind"]).label)] if data["kind"] else []
        of += [f"“{data[name]}”" for name in ("resource", "place") if data[name]]
        of += [str(one) for one in (data["store"], data["shop"]) if one]
        of += [str(dict(self.fields["whom"].choices)[data["whom"]])] if data["whom"] else []
        return text + (_(", of: %(which)s") % {"which": ", ".join(of)} if of else "")
