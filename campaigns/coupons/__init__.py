"""Coupons: issued in sets, redeemed once. `coupons.issue(…)`, `coupons.redeem(…)`."""

from campaigns.coupons.issuing import Issued, Wanted, issue
from campaigns.coupons.moves import USABLE
from campaigns.coupons.redeeming import redeem, release, reserve
from campaigns.coupons.settling import expire, revoke, settle_orders
from campaigns.coupons.terms import CouponRefused

__all__ = ["USABLE", "CouponRefused", "Issued", "Wanted", "expire", "issue", "redeem", "release", "reserve", "revoke", "settle_orders"]
