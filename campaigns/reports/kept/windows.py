"""For how long after their assignment what people do counts: the same for every arm."""

import re
from datetime import timedelta

from campaigns.delivery.channels import channels
from campaigns.models import Campaign, Journey
from customers.models import Workspace
from customers.segments.conditions.fields import UNIT_SECONDS

WORKSPACE = "workspace"  # all marketing together, by the workspace's holdout
LONGEST = timedelta(days=90)
NUMBER = re.compile(r"^[a-z]+:(\d+)")


def report_of(subject: str) -> str:
    """The campaign or journey in whose report this subject stands: its slots' and its splits'
    too."""
    kind, _colon, rest = subject.partition(":")
    if kind == WORKSPACE:
        return WORKSPACE
    return f"{'journey' if kind == 'split' else kind}:{rest.partition(':')[0]}"


def number_of(subject: str) -> int:
    found = NUMBER.match(subject)
    return int(found.group(1)) if found else 0


def touch_window(channel: str, usual: timedelta) -> timedelta:
    """How long before an order a message of this channel counts as what led to it."""
    own = channels[channel].touch_window if channel in channels else None
    return own or usual


def campaign_window(campaign: Campaign, usual: timedelta) -> timedelta:
    """Besides, until the last of its variants has left, since that one comes later."""
    channel = campaign.channel or (campaign.template.channel if campaign.template else "")
    hours = (0, campaign.b_hours, campaign.c_hours)[: campaign.variants]
    return touch_window(channel, usual) + timedelta(hours=max(hours))


def journey_window(definition: dict, usual: timedelta) -> timedelta:
    """Besides, as long as its steps wait and its goal counts, since a message comes late in it."""
    return min(LONGEST, usual + longest_way(definition))


def window_of(subject: str) -> timedelta:
    """Campaigns: that of their channel."""
    report, usual = report_of(subject), timedelta(days=Workspace.get().attribution_days)
    if report.startswith("campaign:"):
        campaigns = Campaign.objects.filter(pk=number_of(report)).select_related("template")
        found = campaigns.first()
        return campaign_window(found, usual) if found else usual
    if report.startswith("journey:"):
        journey = Journey.objects.select_related("published").filter(pk=number_of(report)).first()
        if journey and journey.published:
            return journey_window(journey.published.definition, usual)
    return usual


def longest_way(definition: dict) -> timedelta:
    """All that its steps can wait together, or its goal's time where that is longer."""
    steps = definition.get("steps") or {}
    waits = sum((length(one.get("fields") or {}) for one in steps.values()), timedelta())
    return max(waits, length((definition.get("goal") or {}).get("fields") or {}))


def length(fields: dict) -> timedelta:
    """A span that a step names as so many of a unit; nothing where it names none."""
    number, seconds = fields.get("n"), UNIT_SECONDS.get(fields.get("unit"), 0)
    if not isinstance(number, int) or number < 0:
        return timedelta()
    return timedelta(seconds=min(number * seconds, LONGEST.total_seconds()))
