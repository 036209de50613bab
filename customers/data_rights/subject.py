"""Forgetting, a copy, and what is kept how long: what this subject adds to the product
(crm_project/subjects.py)."""

PROFILE_ACTIONS = [
    (100, "customers.profile.profile_actions.ExportEverything"),
    (110, "customers.profile.profile_actions.Erase"),
]
HOST_DUTIES = ["customers.data_rights.sweeping.Sweeps"]
EXPORTS = ["customers.data_rights.exporting.OfCustomers"]
ERASERS = [(30, "customers.data_rights.erasing.OfCustomers")]
NEEDS = ["customers.data_rights.requests.ToForget"]
RETENTION = [
    "customers.data_rights.retention.kinds.ErasureRequests",
    "customers.data_rights.retention.kinds.Erasures",
    "customers.data_rights.retention.kinds.Marks",
    "customers.data_rights.retention.kinds.Copies",
    "customers.data_rights.retention.kinds.Audit",
    "customers.data_rights.retention.kinds.AdminLog",
    "customers.data_rights.retention.kinds.Logins",
    "customers.data_rights.retention.kinds.Sessions",
    "customers.data_rights.retention.kinds.Staff",
]
AFTER_RESTORE = [(10, "customers.data_rights.erased_again.erase_again")]
