"""Each account for short messages is looked after: what its vendor did not push is pulled, and its
templates, signature and balance are fetched anew.

Every account that was ever tested or used has a due row. At rest, with nothing sent for three days,
it is looked at once in six hours.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.models import Message
from crm_project.queue.due import database_now, work_through
from customers import connection_health
from customers.models import Connection, Identity, Kind
from customers.privacy.sealing import NotDecipherable
from integrations.models import SmsAccount
from integrations.outbound.client import CallFailed
from integrations.sms import accounts, numbers, receiving, syncing
from integrations.sms.codes import Refused
from integrations.sms.door import source_of
from integrations.sms.values import Fate, Reply

log = logging.getLogger(__name__)

SOON, REST = timedelta(minutes=1), timedelta(hours=6)
FRESH = timedelta(hours=1)  # as which templates and balance count
AFTER = timedelta(minutes=10)  # for which a receipt is given the time to come by itself
KEPT = timedelta(days=3)  # for which vendors know what became of a text, to be sure
AT_ONCE = 20  # texts that are asked for one by one, of one look


@dataclass(frozen=True, slots=True)
class Waiting:
    """A text whose receipt has not come."""

    provider_id: str
    local: str
    sent_at: datetime


def work() -> int:
    """The accounts that are due were looked after. How many."""
    begin_new()
    return work_through(SmsAccount.objects.filter(connection__is_active=True), look, limit=1)


def begin_new() -> None:
    """Every connection of such a vendor has its row."""
    fresh = Connection.objects.filter(
        vendor__in=accounts.sms_vendors(), is_active=True, sms__isnull=True
    )
    rows = [SmsAccount(connection=one, due_at=database_now()) for one in fresh[:100]]
    SmsAccount.objects.bulk_create(rows, ignore_conflicts=True)


def look(rows: list[SmsAccount], now: datetime) -> None:
    for row in rows:
        connection = Connection.objects.select_related("sms").get(pk=row.connection_id)
        used = is_used(connection, now)
        try:
            if used:
                pull(connection, now)
            if row.synced_at is None or row.synced_at < now - (FRESH if used else REST):
                syncing.sync(connection, now)
        except (Refused, CallFailed, ValueError, NotDecipherable) as error:
            connection_health.failed({connection.pk: str(error)}, now)
        row.refresh_from_db(fields=["sign", "balance", "synced_at"])
        row.done(due_at=now + (SOON if used else REST))
    SmsAccount.objects.bulk_update(rows, ["due_at", "token", "attempts", "error"])


def is_used(connection: Connection, now: datetime) -> bool:
    return Message.objects.filter(
        channel="sms", connection_id=connection.pk, sent_at__gt=now - KEPT
    ).exists()


def pull(connection: Connection, now: datetime) -> int:
    """What the vendor knows has had its effect. How many items it told."""
    account = accounts.of_row(connection)
    if account is None or not account.vendor.can_pull:
        return 0
    found = account.vendor.pulled(account, waiting(connection, now))
    receiving.take(connection, [one for one in found if isinstance(one, Fate)], now)
    replies = [one for one in found if isinstance(one, Reply)]
    receiving.take_replies(source_of(connection), replies, now)
    return len(found)


def waiting(connection: Connection, now: datetime) -> list[Waiting]:
    """Some of the texts of which nobody has said what became of them, the oldest first."""
    open_ones = Message.objects.filter(
        channel="sms",
        connection_id=connection.pk,
        sent_at__range=(now - KEPT, now - AFTER),
        delivered_at=None,
        bounced_at=None,
        state=Message.State.SENT,
    ).exclude(provider_id="")
    rows = list(
        open_ones.order_by("sent_at").values_list("customer", "provider_id", "sent_at")[:AT_ONCE]
    )
    phones = {
        one.customer_id: one.sealed
        for one in Identity.objects.filter(
            kind=Kind.PHONE, sealed__isnull=False, customer__in=[c for c, *_more in rows]
        ).order_by("first_seen_at", "pk")
    }
    return [
        Waiting(theirs, numbers.local(phones[customer]), sent_at)
        for customer, theirs, sent_at in rows
        if customer in phones
    ]
