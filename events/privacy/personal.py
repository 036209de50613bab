"""What was taken out of an event because it is personal, as staff may see it."""

import msgspec

from customers.privacy.personal import SEALED, masked
from customers.privacy.sealing import NotDecipherable, not_readable
from events.models import Event


def taken_out(event: Event) -> dict[str, dict]:
    """By "properties" and "context", the values by their path; empty where nothing is, or its key
    is gone."""
    try:
        return msgspec.json.decode(event.personal) if event.personal is not None else {}
    except NotDecipherable:
        not_readable(event)
        return {}


def masked_part(event: Event, part: str) -> dict:
    """The properties or the context, with what was taken out in its place by path, masked."""
    stored = {key: value for key, value in getattr(event, part).items() if key != SEALED}
    return stored | {
        path: masked(path.rpartition(".")[2], value)
        for path, value in taken_out(event).get(part, {}).items()
    }
