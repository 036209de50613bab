"""Which reports there are, and all of a list of them read at once."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Prefetch, QuerySet

from campaigns.broadcasts import variants
from campaigns.models import Campaign, CampaignSlot, Journey
from campaigns.reports import reading
from campaigns.reports.kept import windows
from campaigns.reports.reading import Report, Tried
from customers.models import Purpose, Workspace

Status = Campaign.Status
RECENT = 30


def of_campaign(campaign: Campaign, *, now: datetime, usual: timedelta | None = None) -> Report:
    purpose = campaign.purpose or campaign.template.purpose
    return Report(
        f"campaign:{campaign.pk}",
        percent=campaign.holdout_percent if purpose == Purpose.MARKETING else 0,
        now=now,
        window=windows.campaign_window(campaign, usual or usual_window()),
        is_open=campaign.status not in (Status.DONE, Status.CANCELLED),
        is_continuous=campaign.schedule is not None,
        tried=tried_of(campaign) if campaign.variants > 1 else None,
    )


def tried_of(campaign: Campaign) -> Tried | None:
    """Its variants as they were launched, and what was found at the decision."""
    version = next(iter(campaign.versions.all()), None)
    if version is None or "test" not in version.definition:
        return None
    slots = [slot for slot in campaign.slots.all() if slot.decide_at is not None]
    shares = variants.percents(version.definition)
    has_rest = shares.pop(variants.REST, None) is not None
    counted: dict[str, list[int]] = {}
    for slot in slots:
        for key, (people, did) in (slot.counted or {}).items():
            so_far = counted.get(key, [0, 0])
            counted[key] = [so_far[0] + people, so_far[1] + did]
    return Tried(
        shares=shares,
        metric=version.definition["test"]["metric"],
        decide_at=max((slot.decide_at for slot in slots), default=None),
        counted=counted or None,
        has_rest=has_rest,
        winners=tuple(
            (slot.winner, slot.winner_at, slot.winner_by) for slot in slots if slot.winner
        ),
    )


def of_journey(
    journey: Journey,
    *,
    now: datetime,
    percents: Iterable[int] | None = None,
    usual: timedelta | None = None,
) -> Report:
    """Its holdout is known where every version had the same."""
    if percents is None:
        stored = journey.versions.values_list("definition__holdout_percent", flat=True)
        percents = {percent or 0 for percent in stored}
    definition = journey.published.definition if journey.published else {}
    percents = set(percents)
    return Report(
        f"journey:{journey.pk}",
        percent=next(iter(percents)) if len(percents) == 1 else None,
        now=now,
        window=windows.journey_window(definition, usual or usual_window()),
        is_open=False,
        is_continuous=True,
    )


def with_versions(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """With all that a report asks of them."""
    decided = CampaignSlot.objects.exclude(decide_at=None).select_related("winner_by")
    return campaigns.select_related("template", "goal_product").prefetch_related(
        "versions", Prefetch("slots", decided.order_by("at"))
    )


def usual_window() -> timedelta:
    return timedelta(days=Workspace.get().attribution_days)


def newest(user, *, now: datetime) -> list[tuple[object, Report]]:
    """The newest campaigns and journeys that this user may view, each with its report; their
    figures are read together."""
    found: list = []
    if user.has_perm("campaigns.view_campaign"):
        sent = with_versions(Campaign.objects.exclude(status=Status.DRAFT))
        found += list(sent.order_by("-launched_at", "-pk")[:RECENT])
    if user.has_perm("campaigns.view_journey"):
        begun = Journey.objects.exclude(published=None).select_related("published")
        found += list(begun.prefetch_related("versions").order_by("-pk")[:RECENT])
    usual = usual_window()
    reports = [of(row, now, usual) for row in found]
    reading.load(reports)
    return list(zip(found, reports, strict=True))


def of(row, now: datetime, usual: timedelta) -> Report:
    if isinstance(row, Campaign):
        return of_campaign(row, now=now, usual=usual)
    percents = {one.definition.get("holdout_percent") or 0 for one in row.versions.all()}
    return of_journey(row, now=now, percents=percents, usual=usual)
