"""Stopped, began again, does it regularly."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.segments.conditions.fields import UNIT_SECONDS, UNITS, before, span
from events import words as said
from events.segment_conditions.did import OfEvent
from events.segment_conditions.filters import filtered

MOST_PERIODS = 60
LENGTHS = {**UNIT_SECONDS, "months": 30 * 86400}


def count_field(label, **more) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, **{"max_value": 100_000, **more})


def unit_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=gettext_lazy("unit"), choices=UNITS, initial="days")


class TwoSpans(OfEvent):
    """About a long span back from now and a shorter one inside it."""

    def clean(self):
        data = super().clean()
        if all(data.get(f"{name}_{part}") for name in ("long", "short") for part in ("n", "unit")):
            long, short = (
                data[f"{name}_n"] * LENGTHS[data[f"{name}_unit"]] for name in ("long", "short")
            )
            if long <= short:
                raise ValidationError(
                    {"long_n": _("The first span must be longer than the second.")}
                )
        return data

    def starts(self, now):
        """The beginnings of the long and of the short span."""
        return tuple(
            before(now, self.cleaned_data[f"{name}_n"], self.cleaned_data[f"{name}_unit"])
            for name in ("long", "short")
        )

    def edges(self, now):
        return [*self.starts(now), now]

    def spans(self) -> dict:
        return {
            name: span(self.cleaned_data[f"{name}_n"], self.cleaned_data[f"{name}_unit"])
            for name in ("long", "short")
        }


class StoppedDoing(TwoSpans):
    """Did it in the last A, but not in the last B."""

    key, label = "stopped_doing", gettext_lazy("Stopped doing")
    help = gettext_lazy("Used to do it and has not lately.")

    long_n, long_unit = count_field(gettext_lazy("did it in the last"), initial=90), unit_field()
    short_n, short_unit = count_field(gettext_lazy("but not in the last"), initial=30), unit_field()
    field_order = ["event", "long_n", "long_unit", "short_n", "short_unit", "where"]

    def customers(self, *, now, among):
        long, short = self.starts(now)
        rows, params = self.counted()
        return self.asked(
            f"SELECT customer_id FROM {rows} AND occurred_at BETWEEN %(long)s AND %(now)s {{among}}"  # noqa: S608
            " GROUP BY customer_id HAVING max(occurred_at) < %(short)s",
            {"long": long, "short": short, "now": now, **params},
            now=now,
            among=among,
        )

    def sentence(self):
        words = {"event": said.event(self.cleaned_data["event"]), **self.spans()}
        return filtered(
            _("did “%(event)s” in the last %(long)s but not in the last %(short)s") % words,
            self.cleaned_data["where"],
        )


class RestartedDoing(TwoSpans):
    """Did it before, then paused from A ago until B ago, and did it again in the last B."""

    key, label = "restarted_doing", gettext_lazy("Began doing again")
    help = gettext_lazy("Did it, paused, and is back.")

    long_n, long_unit = (
        count_field(gettext_lazy("did not do it from … ago"), initial=90),
        unit_field(),
    )
    short_n, short_unit = (
        count_field(gettext_lazy("until … ago, and again since"), initial=30),
        unit_field(),
    )
    field_order = ["event", "long_n", "long_unit", "short_n", "short_unit", "where"]

    def since(self, now):
        return None

    def customers(self, *, now, among):
        long, short = self.starts(now)
        rows, params = self.counted()
        return self.asked(
            f"SELECT customer_id FROM {rows} AND occurred_at <= %(now)s {{among}} GROUP BY"  # noqa: S608
            " customer_id HAVING min(occurred_at) < %(long)s AND max(occurred_at) >= %(short)s AND"
            " NOT bool_or(occurred_at >= %(long)s AND occurred_at < %(short)s)",
            {"long": long, "short": short, "now": now, **params},
            now=now,
            among=among,
        )

    def sentence(self):
        words = {"event": said.event(self.cleaned_data["event"]), **self.spans()}
        text = (
            _(
                "did “%(event)s” before, not from %(long)s ago until %(short)s ago, and again in"
                " the last %(short)s"
            )
            % words
        )
        return filtered(text, self.cleaned_data["where"])


class RegularlyDid(OfEvent):
    """Did it so and so often in each of k of the last m periods; a period is one unit, counted back
    from now."""

    key, label = "regularly_did", gettext_lazy("Does regularly")
    help = gettext_lazy("Does it again and again: at least once in three of the last four weeks.")

    times = count_field(gettext_lazy("at least so often in a period"), initial=1)
    periods = count_field(gettext_lazy("in at least so many"), initial=3, max_value=MOST_PERIODS)
    out_of = count_field(
        gettext_lazy("of the last"),
        initial=4,
        max_value=MOST_PERIODS,
        help_text=gettext_lazy("Periods are counted back from now."),
    )
    unit = forms.ChoiceField(
        label=pgettext_lazy("period", "periods of one"), choices=UNITS, initial="weeks"
    )
    field_order = ["event", "times", "periods", "out_of", "unit", "where"]

    def clean(self):
        data = super().clean()
        if data.get("periods") and data.get("out_of") and data["periods"] > data["out_of"]:
            raise ValidationError({"periods": _("These are more than there are periods.")})
        return data

    def edges(self, now):
        """The beginnings of the periods, the oldest first, and now."""
        data = self.cleaned_data
        return [before(now, n, data["unit"]) for n in range(data["out_of"], -1, -1)]

    def customers(self, *, now, among):
        *starts, last = self.edges(now)
        rows, params = self.counted()
        return self.asked(
            "SELECT customer_id FROM (SELECT customer_id, width_bucket(occurred_at,"  # noqa: S608
            f" %(starts)s::timestamptz[]) AS period FROM {rows} AND occurred_at BETWEEN %(first)s"
            " AND %(last)s {among} GROUP BY customer_id, period HAVING count(*) >= %(times)s)"
            " often GROUP BY customer_id HAVING count(*) >= %(periods)s",
            {
                "starts": starts,
                "first": starts[0],
                "last": last,
                "times": self.cleaned_data["times"],
                "periods": self.cleaned_data["periods"],
                **params,
            },
            now=now,
            among=among,
        )

    def sentence(self):
        data = self.cleaned_data
        words = {
            "event": said.event(data["event"]),
            "n": data["times"],
            "k": data["periods"],
            "m": span(data["out_of"], data["unit"]),
            "unit": span(1, data["unit"]),
        }
        text = (
            _(
                "did “%(event)s” at least %(n)s times each in at least %(k)s of the last %(m)s"
                " (spans of %(unit)s)"
            )
            % words
        )
        return filtered(text, data["where"])
