"""Long-term templates that WeChat sends only so often (限频): once a day, or a month, for each
value of one keyword.

What is over by our own messages is not tried. Where WeChat says 43101 all the same, the message
waits for the next period, and is told apart from one that nobody allows: said again in another
period, with nothing sent between, it is no limit, and the platform's word is believed
(grants.py).
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from campaigns.delivery.channels import Later
from campaigns.delivery.quiet import BEIJING
from campaigns.models import Message
from crm_project.db.sets import among
from integrations.wechat.errors import errcode_of
from integrations.wechat.subscribe import calls, fitting
from integrations.wechat.subscribe.models import SubscribeTemplate

Every = SubscribeTemplate.Every
LIMITED = "limited"
A_LITTLE = timedelta(minutes=5)  # beyond midnight: the platform's clock is its own


def began(one: SubscribeTemplate, now: datetime) -> datetime:
    """When the present period of the template began, by Beijing's calendar."""
    day = now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    return day.replace(day=1) if one.every == Every.MONTH else day


def why_not(one: SubscribeTemplate, now: datetime) -> str | Later:
    """Why a message that is too soon does not leave: tomorrow it may; a month is too long to wait,
    and another channel may carry it."""
    if one.every == Every.MONTH:
        return LIMITED
    begins = began(one, now) + timedelta(days=1) + A_LITTLE
    return Later(LIMITED, (begins - now).total_seconds())


def over(
    messages: Collection[Message], templates: Mapping[int, SubscribeTemplate], *, now: datetime
) -> dict[int, str | Later]:
    """Those of these messages, all of limited templates (`templates`, by message), for which it is
    too soon."""
    found = {}
    sent = sent_of(messages, templates, now) if messages else {}
    for m in messages:
        one = templates[m.pk]
        is_refused = errcode_of(m.error) == calls.NOT_ALLOWED  # just now; a wait forgets it
        if is_refused or value_of(one, m.filled) in sent.get((m.customer_id, one.key), ()):
            found[m.pk] = why_not(one, now)
    return found


def sent_of(messages, templates, now: datetime) -> dict[tuple[int, str], set[str]]:
    """By customer and template the values that were sent in the present period."""
    by_key = {one.key: one for one in templates.values() if one.counted_by}
    if not by_key:
        return {}
    since = min(began(one, now) for one in by_key.values())
    rows = Message.objects.filter(
        among("customer", {m.customer_id for m in messages}),
        connection_id__in={one.connection_id for one in by_key.values()},
        sent_at__gte=since,
        content__template__in=list(by_key),
        state__in=[Message.State.SENDING, Message.State.SENT, Message.State.UNKNOWN],
    )
    found: dict[tuple[int, str], set[str]] = {}
    for customer, sent_at, content in rows.values_list("customer", "sent_at", "content"):
        one = by_key[content["template"]]
        if sent_at >= began(one, now):
            found.setdefault((customer, one.key), set()).add(value_of(one, content))
    return found


def value_of(one: SubscribeTemplate, content: dict) -> str | None:
    """What WeChat counts by, as it is sent."""
    for keyword, text in fitting.values_in(one, content):
        if keyword["key"] == one.counted_by:
            return text
    return None
