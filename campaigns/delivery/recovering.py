"""What a worker that died, or a person of ours, has left lying."""

from datetime import datetime
from uuid import uuid4

from django.db import transaction

from campaigns import coupons
from campaigns.delivery import calling_off, receipts
from campaigns.delivery.channels import channels
from campaigns.delivery.origins import origins
from campaigns.delivery.states import State
from campaigns.models import Message
from crm_project.db.sets import among
from crm_project.queue.due import STUCK_AFTER

MOST_OVER = 5_000  # deadlines in one transaction


def recover(now: datetime) -> int:
    """What a dead worker left in `sending` is queued again where the provider knows the key, else
    nobody can know. The number of messages.

    Queued again, it still carries a token, nobody's now: due.py sees that its holder died, and
    stops trying what kills every holder. What its origin had withdrawn, and came back to the queue
    after that, is called off too.
    """
    left = Message.objects.filter(state=State.SENDING, due_at__lte=now)
    ids, found = list(left.values_list("pk", flat=True)), 0
    for channel in channels:
        if channel.idempotency_window:
            known = left.filter(
                channel=channel.key,
                sent_at__gt=now - channel.idempotency_window,
                attempts__lt=STUCK_AFTER,
            )
            found += known.update(state=State.QUEUED, reason="worker_died", token=uuid4())
    found += left.update(state=State.UNKNOWN, reason="worker_died", due_at=None, token=None)
    receipts.settle(ids, now=now)
    found += nobody_sent(now)
    for origin in origins:
        if withdrawn := origin().withdrawn(now):
            theirs, reason = withdrawn
            found += calling_off.call_off(Message.objects.filter(theirs), reason, now=now)
    return found


def nobody_sent(now: datetime) -> int:
    """What waited for a person until its deadline was not sent; a receipt that comes yet says
    otherwise, as ever. The number of messages."""
    with transaction.atomic():
        over = Message.objects.filter(state=State.WAITING, due_at__lte=now).order_by("pk")
        ids = list(over.select_for_update(of=("self",)).values_list("pk", flat=True)[:MOST_OVER])
        Message.objects.filter(among("pk", ids)).update(
            state=State.FAILED, reason="nobody_sent", due_at=None, token=None
        )
        coupons.follow(ids, now=now)
    return len(ids)
