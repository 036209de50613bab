"""What the conditions about one kind of event share."""

from datetime import datetime

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext_lazy

from customers.segments.conditions.base import MOST_EVIDENCE, Condition, Evidence, Rows
from customers.segments.conditions.fields import BEGINNING
from events import names
from events import words as said
from events.fields import EventNameField
from events.rights import SENSITIVE, events_permissions
from events.segment_conditions.edges import Timed
from events.segment_conditions.filters import FiltersField, where


def numbers_of(condition: Condition) -> frozenset[int]:
    """The numbers of the event names that it asks about."""
    return frozenset(names.known(name) for name in condition.names())


class OfEvent(Timed):
    """About one event by name; filters say which of them count."""

    reads = frozenset({"event"})
    permission = "events.view_event"

    event = EventNameField(label=gettext_lazy("event"))
    where = FiltersField()

    def names(self):
        return {self.cleaned_data["event"]}

    def permissions(self):
        return super().permissions() | events_permissions(self.names())

    def needs(self):
        return events_permissions(self.names()) & SENSITIVE

    def columns(self) -> set[str]:
        """Besides name and time, what is read of an event."""
        return {"properties"} if self.cleaned_data["where"] else set()

    def since(self, now: datetime) -> datetime | None:
        """Older events do not matter at `now`."""
        return min(self.edges(now))

    def rows(self, now):
        columns = frozenset({"name_id", "occurred_at"} | self.columns())
        return Rows(
            "events_event", columns, "name_id", numbers_of(self), "occurred_at", self.since(now)
        )

    def source(self):
        # Without the filters: whose event it is stands in the index, the properties do not.
        return "events_event WHERE name_id = %(name)s", {
            "name": names.known(self.cleaned_data["event"])
        }

    def evidence(self, customer, *, now):
        """The latest events that count and lie in the time it asks about."""
        rows, params = self.counted()
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, occurred_at FROM {rows} AND customer_id = %(customer)s AND occurred_at BETWEEN %(since)s AND %(now)s "  # noqa: E501, S608
                "ORDER BY occurred_at DESC LIMIT %(most)s",
                {
                    **params,
                    "customer": customer.pk,
                    "since": self.since(now) or BEGINNING,
                    "now": now,
                    "most": MOST_EVIDENCE,
                },
            )
            name = said.event(self.cleaned_data["event"])
            return [
                Evidence(name, at, reverse("admin:events_event_change", args=[pk]))
                for pk, at in cursor
            ]

    def counted(self) -> tuple[str, dict]:
        """The table with the WHERE that says which events count, and its parameters."""
        rows, params = self.source()
        filters, values = where(self.cleaned_data["where"])
        return rows + filters, {**params, **values}
