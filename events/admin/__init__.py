"""The admin's pages of events, orders, bookings, the catalogue, and the stages of life.

In: what staff filter and set. Out: lists that are paged by time, without counting what nobody
needs counted.
"""

from events.admin import bookings, commerce, display_names, events, lifecycle, schema

__all__ = ["bookings", "commerce", "display_names", "events", "lifecycle", "schema"]
