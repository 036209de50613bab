from events.admin import commerce, events

__all__ = ["commerce", "events"]
