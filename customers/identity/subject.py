"""Identities, merges, whom they find: what this subject adds to the product
(crm_project/subjects.py)."""

PROFILE_PANELS = [
    (170, "customers.profile.panels.Identities"),
    (180, "customers.profile.panels.Merges"),
]
PROFILE_ACTIONS = [(90, "customers.profile.profile_actions.MergeWith")]
TIMELINE = [(50, "customers.profile.timeline_sources.Merges")]
FINDERS = [
    "customers.profile.finders.ByName",
    "customers.profile.finders.ByIdentity",
    "customers.profile.finders.ByLastDigits",
]
RETENTION = [
    "customers.data_rights.retention.kinds.People",
    "customers.data_rights.retention.kinds.Identities",
    "customers.data_rights.retention.people.Visitors",
    "customers.data_rights.retention.people.Provisional",
    "customers.data_rights.retention.kinds.Conflicts",
]
NORMALISERS = [
    "customers.identity.respelling.OfIdentities",
    "customers.identity.respelling.OfClaims",
]
AFTER_RESTORE = [(20, "customers.identity.merging.forget_transactions")]
