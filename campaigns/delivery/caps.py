"""How many messages somebody has had: what left counts, whatever became of it (decision 28)."""

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from django.db.models import Count, Q

from campaigns.models import Cap, Message
from crm_project.db.sets import among

NAMES = {60: "minute", 3600: "hour", 86_400: "day", 604_800: "week", 2_592_000: "month"}


def reason(cap: Cap) -> str:
    return f"cap_{NAMES.get(cap.seconds) or f'{cap.seconds}s'}"


Had = Callable[[Collection[int], Collection[Cap]], dict[int, Counter]]


def full(messages: Collection[Message], caps: Collection[Cap], had: Had) -> dict[int, Cap]:
    """By message: the cap that leaves no room for it, where `had` says what people got before."""
    fresh = [m for m in messages if not m.sent_at and any(binds(cap, m) for cap in caps)]
    binding = [cap for cap in caps if any(binds(cap, m) for m in fresh)]
    if not binding:
        return {}
    counts = had({m.customer_id for m in fresh}, binding)
    over = {}
    for m in fresh:
        mine = [cap for cap in binding if binds(cap, m)]
        reached = next((c for c in mine if counts[c.pk][m.customer_id] >= c.limit), None)
        if reached:
            over[m.pk] = reached
            continue
        for cap in mine:
            counts[cap.pk][m.customer_id] += 1
    return over


def binds(cap: Cap, message: Message) -> bool:
    return (
        not message.passes_caps
        and cap.purpose == message.purpose
        and cap.channel in ("", message.channel)
    )


def had(customer_ids: Collection[int], caps: Collection[Cap], now: datetime) -> dict[int, Counter]:
    """By cap and customer: the messages that left within its window, in one query."""
    longest = max(cap.seconds for cap in caps)
    sent = Message.objects.filter(
        among("customer", customer_ids),
        sent_at__gt=now - timedelta(seconds=longest),
        purpose__in={cap.purpose for cap in caps},
        is_test=False,
    )
    numbers = {
        f"cap_{cap.pk}": Count(
            "pk",
            filter=Q(sent_at__gt=now - timedelta(seconds=cap.seconds), purpose=cap.purpose)
            & (Q(channel=cap.channel) if cap.channel else Q()),
        )
        for cap in caps
    }
    rows = list(sent.values("customer").annotate(**numbers).order_by())
    return {
        cap.pk: Counter({row["customer"]: row[f"cap_{cap.pk}"] for row in rows}) for cap in caps
    }
