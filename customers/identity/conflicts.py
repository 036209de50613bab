"""Two customers whom a source named together and whom nobody may join unasked: a person decides."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from customers.identity import merging
from customers.models import AuditEntry, Customer, IdentityConflict, Merge


class CannotJoin(Exception):
    """One of the two was erased, or both are one already."""


def join(conflict: IdentityConflict, *, by, now: datetime) -> Merge:
    """The two are one customer (the elder takes in the other), and the conflict is settled. Raises
    CannotJoin."""
    return join_pair(
        conflict.first_id, conflict.second_id, identity=conflict.reason, by=by, now=now
    )


def join_pair(first: int, second: int, *, identity: str = "", by, now: datetime) -> Merge:
    """The two are one customer; whatever waited for a decision about them is settled. Raises
    CannotJoin."""
    with transaction.atomic():
        pair = Customer.objects.filter(pk__in=[first, second]).values_list("pk", "merged_into")
        ids = sorted({merged_into or pk for pk, merged_into in pair})
        living = list(
            Customer.objects.alive()
            .filter(pk__in=ids)
            .order_by("pk")
            .select_for_update(no_key=True)
        )
        if len(living) != 2:
            raise CannotJoin(
                _("These two cannot be joined: they are one already, or one was erased.")
            )
        survivor, loser = merging.in_order(*living)
        merge = merging.merge(survivor.pk, loser.pk, by=f"user:{by}", identity=identity, now=now)
        about = {"first__in": [first, second, *ids], "second__in": [first, second, *ids]}
        IdentityConflict.objects.filter(settled_at=None, **about).update(settled_at=now)
        return merge


def leave(conflict: IdentityConflict, *, by, now: datetime) -> None:
    """They stay two customers, and nobody is asked again."""
    with transaction.atomic():
        settle(conflict, now=now)
        AuditEntry.objects.create(
            by=by,
            act="conflict.leave",
            subject=f"customer:{conflict.first_id}",
            details={"second": conflict.second_id},
        )


def settle(conflict: IdentityConflict, *, now: datetime) -> None:
    IdentityConflict.objects.filter(pk=conflict.pk, settled_at=None).update(settled_at=now)
