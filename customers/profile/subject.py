"""Notes and follow-up tasks: what this subject adds to the product (crm_project/subjects.py)."""

PROFILE_PANELS = [
    (30, "customers.profile.panels.FollowUps"),
    (40, "customers.profile.panels.Notes"),
]
PROFILE_ACTIONS = [
    (10, "customers.profile.profile_actions.WriteNote"),
    (20, "customers.profile.profile_actions.PlanFollowUp"),
    (40, "customers.profile.profile_actions.RemoveNote"),
    (50, "customers.profile.profile_actions.FinishFollowUp"),
]
TIMELINE = [
    (150, "customers.profile.timeline_sources.Notes"),
    (160, "customers.profile.timeline_sources.FollowUps"),
]
DUE_TODAY = ["customers.profile.notes.due_today"]
RETENTION = [
    "customers.data_rights.retention.kinds.Notes",
    "customers.data_rights.retention.kinds.Tasks",
]
NEEDS = ["customers.profile.attention.Tasks", "customers.profile.attention.Conflicts"]
