"""What makes a message not sent twice: the fence is the committed state `sending`.

A message enters it before anything leaves. Whoever dies behind it leaves a message that goes out
again only where its provider still recognises the effect key (states.py: `repeatable`); else
nobody can know whether it arrived, and that is what the message says.
"""

from datetime import datetime
from uuid import uuid4

from campaigns.delivery import receipts
from campaigns.delivery.channels import Channel, channels
from campaigns.delivery.states import State, finish, repeatable, repeatable_since
from campaigns.models import Message
from crm_project.queue.due import STUCK_AFTER


def enter_fence(message: Message, channel: Channel, now: datetime) -> None:
    """The message is `sending`; of a pull channel it is sent. `sent_at` is the first attempt that
    may have arrived, and holds its place in the caps."""
    message.content, message.reason = message.filled, ""
    message.may_have_arrived = message.sent_at is not None
    message.sent_at = message.sent_at or now
    if channel.is_pull:
        finish(message, State.SENT)
    else:
        message.state = State.SENDING


def end_if_lapsed(message: Message, channel: Channel, now: datetime) -> bool:
    """A message that left before, and whose repeat the provider would not recognise any more, has
    ended as `unknown`; whether it has."""
    if message.sent_at is None or repeatable(message, channel, now):
        return False
    finish(message, State.UNKNOWN, "no_answer")
    return True


def recover(now: datetime) -> int:
    """What a dead worker left in `sending` is queued again where the provider knows the key, else
    it is `unknown`, or what a receipt says. The number of messages.

    Queued again, it still carries a token, nobody's now: crm_project/queue/due.py sees that
    its holder died, and stops trying what kills every holder.
    """
    left = Message.objects.filter(state=State.SENDING, due_at__lte=now)
    ids, found = list(left.values_list("pk", flat=True)), 0
    for channel in channels:
        if since := repeatable_since(channel.idempotency_window, now):
            known = left.filter(channel=channel.key, sent_at__gt=since, attempts__lt=STUCK_AFTER)
            found += known.update(state=State.QUEUED, reason="worker_died", token=uuid4())
    found += left.update(state=State.UNKNOWN, reason="worker_died", due_at=None, token=None)
    receipts.settle(ids, now=now)
    return found
