"""What follows from a push that was stored, also where whoever stored it died before doing it.

The door does it at once (following.py). The event's reaction, committed with it, does it once more:
what was done already is left as it is.
"""

from collections import defaultdict
from datetime import datetime

from campaigns.followers import Follower
from crm_project.db.sets import among
from customers.models import Identity, Kind, Source
from events import names
from events.models import Event, Reaction
from integrations.wechat import understanding as words
from integrations.wechat import withdrawal
from integrations.wechat.account import VENDOR
from integrations.wechat.service import windows
from integrations.wechat.subscribe import grants, templates
from integrations.wechat.subscribe.grants import Report


class OfPushes(Follower):
    key = "wechat_pushes"
    events = frozenset(
        {words.SUBSCRIBED, words.WITHDRAWN, words.REVOKED_HERE, words.WROTE, words.OPENED}
    )

    def follow(self, reactions: list[Reaction], now: datetime) -> None:
        sources = Source.objects.filter(
            pk__in={r.source_id for r in reactions}, format=VENDOR, connection__vendor=VENDOR
        ).select_related("connection")
        by_source: dict[int, list[Reaction]] = defaultdict(list)
        for one in sorted(reactions, key=lambda r: (r.occurred_at, r.event_id)):
            by_source[one.source_id].append(one)
        for source in sources.order_by("pk"):
            OfSource(source, by_source[source.pk], now).follow()


class OfSource:
    """The pushes of one app."""

    def __init__(self, source: Source, reactions: list[Reaction], now: datetime):
        self.source, self.now = source, now
        texts = names.texts(r.name_id for r in reactions)
        known = people_of(source, reactions)
        self.told = [
            (r, texts[r.name_id], person)
            for r in reactions
            if (person := known.get(r.origin_customer_id))
        ]

    def follow(self) -> None:
        self.accepts()
        for r, name, person in self.told:
            at = min(r.occurred_at, self.now)
            if name == words.WITHDRAWN:
                known = templates.named(self.source.connection, {template_of(r)})
                grants.withdraw(person, known.values(), at=at, now=self.now)
            elif name == words.REVOKED_HERE:
                withdrawal.begin(person, at=at, now=self.now)
            elif name in WINDOWS:
                windows.open_window(self.source.connection, person, WINDOWS[name], at)

    def accepts(self) -> None:
        """Those that no grant stands for yet."""
        accepts = [(r, person) for r, name, person in self.told if name == words.SUBSCRIBED]
        if not accepts:
            return
        keys = ids_of([r for r, _person in accepts])
        done = grants.told_by_push(keys.values())
        known = templates.named(self.source.connection, {template_of(r) for r, _p in accepts})
        for r, person in accepts:
            key, one = keys.get(r.event_id), known.get(template_of(r))
            if key and one and key not in done:
                at = min(r.occurred_at, self.now)
                grants.accept(person, [Report(one, at, key, grants.SaidBy.PUSH)], now=self.now)
                withdrawal.end(person, at=at)


WINDOWS = {words.WROTE: windows.Kind.WROTE, words.OPENED: windows.Kind.OPENED}


def template_of(reaction: Reaction) -> str:
    said = reaction.properties.get("template")
    return said if isinstance(said, str) else ""


def people_of(source: Source, reactions: list[Reaction]) -> dict[int, Identity]:
    """By the customer whom an event was first of: their openid in this app."""
    rows = Identity.objects.filter(
        among("origin_customer", {r.origin_customer_id for r in reactions}),
        kind=Kind.WX_OPENID,
        scope=source.app_id,
        customer__erased_at=None,
    )
    return {one.origin_customer_id: one for one in rows.order_by("-pk")}


def ids_of(reactions: list[Reaction]) -> dict[int, str]:
    """By event the id under which it was stored, by which its grant is known."""
    times = [r.occurred_at for r in reactions]
    rows = Event.objects.filter(
        pk__in=[r.event_id for r in reactions], occurred_at__range=(min(times), max(times))
    )
    return dict(rows.values_list("pk", "external_id"))
