"""Background work: what this subject adds to the product (crm_project/subjects.py)."""

AFTER_RESTORE = [(50, "crm_project.jobs.running.pause_all")]
