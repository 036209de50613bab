"""Two customers turn out to be one, and can be told apart again (decision 4).

Rows follow by origin: a merge moves everything that stands at the loser to the survivor, an undo moves back what
arrived by the loser's origins. A merge is also a due row: a request that resolved the loser just before may commit
just after, so the move is repeated until no such transaction can be left.
"""

from datetime import datetime, timedelta

from django.apps import apps
from django.db import connection
from django.utils.translation import gettext as _

from customers import attributes, tagging
from customers.models import AuditEntry, Consent, Customer, Merge, OfCustomer, OfCustomerUnchecked

SWEEP_SECONDS = 3


class CannotUndo(Exception):
    """The merge is undone already, one of the two was erased, or a later merge stands on it."""


def followers() -> list[type]:
    """Every table whose rows follow their customer."""
    return [m for m in apps.get_models() if issubclass(m, (OfCustomer, OfCustomerUnchecked)) and m is not Merge]


def in_order(one: Customer, other: Customer) -> tuple[Customer, Customer]:
    """(survivor, loser): a known customer before one that is only claimed, then the elder."""
    return tuple(sorted((one, other), key=lambda customer: (customer.is_provisional, customer.pk)))


def merge(survivor: int, loser: int, *, by: str, identity: str, now: datetime) -> Merge:
    """Everything of `loser` is `survivor`'s; the loser's row stays and says so. Both are locked by the caller."""
    origins = [loser, *Customer.objects.filter(merged_into=loser).values_list("pk", flat=True)]
    consents = stated_consents(survivor, loser)
    Customer.objects.filter(pk__in=origins).update(merged_into=survivor)
    if Customer.objects.filter(pk=loser, is_barred=True).exists():
        Customer.objects.filter(pk=survivor).update(is_barred=True)
    merge = Merge(
        customer_id=survivor, origin_customer_id=loser, identity=identity, by=by, at=now, due_at=now + timedelta(seconds=SWEEP_SECONDS)
    )
    merge.moved = {"origins": origins, "rows": move(loser, survivor, now)}
    merge.xid = current_transaction()
    merge.save()
    keep_stricter_consents(merge, consents, now)
    tagging.set_aside(merge, now)
    after_move(loser, survivor)
    AuditEntry.objects.create(
        act="customer.merge", subject=f"customer:{survivor}", details={"loser": loser, "by": by, "identity": identity}
    )
    return merge


def undo(merge: Merge, *, by: str, user=None, now: datetime) -> dict[str, int]:
    """What arrived by the loser's origins is the loser's again. Returns the rows moved back per table."""
    survivor, loser, origins = merge.customer_id, merge.origin_customer_id, merge.moved["origins"]
    if merge.undone_at or Customer.objects.filter(pk__in=[survivor, loser]).exclude(erased_at=None).exists():
        raise CannotUndo(_("This merge is undone already, or one of the two was erased."))
    if Customer.objects.filter(pk=survivor).exclude(merged_into=None).exists():
        raise CannotUndo(_("The one who took them in was merged on: undo that later merge first."))
    Customer.objects.filter(pk=loser).update(merged_into=None)
    Customer.objects.filter(pk__in=origins).exclude(pk=loser).update(merged_into=loser)
    moved = {
        model._meta.label: model._base_manager.filter(customer_id=survivor, origin_customer_id__in=origins).update(customer_id=loser)
        for model in followers()
    }
    Consent.objects.filter(merge=merge).delete()
    tagging.bring_back(merge, now)
    Merge.objects.filter(pk=merge.pk).update(undone_at=now, due_at=None)
    after_move(loser, survivor)
    AuditEntry.objects.create(by=user, act="customer.unmerge", subject=f"customer:{survivor}", details={"loser": loser, "by": by})
    return {label: rows for label, rows in moved.items() if rows}


def move(loser: int, survivor: int, now: datetime) -> dict[str, int]:
    moved = {}
    for model in followers():
        before = getattr(model, "before_merge", None)
        if before:
            before(survivor, loser, now)
        rows = model._base_manager.filter(customer_id=loser).update(customer_id=survivor)
        if rows:
            moved[model._meta.label] = rows
    return moved


def sweep(merges: list[Merge], now: datetime) -> None:
    """Stragglers follow; a merge is finished when no transaction older than it can commit any more."""
    for merge in merges:
        survivor = Customer.objects.values_list("merged_into", flat=True).get(pk=merge.origin_customer_id)
        if survivor and move(merge.origin_customer_id, survivor, now):
            tagging.set_aside(merge, now)
            after_move(merge.origin_customer_id, survivor)
        merge.done(due_at=None if oldest_transaction() > merge.xid else now + timedelta(seconds=SWEEP_SECONDS))
        merge.save(update_fields=["due_at", "token", "attempts", "error"])


def current_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return cursor.fetchone()[0]


def oldest_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return cursor.fetchone()[0]


def after_move(*customers: int) -> None:
    """What is derived from moved rows is right again."""
    attributes.recompute(customers)


def stated_consents(*customers: int) -> list[dict[tuple, bool]]:
    found = []
    for customer in customers:
        rows = (
            Consent.objects.filter(customer_id=customer)
            .order_by("channel", "purpose", "-occurred_at", "-pk")
            .distinct("channel", "purpose")
        )
        found.append({(c.channel, c.purpose): c.is_granted for c in rows})
    return found


def keep_stricter_consents(merge: Merge, consents: list[dict[tuple, bool]], now: datetime) -> None:
    """Where both had stated something and it differs, no means no (only stated rows are compared, decision 22)."""
    mine, theirs = consents
    Consent.objects.bulk_create(
        [
            Consent(
                customer_id=merge.customer_id,
                origin_customer_id=merge.customer_id,
                channel=c,
                purpose=p,
                is_granted=False,
                occurred_at=now,
                proof="merge",
                merge=merge,
            )
            for c, p in mine.keys() & theirs.keys()
            if mine[c, p] != theirs[c, p]
        ]
    )


def forget_transactions(**_restore) -> None:
    """The numbers of transactions were those of the former server; none of them is open here."""
    Merge.objects.filter(due_at__isnull=False).update(xid=0)
