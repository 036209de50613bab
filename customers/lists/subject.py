"""Lists by hand: what this subject adds to the product (crm_project/subjects.py)."""

SEGMENT_CONDITIONS = ["customers.segments.conditions.in_segment.InList"]
JOBS = ["customers.lists.files.ListFile"]
BULK_ACTS = ["customers.bulk.customers.AddToList"]
