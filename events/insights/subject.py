"""Stage of life, value, interests, habits: what this subject adds to the product
(crm_project/subjects.py)."""

SEGMENT_CONDITIONS = [
    "events.segment_conditions.lifecycle.Lifecycle",
    "events.segment_conditions.lifecycle.Value",
    "events.segment_conditions.interests.Interested",
]
DERIVED_STATE = [(10, "events.insights.lifecycle.StageKeeper")]
FIGURES = [
    "events.insights.figures.Customers",
    "events.insights.figures.Standing",
    "events.insights.figures.Moved",
]
PROFILE_PANELS = [
    (10, "events.profile.panels.Figures"),
    (50, "events.profile.panels.Standing"),
    (60, "events.profile.panels.Interests"),
    (65, "events.profile.panels.Next"),
    (70, "events.profile.panels.Habits"),
]
TIMELINE = [(60, "events.profile.timeline_sources.Stages")]
RETENTION = ["events.privacy.retention.Conclusions", "events.privacy.retention.StageHistory"]
CUSTOMER_COLUMNS = [
    (10, "events.admin.customer_columns.InStage"),
    (15, "events.admin.customer_columns.InClass"),
    (30, "events.admin.customer_columns.LastOrder"),
    (35, "events.admin.customer_columns.Purchases"),
    (40, "events.admin.customer_columns.Spent"),
]
