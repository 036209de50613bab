"""A number per customer, compared with a bound."""

from datetime import datetime
from decimal import Decimal

from django import forms
from django.utils.translation import pgettext_lazy
from pyroaring import BitMap

from customers.segments.conditions.fields import COMPARISONS, CountFields, WindowFields
from events.segment_conditions.edges import Timed

COUNT = "count(*)"
MOST = 10**12  # nobody has so many
WINDOW = [
    "window",
    "window_n",
    "window_unit",
    "window_from",
    "window_until",
]  # in the order of the form


class Compared(Timed, WindowFields, CountFields):
    """How often, or how much, in a window. Who has no row has 0, or, where `nothing` is None, no
    number that could fit."""

    def edges(self, now):
        return list(self.bounds(now))

    def bound(self):
        return self.cleaned_data["times"]

    def nothing(self) -> int | None:
        return 0

    def compared(self, found: BitMap, among: BitMap) -> BitMap:
        """`found` are those with rows whose number satisfies the comparison, or fails it where
        having none satisfies it."""
        return among - found if self.is_open() else found

    def is_open(self) -> bool:
        """Do those belong who have no row?"""
        return self.nothing() is not None and COMPARISONS[self.cleaned_data["comparison"]][1](
            self.nothing(), self.bound()
        )

    def with_number(self, number: str, *, now: datetime, among: BitMap, also: str = "") -> BitMap:
        """Those whose number, an aggregate over their rows in the window, satisfies the comparison;
        `also` says more about these rows."""
        first, last = self.bounds(now)
        rows, params = self.source()
        found = self.asked(
            # Constants
            f"SELECT customer_id FROM {rows} AND {self.moment} BETWEEN %(first)s AND %(last)s {also} {{among}} "  # noqa: E501, S608
            f"{self.grouped(number)}",
            {"first": first, "last": last, "now": now, "bound": self.bound(), **params},
            now=now,
            among=among,
        )
        return self.compared(found, among)

    def grouped(self, number: str) -> str:
        """Only the customers whose number fits; without a GROUP BY where any row is enough, which
        costs a quarter."""
        return (
            ""
            if number == COUNT and self.asks_for_any()
            else f"GROUP BY customer_id HAVING {self.having(number)}"
        )

    def asks_for_any(self) -> bool:
        """Does the comparison tell nothing but none from some?"""
        fits = COMPARISONS[self.cleaned_data["comparison"]][1]
        return fits(0, self.bound()) != fits(1, self.bound()) == fits(MOST, self.bound())

    def having(self, number: str) -> str:
        sql = f"{number} {self.cleaned_data['comparison']} %(bound)s"
        return f"NOT ({sql})" if self.is_open() else sql

    def words(self) -> dict:
        """What every sentence of these says."""
        data = self.cleaned_data
        return {
            "comparison": COMPARISONS[data["comparison"]][0],
            "n": figure(data["times"]),
            "window": self.window_words(),
        }


class NumberField(forms.DecimalField):
    def __init__(self, **kwargs):
        super().__init__(
            **{
                "label": pgettext_lazy("how many", "number"),
                "min_value": 0,
                "max_value": 10**12,
                "decimal_places": 2,
                "initial": 1,
                **kwargs,
            }
        )


class Measure(Compared):
    """One of several numbers, which may have decimals. `IN_YUAN` are those that are stored in
    fen."""

    IN_YUAN: frozenset[str] = frozenset()
    WITHOUT_NOTHING: frozenset[str] = frozenset()

    times = NumberField()

    def clean_times(self):
        return self.cleaned_data["times"]

    def bound(self):
        return (
            self.cleaned_data["times"] * 100
            if self.cleaned_data["measure"] in self.IN_YUAN
            else self.cleaned_data["times"]
        )

    def nothing(self):
        return None if self.cleaned_data["measure"] in self.WITHOUT_NOTHING else 0


def figure(number: int | Decimal) -> str:
    """As people write it: 100, 2.5."""
    return f"{Decimal(number).normalize():f}"
