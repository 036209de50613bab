"""Campaigns: what this subject adds to the product (crm_project/subjects.py)."""

APPROVALS = ["campaigns.broadcasts.approval.LaunchOfCampaign"]
ORIGINS = ["campaigns.broadcasts.origin.OfCampaigns"]
NEEDS = ["campaigns.broadcasts.attention.WaitingRest"]
