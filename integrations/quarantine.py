"""Keeps whole what could not be understood, for senders that do not listen to refusals."""

import base64
from collections.abc import Iterable
from datetime import datetime

from customers.models import Source
from integrations.formats import Rejected
from integrations.models import Quarantine


def keep(*, source: Source, format_key: str, rejected: Iterable[Rejected], now: datetime) -> None:
    """Each rejected item has a row with its raw bytes, sealed."""
    Quarantine.objects.bulk_create(
        Quarantine(
            source=source,
            format=format_key,
            code=one.code[:60],
            path=one.path[:200],
            raw=base64.b64encode(one.raw).decode(),
            received_at=now,
        )
        for one in rejected
    )
