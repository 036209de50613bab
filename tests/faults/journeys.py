"""What the harness lets the product do: for each watched event, tell its customer the event's
number."""

from tests.faults.sender import WATCHED

EVENT = {"trigger": "event", "event": WATCHED}


def telling(*channels: str, trigger: dict = EVENT, batch: int | None = None) -> dict:
    """A journey that tells it on each of the channels, one after the other; with a coupon of the
    batch in each message, if there is one."""
    gift = {"purpose": "marketing", "batch": batch} if batch else {"purpose": "service"}
    steps = {
        channel: {
            "step": "send_message",
            "channel": channel,
            **gift,
            "content": {
                "text": (
                    "{{ event.number | default: '-' }}" + (" {{ coupon.code }}" if batch else "")
                )
            },
            "next": following,
        }
        for channel, following in zip(channels, [*channels[1:], None], strict=True)
    }
    return {"trigger": trigger, "reentry": {"kind": "always"}, "start": channels[0], "steps": steps}
