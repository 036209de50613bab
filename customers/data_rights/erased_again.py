"""After a restore, before anything of it can be read or sent: whoever was forgotten since the
backup is forgotten again."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction

from crm_project import audit
from customers.data_rights import erasing
from customers.data_rights.erased_marks import Mark
from customers.identity import resolution
from customers.models import Customer, ErasedIdentity, Identity, IdentityClaim

REASON = "Erased before the restore"
# A backup does not hold what was committed while it was begun, though its time may be earlier.
MARGIN = timedelta(days=1)
FOUND = (
    "SELECT id FROM customers_customer WHERE erased_at IS NULL AND"
    " encode(sha256(public_id::text::bytea), 'hex') = ANY(%s)"
)


def erase_again(
    *, taken_at: datetime, now: datetime, erased: Iterable[Mark] = (), **_restore
) -> int:
    """Nobody stands in the restored rows who was forgotten since. How many were."""
    marks = list(erased)
    since = [mark for mark in marks if mark.at >= taken_at - MARGIN]
    found = by_public_id(marks) | (by_identity(since) if since else set())
    people = sorted(
        {
            merged_into or pk
            for pk, merged_into in Customer.objects.filter(pk__in=found).values_list(
                "pk", "merged_into"
            )
        }
    )
    for one in Customer.objects.alive().filter(pk__in=people).order_by("pk"):
        with transaction.atomic():
            erasing.sweep_unowned_rows(erasing.forget(one, by=None, reason=REASON, now=now))
    ErasedIdentity.objects.bulk_create(
        [
            ErasedIdentity(digest=digest, at=mark.at)
            for mark in since
            for digest in sorted(mark.identities)
        ],
        ignore_conflicts=True,
    )
    if people:
        audit.note(
            by=None,
            act="restore.erased_again",
            subject="workspace:1",
            details={"people": len(people)},
        )
    return len(people)


def by_public_id(marks: list[Mark]) -> set[int]:
    hashes = sorted({one for mark in marks for one in mark.people})
    with connection.cursor() as cursor:
        cursor.execute(FOUND, [hashes])
        return {pk for (pk,) in cursor.fetchall()}


def by_identity(marks: list[Mark]) -> set[int]:
    """Whoever held one of these identities before it was forgotten; whoever brought it afterwards
    is somebody new."""
    last = {}
    for mark in marks:
        last |= {one: max(mark.at, last.get(one, mark.at)) for one in mark.identities}
    found = set()
    for rows in (Identity.objects.all(), IdentityClaim.objects.filter(is_provisional=True)):
        for kind, scope, value, customer, seen in rows.values_list(
            "kind", "scope", "value", "customer_id", "first_seen_at"
        ).iterator():
            at = last.get(resolution.mark_of(resolution.Key(kind, scope, value)))
            if at is not None and seen <= at:
                found.add(customer)
    return found
