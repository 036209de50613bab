"""E-mail: what this subject adds to the product (crm_project/subjects.py)."""

CHANNELS = ["integrations.email.channel.Email"]
VENDORS = [(70, "integrations.email.vendor.Smtp")]
