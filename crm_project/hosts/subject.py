"""The machines of an installation: what this subject adds to the product
(crm_project/subjects.py)."""

HOST_DUTIES = ["crm_project.hosts.disk.Disk"]
AFTER_RESTORE = [(5, "crm_project.hosts.keys.forget_secret")]
