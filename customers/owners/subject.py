"""Owners and stores: what this subject adds to the product (crm_project/subjects.py)."""

PROFILE_PANELS = [(25, "customers.profile.owners.OwnerPanel")]
PROFILE_ACTIONS = [(35, "customers.profile.owners.Assign")]
TIMELINE = [(170, "customers.profile.owners.Owners")]
SEGMENT_CONDITIONS = ["customers.segments.conditions.owner.OwnerIs"]
BULK_ACTS = ["customers.bulk.owners.AssignTo"]
CUSTOMER_COLUMNS = [
    (45, "customers.admin.owners.OwnerColumn"),
    (46, "customers.admin.owners.StoreColumn"),
]
RETENTION = ["customers.data_rights.retention.kinds.Owners"]
