"""The seam by which a room above does what follows from an event beside journeys: a base class and
a line in CRM_FOLLOWERS. The names that it listens to stand in CRM_WATCHED_EVENTS as well."""

from collections.abc import Collection
from datetime import datetime

from crm_project.registry import Registry
from events import names
from events.models import Reaction

followers: Registry["Follower"] = Registry("CRM_FOLLOWERS", "campaigns.followers.Follower")


class Follower:
    """Base class. What it does is rows, in the transaction that ends the reactions: whoever dies
    before does it again, so a repeat changes nothing."""

    key = ""
    events: frozenset[str] = frozenset()

    def follow(self, reactions: list[Reaction], now: datetime) -> None:
        """What follows from these events, all of names in `events`, is done."""
        raise NotImplementedError


def follow(reactions: Collection[Reaction], now: datetime) -> None:
    """Whoever listens has been told of what is theirs."""
    texts = names.texts(r.name_id for r in reactions)
    for kind in followers:
        mine = [r for r in reactions if texts.get(r.name_id) in kind.events]
        if mine:
            kind().follow(mine, now)
