"""Today: what this subject adds to the product (crm_project/subjects.py)."""

NEEDS = ["campaigns.today.attention.BookedToday"]
JOBS = ["campaigns.today.approved.WriteToBookings"]
APPROVALS = ["campaigns.today.approved.WritingToBookings"]
