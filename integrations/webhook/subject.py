"""Webhooks: what this subject adds to the product (crm_project/subjects.py)."""

VENDORS = [(80, "integrations.webhook.vendor.Webhook")]
