"""Segments: what this subject adds to the product (crm_project/subjects.py)."""

SEGMENT_CONDITIONS = [
    "customers.segments.conditions.in_segment.InSegment",
    "customers.segments.conditions.random_share.RandomShare",
]
PROFILE_PANELS = [(160, "customers.profile.panels.Segments")]
TIMELINE = [(40, "customers.profile.timeline_sources.Segments")]
USES = ["customers.uses.by_segments"]
RETENTION = ["customers.data_rights.retention.kinds.Transitions"]
NEEDS = ["customers.segments.attention.Failing"]
