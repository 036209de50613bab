"""Segment's clients: what this subject adds to the product (crm_project/subjects.py)."""

FORMATS = ["integrations.segment.format.SegmentFormat"]
