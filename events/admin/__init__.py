from events.admin import bookings, commerce, events, schema

__all__ = ["bookings", "commerce", "events", "schema"]
