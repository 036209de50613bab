"""How a message waits, ends, or is tried again: set in memory, written by whoever looks after the
batch."""

from datetime import datetime, timedelta

from campaigns.delivery.channels import Channel, SendFailed
from campaigns.models import Message
from crm_project.queue.due import storable

State = Message.State
LONGEST_DELAY = timedelta(hours=1)


def wait(message: Message, until: datetime, reason: str) -> None:
    message.done(due_at=until)
    message.reason = reason


def stop(message: Message, state: str, reason: str = "", *, error: str = "") -> None:
    """The message comes to this end; but whether one that left before has arrived nobody can
    know."""
    if message.sent_at:
        finish(message, State.UNKNOWN, "no_answer", error=error or reason)
    else:
        finish(message, state, reason, error=error)


def finish(message: Message, state: str, reason: str = "", *, error: str = "") -> None:
    message.done()
    message.state, message.reason, message.error = state, reason, storable(error)[:2000]


def again(message: Message, now: datetime, reason: str, failure: SendFailed | None = None) -> None:
    """Due again after the provider's Retry-After, or a delay that doubles with each attempt (the
    lease counted this one); where our account is the trouble, after hours it is given up and not
    after minutes: somebody has to mend it."""
    asked, doubled = failure.retry_after if failure else None, 2 ** min(message.attempts, 12)
    seconds = doubled if asked is None else asked
    if asked and failure and failure.is_of_account:
        seconds = asked * doubled
    delay = (
        timedelta(seconds=seconds)
        if 0 <= seconds < LONGEST_DELAY.total_seconds()
        else LONGEST_DELAY
    )
    message.state, message.reason, message.token = State.QUEUED, reason, None
    message.due_at, message.error = now + delay, storable(str(failure or ""))[:2000]


def repeatable_since(window: timedelta | None, now: datetime) -> datetime | None:
    """A provider that promises this window would still recognise the effect keys of messages that
    first left after this moment; None: of none."""
    return None if window is None else now - window


def repeatable(message: Message, channel: Channel, now: datetime) -> bool:
    """The provider would still recognise the effect key."""
    since = repeatable_since(channel.idempotency_window, now)
    return since is not None and message.sent_at > since
