from events.admin import bookings, commerce, display_names, events, lifecycle, schema

__all__ = ["bookings", "commerce", "display_names", "events", "lifecycle", "schema"]
