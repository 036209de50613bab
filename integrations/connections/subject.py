"""Connections and calls through them: what this subject adds to the product
(crm_project/subjects.py)."""

RETENTION = ["customers.data_rights.retention.kinds.Calls"]
NEEDS = ["integrations.connections.attention.Failing"]
