"""All ways in on one page: how far each is behind, how much comes against the usual, what is
refused, what has changed in what they send; and one place to try again what was refused."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from customers.models import Source
from events.models import SeenProperty, SourceVolume
from integrations.models import (
    FileImport,
    Quarantine,
    QueueSource,
    Reconciliation,
    TableMapping,
)

DAY, WEEK = timedelta(hours=24), timedelta(days=7)
USUAL = 100  # events in a day: below, half of it says nothing
MOST = 500  # sources that are shown


@dataclass
class Way:
    """One source with everything that comes by it."""

    source: Source
    today: int = 0  # events of the last 24 hours
    usual: int = 0  # of the same 24 hours a week ago
    queues: list[QueueSource] = field(default_factory=list)
    tables: int = 0
    files: int = 0  # brought within a week
    refused: int = 0  # within 24 hours
    waiting: int = 0  # refused and not yet taken
    reconciliation: Reconciliation | None = None
    changed: list[SeenProperty] = field(default_factory=list)

    @property
    def has_halved(self) -> bool:
        return halved(self.today, self.usual)

    @property
    def percent(self) -> int | None:
        return round(100 * self.today / self.usual) if self.usual else None

    @property
    def is_ill(self) -> bool:
        stuck = any(hasattr(one, "state") and one.state.last_error for one in self.queues)
        return bool(self.has_halved or self.changed or self.waiting or stuck)


def halved(today: int, usual: int) -> bool:
    return usual >= USUAL and today * 2 < usual


def volumes(now: datetime) -> dict[int, tuple[int, int]]:
    """By source, the events of the last 24 whole hours, and of the same a week ago."""
    end = now.replace(minute=0, second=0, microsecond=0)
    recent = Q(at__gte=end - DAY, at__lt=end)
    before = Q(at__gte=end - DAY - WEEK, at__lt=end - WEEK)
    rows = (
        SourceVolume.objects.filter(recent | before)
        .values("source")
        .annotate(today=Sum("n", filter=recent), usual=Sum("n", filter=before))
    )
    return {row["source"]: (row["today"] or 0, row["usual"] or 0) for row in rows}


def changed_types(now: datetime):
    """Properties that came as something else than before within a week."""
    return (
        SeenProperty.objects.filter(changed_at__gte=now - WEEK)
        .select_related("event__name", "event__source")
        .order_by("-changed_at")
    )


def ways(now: datetime) -> list[Way]:
    """Every source that sends, those with something wrong first; in a fixed number of queries."""
    sources = Source.objects.others().select_related("namespace").order_by("name")[:MOST]
    found = {one.pk: Way(one) for one in sources}
    for pk, (today, usual) in volumes(now).items():
        if pk in found:
            found[pk].today, found[pk].usual = today, usual
    for queue in QueueSource.objects.filter(source__in=found).select_related("state"):
        found[queue.source_id].queues.append(queue)
    tables = TableMapping.objects.filter(source__in=found, is_active=True).values("source")
    for row in tables.annotate(n=Count("pk")):
        found[row["source"]].tables = row["n"]
    brought = FileImport.objects.filter(created_at__gte=now - WEEK, mapping__source__in=found)
    for row in brought.values("mapping__source").annotate(n=Count("pk")):
        found[row["mapping__source"]].files = row["n"]
    refused = Quarantine.objects.filter(source__in=found).values("source")
    for row in refused.annotate(
        lately=Count("pk", filter=Q(received_at__gte=now - DAY)),
        waiting=Count("pk", filter=Q(replayed_at=None)),
    ):
        way = found[row["source"]]
        way.refused, way.waiting = row["lately"], row["waiting"]
    for one in Reconciliation.objects.filter(source__in=found):
        found[one.source_id].reconciliation = one
    for one in changed_types(now):
        if one.event.source_id in found:
            found[one.event.source_id].changed.append(one)
    return sorted(found.values(), key=lambda way: (not way.is_ill, way.source.name))


def drift(now: datetime) -> list[str]:
    """In words, which sources send less or other than they did."""
    names = dict(Source.objects.others().filter(is_active=True).values_list("pk", "name"))
    less = [
        _("“%(name)s” sent %(today)s events in a day, %(usual)s a week before")
        % {"name": names[pk], "today": f"{today:,}", "usual": f"{usual:,}"}
        for pk, (today, usual) in volumes(now).items()
        if halved(today, usual) and pk in names
    ]
    other = [
        _("“%(name)s” sends “%(property)s” of %(event)s as something else than before")
        % {"name": one.event.source, "property": one.key, "event": one.event.name}
        for one in changed_types(now)[:20]
    ]
    return less + other
