"""Everything that an event sets in motion, on one screen.

Ingest leaves a reaction row for each event that somebody waits for. They are worked through a batch at a time, in this order:
  1. receipts and returns: what became of our messages and coupons
  2. runs that waited for the event wake
  3. journeys that begin with it begin
"""

from collections import defaultdict
from datetime import datetime

from campaigns import coupons
from campaigns.delivery import outcomes
from campaigns.journeys import engine, entering
from crm_project import failpoints
from crm_project.due import work_through
from customers.models import Source
from events import names
from events.models import Reaction


def react(*, limit: int = 1000) -> int:
    """One batch of reactions is done with. The number taken."""
    return work_through(Reaction.objects.all(), work, limit=limit)


def work(reactions: list[Reaction], now: datetime) -> None:
    reactions = sorted(reactions, key=lambda r: r.pk)
    outcomes.note(reactions)
    settle_coupons(reactions, now)
    engine.wake(reactions, now)
    entering.by_events(reactions, now)
    Reaction.objects.filter(pk__in=[r.pk for r in reactions]).delete()
    failpoints.reached("react.worked")


def settle_coupons(reactions: list[Reaction], now: datetime) -> None:
    """A cancelled order frees the coupons it held; what was spent on an order that was undone comes back, or is void."""
    undone = {names.known("Order Cancelled"), names.known("Order Refunded")}
    orders: dict[int, set[str]] = defaultdict(set)
    for r in reactions:
        if r.name_id in undone and r.properties.get("order_number"):
            orders[r.source_id].add(str(r.properties["order_number"]))
    for source in Source.objects.filter(pk__in=orders).select_related("namespace").order_by("pk"):
        coupons.settle_orders(namespace=source.namespace, order_numbers=sorted(orders[source.pk]), now=now, by=f"source:{source.pk}")
