"""How long each kind is kept in this installation: its default, or what a person has chosen within
the bounds; and whether rows may go."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from crm_project.queue.due import database_now
from customers.data_rights.retention.base import DataKind, kinds
from customers.models import AuditEntry, Retention

CHANGE, AGREE = "customers.change_retention", "customers.agree_retention"


class OutOfBounds(ValueError):
    """In words for whoever set it."""


def make(now: datetime) -> None:
    """Each kind that is cleared has its row, due at once. Later ones, of a new release, count first
    and wait to be agreed to."""
    known = set(Retention.objects.values_list("kind", flat=True))
    missing = [kind.key for kind in kinds if kind.is_cleared and kind.key not in known]
    Retention.objects.bulk_create(
        [Retention(kind=key, due_at=now) for key in missing], ignore_conflicts=True
    )


def row_of(kind: DataKind) -> Retention:
    key = kind.follows or kind.key
    return Retention.objects.filter(kind=key).first() or Retention(kind=key)


def number(kind: DataKind) -> int | None:
    """How many of its days or months it is kept; None: no number ends it."""
    if kind.follows:
        return number(kinds[kind.follows]())
    row = row_of(kind)
    return row.number if row.is_chosen else kind.default


def may_delete(kind: DataKind) -> bool:
    return not kind.asks or row_of(kind).agreed_at is not None


def check(kind: DataKind, wanted: int | None) -> None:
    """Raises OutOfBounds."""
    words = {"least": kind.least, "most": kind.most, "law": kind.law}
    if wanted is None and kind.most is not None:
        raise OutOfBounds(_("At most %(most)d: %(law)s") % words)
    if wanted is not None and wanted < (kind.least or 1):
        raise OutOfBounds(
            _("At least %(least)d: %(law)s") % words if kind.least else _("At least 1.")
        )
    if wanted is not None and kind.most is not None and wanted > kind.most:
        raise OutOfBounds(_("At most %(most)d: %(law)s") % words)


def choose(kind: DataKind, wanted: int | None, *, by) -> bool:
    """The kind is kept so long from now on. A shorter term counts first and waits to be agreed to.
    False when it was so already."""
    if not (by.has_perm(CHANGE) and kind.is_settable and not kind.follows):
        raise PermissionDenied
    check(kind, wanted)
    make(database_now())
    with transaction.atomic():
        row = Retention.objects.select_for_update().get(kind=kind.key)
        before = row.number if row.is_chosen else kind.default
        if wanted == before:
            return False
        is_shorter = wanted is not None and (before is None or wanted < before)
        row.is_chosen, row.number = True, wanted
        row.began_at, row.waiting, row.waiting_oldest = None, 0, None
        if is_shorter:
            row.agreed_at, row.agreed_by, row.ended_at = (
                None,
                None,
                None,
            )  # what was counted was less
        row.save()
        look_again(kind.key)
        details = {"unit": kind.unit, "before": before, "now": wanted}
        AuditEntry.objects.create(
            by=by, act="retention.change", subject=f"retention:{kind.key}", details=details
        )
    return True


def look_again(key: str) -> None:
    """This kind, and those that have its term, are swept from their beginning, soon."""
    keys = [key, *(kind.key for kind in kinds if kind.follows == key)]
    Retention.objects.filter(kind__in=keys).update(
        due_at=database_now(), began_at=None, token=None, attempts=0, error=""
    )


def unagreed() -> list[Retention]:
    """Kinds of which nothing is deleted until somebody agrees."""
    keys = [kind.key for kind in kinds if kind.is_cleared and kind.asks and not kind.follows]
    return list(Retention.objects.filter(kind__in=keys, agreed_at=None).order_by("pk"))


def agree(keys: list[str], *, by) -> list[str]:
    """What has had its time of these kinds may go, from now on. Only what was counted can be agreed
    to; the kinds that were."""
    if not by.has_perm(AGREE):
        raise PermissionDenied
    now, agreed = database_now(), {}
    with transaction.atomic():
        for row in (
            Retention.objects.select_for_update()
            .filter(kind__in=keys, agreed_at=None)
            .exclude(ended_at=None)
            .order_by("pk")
        ):
            if row.kind in kinds and row.began_at is None:
                Retention.objects.filter(pk=row.pk).update(agreed_at=now, agreed_by=by)
                look_again(row.kind)
                agreed[row.kind] = row.waiting
        if agreed:
            AuditEntry.objects.create(
                by=by, act="retention.agree", subject="retention", details={"rows": agreed}
            )
    return list(agreed)
