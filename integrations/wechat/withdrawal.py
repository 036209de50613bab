"""Somebody withdrew in WeChat what they had allowed the app to know (用户撤回授权): nothing goes to
them by WeChat any more, and staff are asked to forget them."""

from collections.abc import Iterable
from datetime import datetime

from campaigns.models import Suppression
from crm_project.db.sets import among
from customers.data_rights import requests
from customers.models import Identity
from integrations.member_api import sessions
from integrations.wechat.subscribe import grants

CHANNEL = "wechat_subscribe"
REASON = "authorization_revoked"


def begin(person: Identity, *, at: datetime, now: datetime) -> None:
    """What they allowed is void, they are logged out, the channel is closed to them, and a request
    for erasure is open. Told twice or late it changes nothing more."""
    grants.withdraw_all(person, at=at, now=now)
    sessions.end_all([person.pk])
    Suppression.objects.bulk_create(
        [
            Suppression(
                customer_id=person.customer_id,
                origin_customer_id=person.origin_customer_id,
                channel=CHANNEL,
                reason=REASON,
                at=at,
            )
        ],
        ignore_conflicts=True,
    )
    requests.ask(
        person.customer_id,
        person.origin_customer_id,
        asked_by=f"wechat:{person.pk}:{at:%Y%m%d%H%M%S}",
        why="wechat",
        at=at,
        now=now,
    )


def end(agreed: Iterable[tuple[Identity, datetime]]) -> None:
    """They agreed to be written to after they had withdrawn: the channel is open to them again. The
    request for erasure stays a person's to settle."""
    latest: dict[int, datetime] = {}
    for person, at in agreed:
        latest[person.origin_customer_id] = max(at, latest.get(person.origin_customer_id, at))
    closed = Suppression.objects.filter(
        among("origin_customer", latest), channel=CHANNEL, reason=REASON
    )
    over = [
        pk
        for pk, origin, at in closed.values_list("pk", "origin_customer", "at")
        if at < latest[origin]
    ]
    if over:
        Suppression.objects.filter(pk__in=over).delete()
