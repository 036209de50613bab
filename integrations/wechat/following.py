"""What follows from a push beside its event: grants, receipts, windows, a withdrawal. Each of them
may be done again without harm.

A receipt is settled in the request, since it leaves no event. What people did is done by their
events' reactions (reacting.py), many at once; only what happened too long ago to set anything in
motion leaves no reaction, and is done in the request.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from campaigns.delivery import receipts
from crm_project.db.clock import reckoned_now
from customers.models import Connection, Identity, Kind, Source
from events import timing
from events.incoming_items import Incoming
from integrations.wechat import understanding as words
from integrations.wechat import withdrawal
from integrations.wechat.pushed import Pushed, text
from integrations.wechat.service import windows
from integrations.wechat.subscribe import grants, templates
from integrations.wechat.subscribe.accepting import Report

GOOD = "0"  # of a sent event: it arrived
# Between our clock and the database's, by which it is decided whether there is a reaction.
UNSURE = timedelta(minutes=5)
WINDOWS = {words.WROTE: windows.Kind.WROTE, words.OPENED: windows.Kind.OPENED}


class Act(NamedTuple):
    """What somebody did, as its event says it."""

    name: str
    openid: str
    at: datetime
    key: str  # the event's id, by which it counts once
    template: str = ""


def follow(source: Source, one: Pushed, now: datetime) -> None:
    """All that follows from a push has been done."""
    settle(source, one, now)
    done(source, acts_of(one, words.items_of(one, source)), now)


def follow_at_once(source: Source, one: Pushed, items: Sequence[Incoming], now: datetime) -> None:
    """What no reaction will do has been done."""
    settle(source, one, now)
    done(source, [act for act in acts_of(one, items) if not has_reaction(act)], now)


def has_reaction(act: Act) -> bool:
    """Surely, as of this moment; of what may have one or not, both do it."""
    now = reckoned_now()
    return now - timing.LATE + UNSURE < act.at < now + timing.FUTURE - UNSURE


def acts_of(one: Pushed, items: Sequence[Incoming]) -> list[Act]:
    return [
        Act(item.name, words.person_of(one), one.at, item.id, item.properties.get("template", ""))
        for item in items
    ]


def settle(source: Source, one: Pushed, now: datetime) -> None:
    """The final word on messages, where it is one. With it goes what a message whose answer was
    lost is known by."""
    row = source.connection
    if row is None or one.kind != words.SENT:
        return
    person = people(source, {words.person_of(one)}).get(words.person_of(one))
    given = []
    for entry in one.entries:
        number, code = text(entry.get("MsgID")), text(entry.get("ErrorCode"))
        if not 0 < len(number) <= words.LONGEST_KEY:
            continue
        detail = {"template": words.template_of(entry), "permanent": False}
        if person:
            detail["identity"] = person.pk
        outcome = "delivered" if code == GOOD else "failed"
        given.append(receipts.Receipt(number, outcome, min(one.at, now), detail))
    receipts.receive(row, given, now=now)


def people(source: Source, openids: set[str]) -> dict[str, Identity]:
    """The rows of those whom we know, by openid."""
    rows = Identity.objects.filter(
        kind=Kind.WX_OPENID, scope=source.app_id, value__in=openids, customer__erased_at=None
    )
    return {one.value: one for one in rows}


def done(source: Source, acts: Sequence[Act], now: datetime) -> None:
    """What people of one app did has had its effect: in the order in which they did it, so that
    who agrees anew after a withdrawal has agreed."""
    if source.connection is None or not acts:
        return
    known = people(source, {act.openid for act in acts})
    in_order = sorted((act for act in acts if act.openid in known), key=lambda act: act.at)
    for is_accept, some in groupby(in_order, key=lambda act: act.name == words.SUBSCRIBED):
        if is_accept:
            accept(source.connection, known, list(some), now)
            continue
        for act in some:
            one_done(source.connection, known[act.openid], act, now)


def accept(row: Connection, known: dict[str, Identity], acts: Sequence[Act], now: datetime) -> None:
    """What was accepted may be sent."""
    by_key = templates.named(row, {act.template for act in acts if act.template})
    accepted = [act for act in acts if act.template]
    grants.accept_each(
        [
            (
                known[act.openid],
                Report(by_key[act.template], min(act.at, now), act.key, grants.SaidBy.PUSH),
            )
            for act in accepted
        ],
        now=now,
    )
    withdrawal.end([(known[act.openid], min(act.at, now)) for act in accepted])


def one_done(row: Connection, person: Identity, act: Act, now: datetime) -> None:
    at = min(act.at, now)
    if act.name == words.WITHDRAWN and act.template:
        rejected = templates.named(row, {act.template}).values()
        grants.withdraw(person, rejected, at=at, now=now)
    elif act.name == words.REVOKED_HERE:
        withdrawal.begin(person, at=at, now=now)
    elif act.name in WINDOWS:
        windows.open_window(row, person, WINDOWS[act.name], at)
