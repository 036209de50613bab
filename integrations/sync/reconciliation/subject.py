"""Reconciliation: what this subject adds to the product (crm_project/subjects.py)."""

VENDORS = ["integrations.sync.reconciliation.vendor.Summary"]
ALARMS = ["integrations.sync.reconciliation.alarms.Differs"]
JOBS = ["integrations.sync.reconciliation.bringing.CompareList"]
FACTS = ["integrations.sync.reconciliation.attention.Complete"]
NEEDS = [
    "integrations.sync.reconciliation.attention.Unequal",
    "integrations.sync.reconciliation.attention.Unanswered",
    "integrations.sync.drifting.Drift",
]
RETENTION = [
    "integrations.sync.reconciliation.retention.Settings",
    "integrations.sync.reconciliation.retention.Days",
    "integrations.sync.reconciliation.retention.Listed",
]
