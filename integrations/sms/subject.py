"""Short messages, whoever sends them: what this subject adds to the product
(crm_project/subjects.py)."""

CHANNELS = ["integrations.sms.channel.Sms"]
RETENTION = ["integrations.sms.retention.SmsCatalogues"]
NEEDS = ["integrations.sms.attention.SignaturesRefused"]
