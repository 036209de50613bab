"""Up to three variants of a campaign: what each says, gives and when; who is in which, and in which
order they leave.

A draft says them in columns; a version keeps them as they were (contents.py); everything that
happens afterwards is read from the version.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from campaigns.models import Assignment, Campaign, CampaignSlot, CouponBatch, Template

KEYS = "abc"
REST = "rest"  # whoever waits for the winner: in no comparison (models 5)


@dataclass(frozen=True, slots=True)
class Variant:
    """`share` is percent of those in the test; `hours` after the firing begins."""

    key: str
    template: Template
    coupon_batch: CouponBatch | None
    hours: int
    share: int


@dataclass(frozen=True, slots=True)
class Wave:
    """Arms that leave together, so many hours after the firing began; None: when somebody has said
    what they get."""

    hours: int | None
    arms: tuple[str, ...]


def of(campaign: Campaign) -> list[Variant]:
    """As the draft says them. Without a template of its own a variant says what A says."""
    keys = KEYS[: campaign.variants]
    others = {key: getattr(campaign, f"{key}_share") for key in keys[1:]}
    shares = shared(others)
    return [
        Variant(keys[0], campaign.template, campaign.coupon_batch, 0, shares[keys[0]]),
        *(
            Variant(
                key,
                getattr(campaign, f"{key}_template") or campaign.template,
                getattr(campaign, f"{key}_coupon_batch"),
                getattr(campaign, f"{key}_hours") or 0,
                shares[key],
            )
            for key in keys[1:]
        ),
    ]


def shared(others: dict[str, int | None]) -> dict[str, int]:
    """Whole percents that are 100 together: A, and whoever names none, share what is left alike."""
    left = 100 - sum(share or 0 for share in others.values())
    alike = [KEYS[0], *(key for key, share in others.items() if not share)]
    each, over = divmod(left, len(alike))
    found = {key: each + (n < over) for n, key in enumerate(alike)}
    return {KEYS[0]: found[KEYS[0]]} | {key: share or found[key] for key, share in others.items()}


def test(campaign: Campaign) -> dict:
    """What is fixed of the comparison."""
    return {
        "percent": campaign.test_percent,
        "metric": campaign.metric,
        "decide_hours": campaign.decide_hours,
        "to_rest": campaign.to_rest,
    }


def trouble(drafted: list[Variant], decide_hours: int) -> str:
    """Why these cannot be compared; "" where they can."""
    if len(drafted) < 2:
        return ""
    first, *others = drafted
    if first.share < 1:
        return _("The shares of the variants leave nothing for A: less than 100 together.")
    if any(
        (one.template.channel, one.template.purpose)
        != (first.template.channel, first.template.purpose)
        for one in others
    ):
        return _(
            "Variants differ in text, coupon or time: choose templates of one channel and purpose."
        )
    said = [
        (one.template.pk, one.coupon_batch and one.coupon_batch.pk, one.hours) for one in drafted
    ]
    if len(set(said)) < len(said):
        return _("Two of the variants are the same: give one another text, coupon or time.")
    if max(one.hours for one in drafted) >= decide_hours:
        return _("The decision comes before the last variant has left: decide later.")
    return ""


# -- of a version


def percents(plan: dict) -> dict[str, float]:
    """By arm: how much of those who are not held out; nothing where there is one variant."""
    if len(plan["variants"]) < 2:
        return {}
    tested = plan["test"]["percent"]
    found = {one["key"]: one["share"] * tested / 100 for one in plan["variants"]}
    return found | ({REST: 100.0 - tested} if tested < 100 else {})


def waves(plan: dict) -> list[Wave]:
    """In the order in which they leave. Whoever is held out stands in the first."""
    hours: dict[int, list[str]] = {0: [Assignment.Arm.TREATED, *Assignment.HELD_OUT]}
    for one in plan["variants"]:
        hours.setdefault(one.get("hours", 0), []).append(one["key"])
    found = [Wave(at, tuple(arms)) for at, arms in sorted(hours.items())]
    return found + ([Wave(None, (REST,))] if REST in percents(plan) else [])


def begins(slot: CampaignSlot, plan: dict, arm: str) -> datetime | None:
    """When this arm of a firing may leave; None: not before somebody says so, or never."""
    if arm != REST:
        hours = next((one.get("hours", 0) for one in plan["variants"] if one["key"] == arm), 0)
        return (slot.began_at or slot.at) + timedelta(hours=hours)
    if slot.winner:
        return None if slot.winner == slot.NOBODY else slot.winner_at
    is_by_hand = plan["test"]["to_rest"] == Campaign.ToRest.BY_HAND or slot.counted is not None
    return None if is_by_hand else slot.decide_at


def name(key: str) -> str:
    """As people call it."""
    return key.upper()
