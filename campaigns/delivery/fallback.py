"""To the next channel: where a rule stops a message that another channel could pass, the same row
moves on to the next of its `alternatives`, as long as it has never left. After its fence, never."""

from campaigns.models import Message, Template


def can_move(message: Message, *, is_of_channel: bool) -> bool:
    return is_of_channel and bool(message.alternatives) and not message.sent_at


def move(message: Message, reason: str) -> None:
    """It is another channel's now, with that one's words, and is judged there anew; by which
    connection is not chosen yet."""
    following, *message.alternatives = message.alternatives
    message.tried = [*message.tried, {"channel": message.channel, "reason": reason}]
    message.channel, message.content = following["channel"], following["content"]
    message.connection_id, message.content_digest = None, ""


def alternatives(template: Template | None, *, after: str) -> list[dict]:
    """What is sent, in this order, where the channel `after` cannot."""
    return [{"channel": one.channel, "content": one.content} for one in chain(template, after)]


def chain(template: Template | None, after: str) -> list[Template]:
    """The template and its own fallbacks, each channel once."""
    found, used = [], {after}
    while template is not None and template.channel not in used:
        used.add(template.channel)
        found.append(template)
        template = template.fallback
    return found
