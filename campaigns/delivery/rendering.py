"""A message's words, filled in for its customer; one with a hole in it is skipped, one that cannot
be filled in fails."""

import logging

from campaigns.delivery import content, fields, needs, policy
from campaigns.delivery.channels import Channel
from campaigns.delivery.states import State, stop
from campaigns.models import Message
from customers.privacy import sealing

log = logging.getLogger(__name__)


def rendered(messages: list[Message], context: policy.PolicyContext) -> list[Message]:
    """Those whose text could be filled in, with their text; the others have failed."""
    wanted = content.wanted(text for m in messages for text in m.content.values())
    contexts = fields.contexts(
        messages, wanted=wanted, workspace=context.workspace, now=context.now
    )
    speaking = [
        m for m in messages if was_filled(m) or has_fields(m, contexts[m.pk], context.channel)
    ]
    return [m for m in speaking if fill(m, contexts[m.pk], is_markup=context.channel.is_markup)]


def was_filled(message: Message) -> bool:
    """It left before, and says what it said then: what people are called is no template."""
    return bool(message.content_digest) and message.content_digest == digest_of(message.content)


def has_fields(message: Message, context: dict, channel: Channel) -> bool:
    """A message with a hole in it is skipped, and says which field is empty."""
    optional = [name for name, field in channel.Content.base_fields.items() if not field.required]
    try:
        lacking = needs.missing(message.content, context, may_be_empty=optional)
    except content.BrokenContent:
        return True  # which the filling in will say
    if lacking:
        stop(message, State.SKIPPED, f"{needs.REASON}{lacking}"[:60])
    return not lacking


def fill(message: Message, context: dict, *, is_markup: bool) -> bool:
    if was_filled(message):
        message.filled = message.content
        return True
    try:
        message.filled = {
            name: content.filled(text, context, is_markup=is_markup)
            for name, text in message.content.items()
        }
        message.content_digest = digest_of(
            message.filled
        )  # kept once it leaves; a message that must wait is filled in anew
    except Exception as error:  # whatever it is, it is this message's
        if not isinstance(error, content.BrokenContent):
            log.exception("a message cannot be filled in", extra={"row": message.pk})
        stop(message, State.FAILED, "content", error=str(error))
        return False
    return True


def digest_of(filled: dict[str, str]) -> str:
    return sealing.digest("content", repr(sorted(filled.items())))
