"""What follows from pushes is done by their events' reactions: committed with the events, so it is
lost with nobody, and taken up within a moment, many at once."""

from collections import defaultdict
from datetime import datetime

from campaigns.followers import Follower
from crm_project.db.sets import among
from customers.models import Identity, Kind, Source
from events import names
from events.models import Event, Reaction
from integrations.wechat import following
from integrations.wechat import understanding as words
from integrations.wechat.account import VENDOR


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
        for one in sorted(reactions, key=lambda r: r.event_id):
            by_source[one.source_id].append(one)
        for source in sources.order_by("pk"):
            following.done(source, acts_of(source, by_source[source.pk]), now)


def acts_of(source: Source, reactions: list[Reaction]) -> list[following.Act]:
    texts, told = names.texts(r.name_id for r in reactions), told_by(reactions)
    nameless = [r for r in reactions if r.event_id in told and not told[r.event_id][1]]
    first_of = openids_of(source, nameless)
    return [
        following.Act(texts[r.name_id], openid, r.occurred_at, key, template_of(r))
        for r in reactions
        if r.event_id in told
        for key, said in [told[r.event_id]]
        if (openid := said or first_of.get(r.origin_customer_id, ""))
    ]


def template_of(reaction: Reaction) -> str:
    said = reaction.properties.get("template")
    return said if isinstance(said, str) else ""


def told_by(reactions: list[Reaction]) -> dict[int, tuple[str, str]]:
    """By event the id under which it was stored, and the openid that did it."""
    times = [r.occurred_at for r in reactions]
    rows = Event.objects.filter(
        among("id", {r.event_id for r in reactions}), occurred_at__range=(min(times), max(times))
    )
    return {
        pk: (key, str(context.get(words.WHO) or ""))
        for pk, key, context in rows.values_list("pk", "external_id", "context")
    }


def openids_of(source: Source, reactions: list[Reaction]) -> dict[int, str]:
    """Of events that do not say it, as an older release stored them: the openid of the customer
    whom they were first of."""
    if not reactions:
        return {}
    rows = Identity.objects.filter(
        among("origin_customer", {r.origin_customer_id for r in reactions}),
        kind=Kind.WX_OPENID,
        scope=source.app_id,
        customer__erased_at=None,
    )
    return dict(rows.order_by("-pk").values_list("origin_customer", "value"))
