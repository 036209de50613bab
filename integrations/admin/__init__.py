"""The admin's pages of sources, connections and what could not be understood.

In: what operators post. Out: keys and secrets that are shown once, and replays.
"""

from integrations.admin import connections, quarantine, sources, subscribe

__all__ = ["connections", "quarantine", "sources", "subscribe"]
