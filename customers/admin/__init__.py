"""The admin's pages of customers, segments, tags, merges and the workspace.

In: what staff post. Out: one call of this room's functions each, and pages that show its rows,
masked.
"""

from customers.admin import (
    approvals,
    bulk,
    customers,
    knowledge,
    merges,
    owners,
    scheduled_exports,
    segments,
    tagging,
    tags,
    workspace,
)

__all__ = [
    "approvals",
    "bulk",
    "customers",
    "knowledge",
    "merges",
    "owners",
    "scheduled_exports",
    "segments",
    "tagging",
    "tags",
    "workspace",
]
