"""What the harness lets the product do: for each watched event, tell its customer the event's number."""

from tests.faults.sender import WATCHED

EVENT = {"trigger": "event", "event": WATCHED}


def telling(*channels: str, trigger: dict = EVENT) -> dict:
    """A journey that tells it on each of the channels, one after the other."""
    steps = {
        channel: {
            "step": "send_message",
            "channel": channel,
            "purpose": "service",
            "content": {"text": "{{ event.number }}"},
            "next": following,
        }
        for channel, following in zip(channels, [*channels[1:], None], strict=True)
    }
    return {"trigger": trigger, "reentry": {"kind": "always"}, "start": channels[0], "steps": steps}
