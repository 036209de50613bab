"""Everything that an event sets in motion, on one screen; and what follows when somebody enters or
leaves a segment.

Ingest leaves a reaction row for each event that somebody waits for. They are worked through a batch
at a time, in this order:
  1. receipts and returns: what became of our messages and coupons; what follows in rooms above
  2. runs that waited for the event wake
  3. journeys that begin with it begin
The evaluator leaves a transition that is due for each customer who enters or leaves a segment that
somebody waits for.
"""

from collections import defaultdict
from datetime import datetime

from campaigns import coupons, followers
from campaigns.delivery import receipts
from campaigns.journeys import engine, goals, starting
from crm_project import failpoints
from crm_project.queue.due import work_through
from customers.models import Source, Transition
from events import names
from events.models import Reaction

UNDONE = frozenset({"Order Cancelled", "Order Refunded"})


def process_reactions(*, limit: int = 1000) -> int:
    """One batch of reactions is done with. The number taken."""
    return work_through(Reaction.objects.all(), handle_reactions, limit=limit)


def handle_reactions(reactions: list[Reaction], now: datetime) -> None:
    """What these events set in motion has begun, and their rows are gone."""
    reactions = sorted(reactions, key=lambda r: r.pk)
    receipts.note(reactions, now)
    settle_coupons(reactions, now)
    followers.follow(reactions, now)
    engine.wake(reactions, now)
    starting.by_events(reactions, now)
    Reaction.objects.filter(pk__in=[r.pk for r in reactions]).delete()
    failpoints.reached("react.worked")


def process_transitions(*, limit: int = 1000) -> int:
    """One batch of transitions is done with: runs that may be left by them are due, journeys that
    begin with them have begun. The number taken."""
    return work_through(Transition.objects.all(), handle_transitions, limit=limit)


def handle_transitions(transitions: list[Transition], now: datetime) -> None:
    """Runs that may be left by these moves are due, journeys that begin with them have begun, and
    the transitions are due no more."""
    goals.by_segments(transitions, now)
    starting.by_segments(sorted(transitions, key=lambda t: t.pk), now)
    Transition.objects.filter(pk__in=[t.pk for t in transitions]).update(
        due_at=None, token=None, attempts=0, error=""
    )
    failpoints.reached("react.worked")


def settle_coupons(reactions: list[Reaction], now: datetime) -> None:
    """A cancelled order frees the coupons it held; what was spent on an order that was undone comes
    back, or is void."""
    texts = names.texts(r.name_id for r in reactions)
    orders: dict[int, set[str]] = defaultdict(set)
    for r in reactions:
        if texts.get(r.name_id) in UNDONE and r.properties.get("order_number"):
            orders[r.source_id].add(str(r.properties["order_number"]))
    for source in Source.objects.filter(pk__in=orders).select_related("namespace").order_by("pk"):
        coupons.settle_orders(
            namespace=source.namespace,
            order_numbers=sorted(orders[source.pk]),
            now=now,
            by=f"source:{source.pk}",
        )
