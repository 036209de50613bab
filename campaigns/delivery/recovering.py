"""What a worker that died, or a person of ours, has left lying."""

from datetime import datetime

from django.db import transaction

from campaigns import coupons
from campaigns.delivery import calling_off, fence
from campaigns.delivery.origins import origins
from campaigns.delivery.states import State
from campaigns.models import Message
from crm_project.db.sets import among

MOST_OVER = 5_000  # deadlines in one transaction


def recover(now: datetime) -> int:
    """What a dead worker left behind the fence, and what no person sent in time, is queued again or
    has ended. The number of messages.

    What its origin had withdrawn, and came back to the queue after that, is called off too.
    """
    found = fence.recover(now) + expire_manual_sends(now)
    for origin in origins:
        if withdrawn := origin().withdrawn(now):
            theirs, reason = withdrawn
            found += calling_off.call_off(Message.objects.filter(theirs), reason, now=now)
    return found


def expire_manual_sends(now: datetime) -> int:
    """What waited for a person until its deadline has failed; a receipt that comes yet says
    otherwise, as ever. The number of messages."""
    with transaction.atomic():
        over = Message.objects.filter(state=State.WAITING, due_at__lte=now).order_by("pk")
        ids = list(over.select_for_update(of=("self",)).values_list("pk", flat=True)[:MOST_OVER])
        Message.objects.filter(among("pk", ids)).update(
            state=State.FAILED, reason="nobody_sent", due_at=None, token=None
        )
        coupons.follow(ids, now=now)
    return len(ids)
