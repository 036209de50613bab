"""One message of a broker, whichever it is."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Message:
    """`tag` is how the broker wants it acknowledged; `ident` is the same when it is delivered
    again, "" where the broker gives none."""

    body: bytes
    tag: object
    ident: str = ""
    door: str = ""  # of our own format, where the message says it
    sent_at: datetime | None = None
    problem: str = ""  # why there is no body to read
