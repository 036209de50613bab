"""How often somebody did something, and what their numbers add up to."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from customers.models import Workspace
from customers.pickers import Picker
from events import words as said
from events.segment_conditions.comparing import COUNT, WINDOW, Compared, Measure, NumberField
from events.segment_conditions.did import OfEvent
from events.segment_conditions.filters import filtered, numeric

DAYS = "count(DISTINCT (occurred_at AT TIME ZONE %(zone)s)::date)"


class DidEvent(OfEvent, Compared):
    """Did something so and so often in a window, perhaps spread over several days of the
    workspace's zone."""

    key, label = "did_event", gettext_lazy("Did an event")
    help = gettext_lazy(
        "How often somebody did something (viewed, put into the cart, shared) in a time: looked at"
        " shoes at least twice in 14 days, or not at all."
    )

    days = forms.IntegerField(
        label=gettext_lazy("on at least so many different days"),
        min_value=1,
        max_value=10_000,
        required=False,
        help_text=gettext_lazy(
            "Empty: on any. A day is a calendar day in the workspace's time zone."
        ),
    )
    field_order = ["event", "comparison", "times", *WINDOW, "days", "where"]

    def nothing(self):
        return None if self.cleaned_data["days"] else 0

    def customers(self, *, now, among):
        first, last = self.bounds(now)
        rows, params = self.counted()
        grouped, more = self.grouped(COUNT), {}
        if self.cleaned_data["days"]:
            grouped = f"GROUP BY customer_id HAVING {self.having(COUNT)} AND {DAYS} >= %(days)s"
            more = {"days": self.cleaned_data["days"], "zone": Workspace.get().time_zone}
        found = self.asked(
            f"SELECT customer_id FROM {rows} AND occurred_at BETWEEN %(first)s AND %(last)s"  # noqa: S608
            f" {{among}} {grouped}",
            {"first": first, "last": last, "bound": self.bound(), **params, **more},
            now=now,
            among=among,
        )
        return self.compared(found, among)

    def sentence(self):
        data = self.cleaned_data
        text = ngettext(
            "did “%(event)s” %(comparison)s %(n)s time %(window)s",
            "did “%(event)s” %(comparison)s %(n)s times %(window)s",
            data["times"],
        ) % {**self.words(), "event": said.event(data["event"])}
        if data["days"]:
            text += ngettext(
                ", on at least %(n)d day", ", on at least %(n)d different days", data["days"]
            ) % {"n": data["days"]}
        return filtered(text, data["where"])


class EventNumber(OfEvent, Measure):
    """The sum, average, smallest or largest number that somebody's events have."""

    key, label = "event_number", gettext_lazy("Number in events")
    help = gettext_lazy("What the numbers in events add up to: paid minutes, points, amounts.")
    WITHOUT_NOTHING = frozenset({"average", "min", "max"})

    measure = forms.ChoiceField(
        label=gettext_lazy("measure"),
        choices=[
            ("sum", pgettext_lazy("of numbers", "sum")),
            ("average", pgettext_lazy("of numbers", "average")),
            ("min", pgettext_lazy("of numbers", "smallest")),
            ("max", pgettext_lazy("of numbers", "largest")),
        ],
        initial="sum",
        help_text=gettext_lazy("Without any number the sum is 0; the others fit nobody."),
    )
    property = forms.CharField(
        label=gettext_lazy("property"),
        max_length=200,
        widget=Picker("event_property", ("event",)),
        required=False,
        help_text=gettext_lazy(
            "Empty: the event's amount, in yuan. What is not a number does not count."
        ),
    )
    times = NumberField(min_value=-(10**12), decimal_places=4)
    field_order = ["event", "measure", "property", "comparison", "times", *WINDOW, "where"]

    AGGREGATES = {
        "sum": "coalesce(sum({}), 0)",
        "average": "avg({})",
        "min": "min({})",
        "max": "max({})",
    }

    def columns(self):
        return super().columns() | (
            {"properties"} if self.cleaned_data["property"] else {"amount_fen"}
        )

    def bound(self):
        return (
            self.cleaned_data["times"]
            if self.cleaned_data["property"]
            else self.cleaned_data["times"] * 100
        )

    def customers(self, *, now, among):
        first, last = self.bounds(now)
        rows, params = self.counted()
        number, path = (
            numeric(self.cleaned_data["property"], "p")
            if self.cleaned_data["property"]
            else ("amount_fen", {})
        )
        found = self.asked(
            f"SELECT customer_id FROM {rows} AND occurred_at BETWEEN %(first)s AND %(last)s"  # noqa: S608
            " {among} GROUP BY customer_id HAVING"
            f" {self.having(self.AGGREGATES[self.cleaned_data['measure']].format(number))}",
            {"first": first, "last": last, "bound": self.bound(), **params, **path},
            now=now,
            among=among,
        )
        return self.compared(found, among)

    def sentence(self):
        data = self.cleaned_data
        words = {
            **self.words(),
            "event": said.event(data["event"]),
            "property": said.prop(data["property"]),
        }
        words["measure"] = dict(self.fields["measure"].choices)[data["measure"]]
        text = (
            _("%(measure)s of “%(property)s” in “%(event)s” %(comparison)s %(n)s %(window)s")
            if data["property"]
            else _("%(measure)s of the amounts of “%(event)s” %(comparison)s ¥%(n)s %(window)s")
        )
        return filtered(text % words, data["where"])
