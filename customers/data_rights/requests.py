"""Requests to be forgotten that came in by themselves: each waits for a person, since erasing
cannot be undone. In the meantime whoever asked is barred from marketing."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import ngettext

from crm_project.attention import MOST, Line, Need, told
from customers.data_rights import erasing
from customers.models import AuditEntry, Customer, ErasureRequest

# The law says "promptly" (个人信息保护法 50), the standard 30 days (GB/T 35273).
TERM = timedelta(days=15)
CHANGE = "customers.change_erasurerequest"


@transaction.atomic
def ask(
    customer: int, origin: int, *, asked_by: str, why: str, at: datetime, now: datetime
) -> bool:
    """The request is open, once per `asked_by`; nobody markets to them meanwhile. Whether it is
    new."""
    _row, is_new = ErasureRequest.objects.get_or_create(
        asked_by=asked_by,
        defaults={
            "customer_id": customer,
            "origin_customer_id": origin,
            "why": why,
            "asked_at": at,
            "due_at": now + TERM,
        },
    )
    if is_new:
        Customer.objects.filter(pk__in=[customer, origin], is_barred=False).update(is_barred=True)
    return is_new


def decline(row: ErasureRequest, *, by, now: datetime) -> None:
    """It is settled without an erasure: the person was asked, and wants to stay."""
    open_ones = ErasureRequest.objects.filter(pk=row.pk, settled_at=None)
    if open_ones.update(settled_at=now, settled_by=by):
        Customer.objects.filter(pk=row.customer_id).update(is_barred=False)
        AuditEntry.objects.create(
            by=by, act="erasure_request.decline", subject=f"customer:{row.customer_id}"
        )


class ToForget(Need):
    """Nobody else does it."""

    key, permission, icon, is_urgent = "to_forget", erasing.PERMISSION, "delete_forever", True

    def lines(self, user, now):
        if n := ErasureRequest.objects.filter(settled_at=None)[:MOST].count():
            text = ngettext(
                "%(n)s person asked to be forgotten", "%(n)s people asked to be forgotten", n
            )
            url = reverse("admin:customers_erasurerequest_changelist")
            yield Line(n, text % {"n": told(n)}, f"{url}?settled_at__isempty=1")
