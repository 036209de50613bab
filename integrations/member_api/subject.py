"""People who log in from a mini-program: what this subject adds to the product
(crm_project/subjects.py)."""

PROFILE_PANELS = [(175, "integrations.member_api.profile.MemberSessions")]
PROFILE_ACTIONS = [(85, "integrations.member_api.profile.EndLogIns")]
RETENTION = ["integrations.member_api.retention.MemberSessions"]
EXPORTS = [(40, "integrations.member_api.exporting.MemberSessions")]
AFTER_RESTORE = [(45, "integrations.member_api.sessions.end_restored")]
