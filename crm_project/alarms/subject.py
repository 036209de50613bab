"""What an operator is warned of: what this subject adds to the product
(crm_project/subjects.py)."""

ALARMS = [
    "crm_project.alarms.ours.Disk",
    "crm_project.alarms.ours.Backup",
    "crm_project.alarms.ours.Certificate",
    "crm_project.alarms.ours.Queues",
]
TELLERS = ["crm_project.alarms.tellers.Mail"]
