"""Running the installation: what this subject adds to the product (crm_project/subjects.py)."""

NEEDS = ["crm_project.admin.attention.Stuck", "crm_project.admin.attention.NoBackup"]
