"""Conditions about what customers did and bought."""
# ruff: noqa: S608 -- the statements are put together from constants; every value is a parameter

from datetime import timedelta
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from pyroaring import BitMap

from customers.segments.conditions.base import Condition, Rows, asked
from customers.segments.conditions.fields import COMPARISONS, FLIPPED, UNIT_SECONDS, UNITS, CountFields, WindowFields, span
from events import names
from events.fields import EventNameField, FiltersInput
from events.matching import ends

FILTER_OPERATORS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "contains": gettext_lazy("contains"),
    ">": ">",
    ">=": "≥",
    "<": "<",
    "<=": "≤",
    "exists": gettext_lazy("is known"),
    "not_exists": gettext_lazy("is not known"),
}
PROPERTY = "(properties #>> %({n}_path)s)"
# Numbers are spared the pattern, which costs more than the rest of the row.
NUMERIC = f"CASE WHEN jsonb_typeof(properties #> %({{n}}_path)s) = 'number' OR {PROPERTY} ~ '^-?[0-9]{{{{1,30}}}}([.][0-9]{{{{1,30}}}})?$' THEN {PROPERTY}::numeric END"
FILTERS = {
    "is": f"({PROPERTY} = %({{n}}_value)s OR {NUMERIC} = %({{n}}_number)s)",
    "is_not": f"({PROPERTY} IS DISTINCT FROM %({{n}}_value)s)",
    "contains": f"strpos(lower({PROPERTY}), lower(%({{n}}_value)s)) > 0",
    "exists": f"{PROPERTY} IS NOT NULL AND {PROPERTY} <> ''",
    "not_exists": f"({PROPERTY} IS NULL OR {PROPERTY} = '')",
    **{op: f"{NUMERIC} {op} %({{n}}_number)s" for op in (">", ">=", "<", "<=")},
}
MOST_FILTERS = 5


def as_number(value) -> Decimal | None:
    try:
        return Decimal(str(value)) if Decimal(str(value)).is_finite() else None
    except ArithmeticError:
        return None


class FiltersField(forms.JSONField):
    """Filters on properties: a list of [property, operator, value]; a dot in a property leads into an object."""

    def __init__(self, **kwargs):
        super().__init__(
            **{"required": False, "label": gettext_lazy("with properties"), "widget": FiltersInput(FILTER_OPERATORS), **kwargs}
        )

    def bound_data(self, data, initial):
        return data if isinstance(data, list) else super().bound_data(data, initial)

    def to_python(self, value):
        return value if isinstance(value, list) else super().to_python(value)

    def clean(self, value):
        filters = super().clean(value) or []
        if not isinstance(filters, list) or len(filters) > MOST_FILTERS:
            raise ValidationError(_("At most %(n)d filters, each a property, a comparison and a value.") % {"n": MOST_FILTERS})
        for one in filters:
            self.check(one)
        return filters

    def check(self, one) -> None:
        if (
            not isinstance(one, list)
            or len(one) not in (2, 3)
            or not isinstance(one[0], str)
            or not 0 < len(one[0]) <= 200
            or one[1] not in FILTER_OPERATORS
        ):
            raise ValidationError(_("A filter is a property, a comparison and a value."))
        if one[1] in (">", ">=", "<", "<=") and as_number(one[2] if len(one) == 3 else "") is None:
            raise ValidationError(_("“%(name)s” is compared with a number.") % {"name": one[0]})


def where(filters: list, prefix: str = "w") -> tuple[str, dict]:
    """The filters as SQL on a table's `properties`, and its parameters."""
    sql, params = "", {}
    for index, (name, op, *value) in enumerate(filters):
        n = f"{prefix}{index}"
        text = value[0] if value else ""
        text = str(text).lower() if isinstance(text, bool) else str(text)
        sql += " AND " + FILTERS[op].format(n=n)
        params |= {f"{n}_path": name.split("."), f"{n}_value": text, f"{n}_number": as_number(text)}
    return sql, params


def where_words(filters: list) -> str:
    return ", ".join(" ".join([name, str(FILTER_OPERATORS[op]), *[f"“{v}”" for v in value]]) for name, op, *value in filters)


def numbers_of(condition: Condition) -> frozenset[int]:
    """The numbers of the event names that it asks about."""
    return frozenset(names.known(name) for name in condition.names())


class Counted(Condition, WindowFields, CountFields):
    """A number per customer compared with a bound; who has no row has 0."""

    def bound(self):
        return self.cleaned_data["times"]

    def compared(self, found: BitMap, among: BitMap) -> BitMap:
        """`found` are those with rows whose number satisfies the comparison, or fails it where 0 satisfies it."""
        return among - found if self.zero_satisfies() else found

    def zero_satisfies(self) -> bool:
        return COMPARISONS[self.cleaned_data["comparison"]][1](0, self.bound())

    def having(self, number: str) -> str:
        sql = f"{number} {self.cleaned_data['comparison']} %(bound)s"
        return f"NOT ({sql})" if self.zero_satisfies() else sql


class DidEvent(Counted):
    """Did something so and so often in a window."""

    key, label, reads = "did_event", gettext_lazy("Did an event"), frozenset({"event"})

    event = EventNameField(label=gettext_lazy("event"))
    where = FiltersField()
    field_order = ["event", "comparison", "times", "window", "window_n", "window_unit", "window_from", "window_until", "where"]

    def names(self):
        return {self.cleaned_data["event"]}

    def rows(self, now):
        columns = {"name_id", "occurred_at"} | ({"properties"} if self.cleaned_data["where"] else set())
        return Rows("events_event", frozenset(columns), "name_id", numbers_of(self), "occurred_at", self.bounds(now)[0])

    def customers(self, *, now, among):
        first, last = self.bounds(now)
        filters, params = where(self.cleaned_data["where"])
        found = self.asked(
            "SELECT customer_id FROM events_event WHERE name_id = %(name)s AND occurred_at BETWEEN %(first)s AND %(last)s "
            f"{filters} {{among}} GROUP BY customer_id HAVING {self.having('count(*)')}",
            {"name": names.known(self.cleaned_data["event"]), "first": first, "last": last, "bound": self.bound(), **params},
            now=now,
            among=among,
        )
        return self.compared(found, among)

    def touched_by_time(self, *, since, until):
        return asked(
            f"SELECT customer_id FROM events_event WHERE name_id = %(name)s AND {FLIPPED.format(column='occurred_at')}",
            {"name": names.known(self.cleaned_data["event"]), **self.flips(since, until)},
        )

    def sentence(self):
        data = self.cleaned_data
        words = {
            "event": data["event"],
            "comparison": COMPARISONS[data["comparison"]][0],
            "n": data["times"],
            "window": self.window_words(),
        }
        text = _("did “%(event)s” %(comparison)s %(n)s times %(window)s") % words
        return text + (_(" where %(filters)s") % {"filters": where_words(data["where"])} if data["where"] else "")


class DidNotFollow(Condition, WindowFields):
    """Did A and then no B within T, optionally for the same product. True once T and the grace for late data have passed."""

    key, label, reads = "a_and_no_b", gettext_lazy("Did A and then not B"), frozenset({"event"})

    first = EventNameField(label=gettext_lazy("did"))
    second = EventNameField(label=gettext_lazy("and then not"))
    within_n = forms.IntegerField(label=gettext_lazy("within"), min_value=1, max_value=100_000, initial=24)
    within_unit = forms.ChoiceField(label=gettext_lazy("unit"), choices=UNITS[:-1], initial="hours")
    same_product = forms.BooleanField(label=gettext_lazy("of the same product"), required=False)
    grace_seconds = forms.IntegerField(
        label=gettext_lazy("grace for late data (seconds)"), min_value=0, max_value=86400, initial=60, required=False
    )
    field_order = ["first", "second", "within_n", "within_unit", "same_product"]

    def clean_grace_seconds(self):
        grace = self.cleaned_data["grace_seconds"]
        return 60 if grace is None else grace

    def names(self):
        return {self.cleaned_data["first"], self.cleaned_data["second"]}

    def rows(self, now):
        columns = frozenset({"id", "name_id", "occurred_at", "keys"})
        return Rows("events_event", columns, "name_id", numbers_of(self), "occurred_at", self.bounds(now)[0])

    def within(self) -> int:
        return self.cleaned_data["within_n"] * UNIT_SECONDS[self.cleaned_data["within_unit"]]

    def waited(self) -> timedelta:
        """How long after A the answer is known."""
        return timedelta(seconds=self.within() + self.cleaned_data["grace_seconds"])

    def customers(self, *, now, among):
        first, last = self.bounds(now)
        return self.asked(
            "SELECT DISTINCT a.customer_id FROM (SELECT id AS event_id, customer_id, occurred_at, keys FROM events_event "
            "WHERE name_id = %(first_name)s AND occurred_at BETWEEN %(from)s AND %(until)s {among}) a "
            f"WHERE NOT EXISTS (SELECT 1 FROM events_event b WHERE b.occurred_at >= %(from)s AND {ends(same_product=self.cleaned_data['same_product'])})",
            {
                "first_name": names.known(self.cleaned_data["first"]),
                "second": names.known(self.cleaned_data["second"]),
                "within": self.within(),
                "from": first,
                "until": min(last, now - self.waited()),
                "now": now,
            },
            now=now,
            among=among,
        )

    def touched_by_time(self, *, since, until):
        """The wait after an A ends, an A leaves the window, or a B from a clock ahead begins to count."""
        waited = self.waited()
        known = asked(
            "SELECT customer_id FROM events_event WHERE name_id = %(name)s AND occurred_at > %(since)s AND occurred_at <= %(until)s",
            {"name": names.known(self.cleaned_data["first"]), "since": since - waited, "until": until - waited},
        )
        left = asked(
            f"SELECT customer_id FROM events_event WHERE name_id = %(name)s AND {FLIPPED.format(column='occurred_at')}",
            {"name": names.known(self.cleaned_data["first"]), **self.flips(since, until)},
        )
        ahead = asked(
            "SELECT customer_id FROM events_event WHERE name_id = %(name)s AND occurred_at > %(since)s AND occurred_at <= %(until)s",
            {"name": names.known(self.cleaned_data["second"]), "since": since, "until": until},
        )
        return known | left | ahead

    def sentence(self):
        data = self.cleaned_data
        words = {
            "first": data["first"],
            "second": data["second"],
            "span": span(data["within_n"], data["within_unit"]),
            "window": self.window_words(),
        }
        text = (
            _("did “%(first)s” and then no “%(second)s” of the same product within %(span)s")
            if data["same_product"]
            else _("did “%(first)s” and then no “%(second)s” within %(span)s")
        )
        return text % words + ("" if data["window"] == "ever" else ", " + words["window"])


class Ordered(Counted):
    """Orders paid in a window: how many, or their net total (paid less refunded)."""

    key, label, reads = "orders", gettext_lazy("Orders"), frozenset({"order"})

    measure = forms.ChoiceField(
        label=gettext_lazy("measure"),
        choices=[("count", gettext_lazy("number of orders")), ("net", gettext_lazy("net total in yuan"))],
        initial="count",
    )
    times = forms.DecimalField(label=pgettext_lazy("how many", "number"), min_value=0, max_value=10**12, decimal_places=2, initial=1)
    field_order = ["measure", "comparison", "times"]

    def clean_times(self):
        return self.cleaned_data["times"]

    def bound(self):
        return self.cleaned_data["times"] * 100 if self.cleaned_data["measure"] == "net" else self.cleaned_data["times"]

    def rows(self, now):
        return Rows("events_order", frozenset({"paid_at", "status", "net_fen"}), at="paid_at", since=self.bounds(now)[0])

    def customers(self, *, now, among):
        first, last = self.bounds(now)
        number = "count(*)" if self.cleaned_data["measure"] == "count" else "sum(net_fen)"
        found = self.asked(
            "SELECT customer_id FROM events_order WHERE paid_at BETWEEN %(first)s AND %(last)s AND status <> 'cancelled' {among} "
            f"GROUP BY customer_id HAVING {self.having(number)}",
            {"first": first, "last": last, "bound": self.bound()},
            now=now,
            among=among,
        )
        return self.compared(found, among)

    def touched_by_time(self, *, since, until):
        return asked(f"SELECT customer_id FROM events_order WHERE {FLIPPED.format(column='paid_at')}", self.flips(since, until))

    def sentence(self):
        data = self.cleaned_data
        words = {"comparison": COMPARISONS[data["comparison"]][0], "n": f"{data['times'].normalize():f}", "window": self.window_words()}
        if data["measure"] == "net":
            return _("net order total %(comparison)s ¥%(n)s %(window)s") % words
        return _("%(comparison)s %(n)s orders %(window)s") % words
