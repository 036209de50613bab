"""Coupons: issued in sets, redeemed once. `coupons.issue(…)`, `coupons.redeem(…)`."""

from campaigns.coupons.issuing import Issued, Wanted, issue
from campaigns.coupons.moves import USABLE
from campaigns.coupons.redeeming import redeem, release, reserve
from campaigns.coupons.settling import expire, revoke, settle_orders
from campaigns.coupons.terms import CouponRefused
from campaigns.coupons.travelling import catch_up, follow

__all__ = [
    "USABLE",
    "CouponRefused",
    "Issued",
    "Wanted",
    "catch_up",
    "expire",
    "follow",
    "issue",
    "redeem",
    "release",
    "reserve",
    "revoke",
    "settle_orders",
]
