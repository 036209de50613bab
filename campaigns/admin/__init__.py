"""The admin's pages of campaigns, journeys, messages, coupons and consents.

In: what marketers post. Out: one call of this room's functions each, and pages that show its rows
with their numbers.
"""

from campaigns.admin import (
    campaigns,
    consents,
    coupons,
    journeys,
    messages,
    prices,
    runs,
    stopping,
    templates,
    workspace,
)

__all__ = [
    "campaigns",
    "consents",
    "coupons",
    "journeys",
    "messages",
    "prices",
    "runs",
    "stopping",
    "templates",
    "workspace",
]
