"""Which reports there are, and all of a list of them read at once."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from campaigns.models import Campaign, Journey
from campaigns.reports import reading
from campaigns.reports.kept import windows
from campaigns.reports.reading import Report
from customers.models import Purpose, Workspace

Status = Campaign.Status
RECENT = 30


def of_campaign(campaign: Campaign, *, now: datetime) -> Report:
    channel = campaign.channel or campaign.template.channel
    purpose = campaign.purpose or campaign.template.purpose
    return Report(
        f"campaign:{campaign.pk}",
        percent=campaign.holdout_percent if purpose == Purpose.MARKETING else 0,
        now=now,
        window=windows.touch_window(channel, usual_window()),
        is_open=campaign.status not in (Status.DONE, Status.CANCELLED),
    )


def of_journey(journey: Journey, *, now: datetime, percents: Iterable[int] | None = None) -> Report:
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
        window=windows.journey_window(definition, usual_window()),
        is_open=False,
    )


def usual_window() -> timedelta:
    return timedelta(days=Workspace.get().attribution_days)


def newest(user, *, now: datetime) -> list[tuple[object, Report]]:
    """The newest campaigns and journeys that this user may view, each with its report; their
    figures are read together."""
    found: list = []
    if user.has_perm("campaigns.view_campaign"):
        sent = Campaign.objects.exclude(status=Status.DRAFT).select_related("template")
        found += list(sent.order_by("-launched_at", "-pk")[:RECENT])
    if user.has_perm("campaigns.view_journey"):
        begun = Journey.objects.exclude(published=None).select_related("published")
        found += list(begun.prefetch_related("versions").order_by("-pk")[:RECENT])
    reports = [of(row, now) for row in found]
    reading.load(reports)
    return list(zip(found, reports, strict=True))


def of(row, now: datetime) -> Report:
    if isinstance(row, Campaign):
        return of_campaign(row, now=now)
    percents = {one.definition.get("holdout_percent") or 0 for one in row.versions.all()}
    return of_journey(row, now=now, percents=percents)
