"""Attributes: what this subject adds to the product (crm_project/subjects.py)."""

SEGMENT_CONDITIONS = [
    "customers.segments.conditions.attribute.Attribute",
    "customers.segments.conditions.attribute_date.AttributeDate",
    "customers.segments.conditions.has_been.HasBeen",
]
SEGMENT_STARTS = ["customers.segments.starts.BirthdayThisWeek"]
SUGGESTIONS = [
    "customers.attributes.suggestions.AttributeKeys",
    "customers.attributes.suggestions.OwnAttributeKeys",
    "customers.attributes.suggestions.AttributeValues",
]
PROFILE_PANELS = [(80, "customers.profile.panels.Attributes")]
TIMELINE = [(10, "customers.profile.timeline_sources.Attributes")]
RETENTION = [
    "customers.data_rights.retention.kinds.Attributes",
    "customers.data_rights.retention.kinds.AttributeHistory",
]
NORMALISERS = [
    "customers.identity.respelling.OfAttributes",
    "customers.identity.respelling.OfAttributeChanges",
]
CUSTOMER_COLUMNS = [(20, "customers.admin.customer_columns.Level")]
