"""The admin's pages of sources, connections and what could not be understood.

In: what operators post. Out: keys and secrets that are shown once, and replays.
"""

from integrations.admin import (
    connections,
    imports,
    quarantine,
    queues,
    reconciliation,
    sms_templates,
    sources,
    subscribe,
    tables,
)

__all__ = [
    "connections",
    "imports",
    "quarantine",
    "queues",
    "reconciliation",
    "sms_templates",
    "sources",
    "subscribe",
    "tables",
]
