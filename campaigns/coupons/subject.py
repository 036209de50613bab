"""Coupons: what this subject adds to the product (crm_project/subjects.py)."""

SEGMENT_CONDITIONS = [
    "campaigns.segment_conditions.HoldsCoupon",
    "campaigns.segment_conditions.RedeemedCoupon",
]
SEGMENT_STARTS = ["campaigns.segment_starts.CouponRunsOut"]
JOBS = ["campaigns.coupons.files.CodesFile"]
BULK_ACTS = ["campaigns.bulk.IssueCoupon", "campaigns.bulk.RevokeCoupons"]
FIGURES = ["campaigns.reports.figures.Coupons"]
PROFILE_PANELS = [(140, "campaigns.profile.panels.Coupons")]
PROFILE_ACTIONS = [(70, "campaigns.profile.profile_actions.IssueCoupon")]
TIMELINE = [(130, "campaigns.profile.timeline_sources.Coupons")]
FINDERS = ["campaigns.profile.finders.ByCoupon"]
RETENTION = ["campaigns.privacy.retention.Coupons"]
WATCHED_EVENTS = ["Order Cancelled", "Order Refunded"]
NEEDS = ["campaigns.coupons.attention.OutOfStock", "campaigns.coupons.attention.Ending"]
SEGMENT_USED_IN = [(40, "campaigns.admin.of_segment.WithCoupon")]
