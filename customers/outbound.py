"""Calls to other systems, for whoever wants one: a row in the transaction of what it belongs to.

Who wants to know how it ended says so with a class (CRM_CALLERS). The calls are made by
integrations/connections/calls.py, each until it is answered, refused for good, or out of time.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crm_project.registry import Registry
from customers.models import OutboundCall

LASTS = timedelta(days=1)
MOST_BYTES = 256 << 10  # of a body

callers = Registry("CRM_CALLERS", "customers.outbound.Caller")


class Caller:
    """Somebody who wants calls, and does something when they have ended."""

    key = ""
    label = ""

    def ended(self, calls: Sequence[OutboundCall], now: datetime) -> None:
        """These calls are over, and each says how (`state`, `status`, `answer`). In the transaction
        in which they are noted as told, so that what is written here is written once."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call to be made. `key` names its effect; `customer` is whom it is about, if anybody, and
    `origin` by which of their origins."""

    key: str
    connection_id: int
    body: str = ""
    method: str = "POST"
    path: str = ""  # behind the connection's address
    headers: dict[str, str] = field(default_factory=dict)
    caller: str = ""
    customer: int | None = None
    origin: int | None = None
    lasts: timedelta = LASTS


class TooLarge(ValueError):
    """A body of more than MOST_BYTES."""


def queue(wanted: Iterable[Wanted], now: datetime) -> None:
    """The calls are made once this transaction has committed; a key that is known already is the
    same call. Raises TooLarge."""
    OutboundCall.objects.bulk_create(
        [row(one, now) for one in wanted], batch_size=1000, ignore_conflicts=True
    )


def row(one: Wanted, now: datetime) -> OutboundCall:
    if len(one.body.encode()) > MOST_BYTES:
        raise TooLarge(one.key)
    content = {"method": one.method, "path": one.path, "headers": one.headers, "body": one.body}
    return OutboundCall(
        key=one.key,
        connection_id=one.connection_id,
        caller=one.caller,
        customer_id=one.customer,
        origin_customer_id=one.origin or one.customer,
        sealed_content=json.dumps(content, ensure_ascii=False),
        created_at=now,
        due_at=now,
        expires_at=now + one.lasts,
    )
