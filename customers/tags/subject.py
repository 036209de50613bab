"""Tags: what this subject adds to the product (crm_project/subjects.py)."""

SEGMENT_CONDITIONS = ["customers.segments.conditions.tagged.Tagged"]
DERIVED_STATE = [(20, "customers.tags.rules.GivenByRule")]
JOBS = ["customers.tags.jobs.TagMany"]
BULK_ACTS = ["customers.bulk.customers.PutOn", "customers.bulk.customers.TakeOff"]
PROFILE_PANELS = [(20, "customers.profile.panels.Tags")]
PROFILE_ACTIONS = [(30, "customers.profile.profile_actions.PutOnTag")]
TIMELINE = [(30, "customers.profile.timeline_sources.Tags")]
USES = ["customers.uses.by_tags"]
RETENTION = [
    "customers.data_rights.retention.kinds.Tags",
    "customers.data_rights.retention.kinds.TagHistory",
]
SEGMENT_USED_IN = [(30, "customers.admin.segment_panels.Tagged")]
