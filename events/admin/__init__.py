from events.admin import bookings, commerce, events, lifecycle, schema

__all__ = ["bookings", "commerce", "events", "lifecycle", "schema"]
