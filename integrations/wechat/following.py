"""What follows from a push beside its event: grants, receipts, windows, a withdrawal. Each of them
may be done again without harm."""

from datetime import datetime

from campaigns.delivery import receipts
from customers.models import Connection, Identity, Kind, Source
from integrations.wechat import understanding as words
from integrations.wechat import withdrawal
from integrations.wechat.pushed import Pushed, text
from integrations.wechat.service import windows
from integrations.wechat.subscribe import grants, templates
from integrations.wechat.subscribe.grants import Report

GOOD = "0"  # of a sent event: it arrived


def follow(source: Source, one: Pushed, now: datetime) -> None:
    row = source.connection
    if row is None:
        return
    if one.kind in {words.POPUP, words.CHANGE}:
        choices(row, source, one, now)
    elif one.kind == words.SENT:
        settle(row, source, one, now)
    elif one.kind in DONE and (person := openid_of(source, words.person_of(one))):
        DONE[one.kind](row, person, one, now)


def openid_of(source: Source, openid: str) -> Identity | None:
    """The row of a person whom we know."""
    return Identity.objects.filter(
        kind=Kind.WX_OPENID, scope=source.app_id, value=openid, customer__erased_at=None
    ).first()


def choices(row: Connection, source: Source, one: Pushed, now: datetime) -> None:
    """What was accepted may be sent. A reject in the pop-up takes nothing away; one that changes
    what stood before does."""
    person = openid_of(source, words.person_of(one))
    if person is None:
        return
    said = [
        (words.template_of(entry), text(entry.get("SubscribeStatusString")))
        for entry in one.entries
    ]
    known = templates.named(row, {key for key, _choice in said})
    at = min(one.at, now)
    reports = [
        Report(known[key], at, words.id_of(one, number), grants.SaidBy.PUSH)
        for number, (key, choice) in enumerate(said)
        if choice == words.ACCEPT
    ]
    grants.accept(person, reports, now=now)
    if reports:
        withdrawal.end(person, at=at)
    rejected = [known[key] for key, choice in said if choice == words.REJECT]
    if rejected and one.kind == words.CHANGE:
        grants.withdraw(person, rejected, at=at, now=now)


def settle(row: Connection, source: Source, one: Pushed, now: datetime) -> None:
    """The final word on messages. With it goes what a message whose answer was lost is known by."""
    person = openid_of(source, words.person_of(one))
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


def withdrew(_row: Connection, person: Identity, one: Pushed, now: datetime) -> None:
    withdrawal.begin(person, at=min(one.at, now), now=now)


def opened(row: Connection, person: Identity, one: Pushed, now: datetime) -> None:
    windows.open_window(row, person, windows.Kind.OPENED, min(one.at, now))


def wrote(row: Connection, person: Identity, one: Pushed, now: datetime) -> None:
    windows.open_window(row, person, windows.Kind.WROTE, min(one.at, now))


DONE = {
    words.REVOKED: withdrew,
    words.ENTERED: opened,
    **dict.fromkeys(words.MESSAGES, wrote),
}
