"""What the doors keep: what this subject adds to the product (crm_project/subjects.py)."""

ALARMS = ["integrations.doors.alarms.Jump"]
HOST_DUTIES = ["integrations.doors.spool_duty.Spool"]
JOBS = ["integrations.doors.replaying.Replay"]
ERASERS = [(40, "integrations.privacy.erasing.Outside")]
RETENTION = [
    "integrations.privacy.retention.Quarantined",
    "integrations.privacy.retention.SpoolLeftovers",
    "integrations.privacy.retention.Mailbox",
]
NEEDS = ["integrations.doors.attention.Quarantined", "integrations.doors.attention.Refused"]
