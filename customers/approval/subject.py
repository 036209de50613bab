"""Approval: what this subject adds to the product (crm_project/subjects.py)."""

NEEDS = ["customers.approval.attention.Approvals"]
RETENTION = ["customers.data_rights.retention.kinds.Approvals"]
