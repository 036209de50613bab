"""Templates, signature and balance of an account, fetched from its vendor."""

from datetime import datetime

from django.db import transaction

from customers.models import Connection
from integrations.models import SmsAccount, SmsTemplate
from integrations.sms import accounts
from integrations.sms.values import Catalogue

MOST_TEXT = 2000
FETCHED = ("name", "text", "review", "reason", "synced_at")


def sync(connection: Connection, now: datetime) -> Catalogue:
    """What is stored of the account is as its vendor has it now. Raises CallFailed,
    codes.Refused."""
    account = accounts.of_row(connection)
    if account is None:
        raise ValueError("the settings cannot be read")
    found, balance = account.vendor.catalogue(account), account.vendor.balance(account)
    with transaction.atomic():
        row = SmsAccount.objects.select_for_update().filter(connection=connection).first()
        row = row or SmsAccount(connection=connection)
        row.sign, row.sign_reason, row.synced_at = found.sign, found.sign_reason, now
        row.signs = {name: list(of) for name, of in found.more.items()}
        row.balance, row.balance_at = str(balance)[:60], now
        row.save()
        store(connection, found.templates, now)
    return found


def store(connection: Connection, fetched: list[SmsTemplate], now: datetime) -> None:
    """Those that are gone there say so; what staff said of a kind stays."""
    known = {one.code: one for one in SmsTemplate.objects.filter(connection=connection)}
    seen = {}
    for one in fetched:
        one.text, one.synced_at = one.text[:MOST_TEXT].replace("\x00", ""), now
        seen[one.code] = one
    for code, one in seen.items():
        old = known.get(code)
        if old is None:
            one.connection = connection
            one.save()
            continue
        for name in FETCHED:
            setattr(old, name, getattr(one, name))
        if one.kind_is_said or not old.kind_is_said:
            old.kind = one.kind
        old.save()
    gone = [one.pk for code, one in known.items() if code not in seen]
    SmsTemplate.objects.filter(pk__in=gone).update(review=SmsTemplate.Review.GONE, synced_at=now)
