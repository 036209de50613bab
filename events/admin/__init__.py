from events.admin import commerce, events, schema

__all__ = ["commerce", "events", "schema"]
