"""Files in: what this subject adds to the product (crm_project/subjects.py)."""

JOBS = [
    "integrations.sync.files.job.ImportFile",
    "integrations.sync.files.job.TryFile",
    "integrations.sync.files.undoing.UndoImport",
    "integrations.sync.files.letting_in.LetIn",
]
ERASERS = [(45, "integrations.sync.files.erasing.OfImports")]
RETENTION = [
    "integrations.sync.files.retention.Imports",
    "integrations.sync.files.retention.ImportedRows",
]
