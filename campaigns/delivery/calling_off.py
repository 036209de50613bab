"""Messages that are queued are taken back: their campaign was cancelled, their journey ended."""

from datetime import datetime

from django.db import transaction

from campaigns import coupons
from campaigns.models import Message
from crm_project.db.sets import among

State = Message.State


def call_off(messages, reason: str, *, now: datetime) -> int:
    """Those of the messages that are queued do not leave; of those that may have left before nobody
    can know. The number of them.

    Locked in the order of the ids, as the workers lock them.
    """
    with transaction.atomic(savepoint=False):
        queued = messages.filter(state=State.QUEUED).order_by("pk").select_for_update(of=("self",))
        rows = list(queued.values_list("pk", "sent_at"))
        gone, kept = (
            [pk for pk, sent_at in rows if not sent_at],
            [pk for pk, sent_at in rows if sent_at],
        )
        over = {"due_at": None, "token": None}
        Message.objects.filter(among("pk", gone)).update(
            state=State.CANCELLED, reason=reason, **over
        )
        Message.objects.filter(among("pk", kept)).update(state=State.UNKNOWN, error=reason, **over)
        coupons.follow([pk for pk, _sent_at in rows], now=now)
    return len(rows)
