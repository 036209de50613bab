"""The tables of this room; rules of a single row stand beside it."""

from campaigns.models.campaign_slot import CampaignSlot, CampaignVersion
from campaigns.models.coupon import BatchCode, Coupon, CouponBatch, CouponMove
from campaigns.models.dry_run import DryRun
from campaigns.models.journey import (
    Assignment,
    Firing,
    GoalReached,
    Journey,
    JourneyDraft,
    JourneyVersion,
    Run,
    RunStep,
)
from campaigns.models.limits import Cap, QuietDay, QuietHours
from campaigns.models.message import Campaign, EarlyReceipt, Link, Message, Suppression, Template
from campaigns.models.price import Price
from campaigns.models.report import ArmFigure, ReportMark, ReportState, SendingFigure
from campaigns.models.step_figure import StepFigure, StepFigureChange
from campaigns.models.stop import MarketingStop, StopRelease
from campaigns.models.test_person import TestPerson
from campaigns.models.version_move import RunMove, VersionMove

__all__ = [
    "ArmFigure",
    "Assignment",
    "BatchCode",
    "Campaign",
    "CampaignSlot",
    "CampaignVersion",
    "Cap",
    "Coupon",
    "CouponBatch",
    "CouponMove",
    "DryRun",
    "EarlyReceipt",
    "Firing",
    "GoalReached",
    "Journey",
    "JourneyDraft",
    "JourneyVersion",
    "Link",
    "MarketingStop",
    "Message",
    "Price",
    "QuietDay",
    "QuietHours",
    "ReportMark",
    "ReportState",
    "Run",
    "RunMove",
    "RunStep",
    "SendingFigure",
    "StepFigure",
    "StepFigureChange",
    "StopRelease",
    "Suppression",
    "Template",
    "TestPerson",
    "VersionMove",
]
