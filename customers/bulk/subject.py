"""Acts on many: what this subject adds to the product (crm_project/subjects.py)."""

JOBS = ["customers.bulk.job.Bulk"]
BULK_ACTS = ["customers.bulk.exporting.Export"]
NEEDS = ["customers.bulk.attention.NotDelivered"]
RETENTION = ["customers.data_rights.retention.kinds.Acts"]
SEGMENT_USED_IN = [(50, "customers.admin.segment_panels.Exported")]
APPROVALS = ["customers.bulk.approval.ActOnMany"]
