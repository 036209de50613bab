"""A copy of all that is held about one customer, as JSON in a ZIP, for the person who asked for it
(semantics 9).

Every table that points at a customer is in it without being told, sealed values in the clear; what
hangs on such rows each room adds (CRM_EXPORTS). Whoever makes the copy must be allowed to and says
why; the link is theirs alone and ends after a day.
"""

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils.translation import gettext as _

from crm_project.registry import Registry
from customers.data_rights import erasing
from customers.identity.following import NOT_ABOUT_THEM
from customers.models import AuditEntry, Customer, Export
from customers.privacy.sealing import scrubbed

PERMISSION = "customers.export_customer"
KEPT = timedelta(hours=24)
MOST_PER_HOUR = 10
SHORTEST_REASON = 4
OURS = frozenset(
    {
        "due_at",
        "token",
        "attempts",
        "error",
        "xid",
        "digest",
        "tail",
        "content_digest",
        "code_digest",
    }
)  # how we work, not who they are

portions: Registry["Portion"] = Registry("CRM_EXPORTS", "customers.data_rights.exporting.Portion")


class CannotExport(Exception):
    """In words for whoever wanted it."""


class Portion:
    """What one room adds: rows that belong to a customer's rows and do not point at a customer
    themselves."""

    key = ""

    def parts(self, customers: list[int]) -> Iterator[tuple[str, models.QuerySet]]:
        """(name in the file, rows)."""
        raise NotImplementedError


class OfCustomers(Portion):
    """The person, and every table that points at one."""

    key = "customers"

    def parts(self, customers):
        yield "customers.Customer", Customer.objects.filter(pk__in=customers)
        for model, fields in erasing.pointing():
            if model._meta.label not in NOT_ABOUT_THEM:
                # A merge and a conflict name two; everything else is theirs by `customer`, its
                # origin being one of them too.
                named = ["customer"] if "customer" in fields else fields
                whose = models.Q(
                    *[(f"{field}__in", customers) for field in named], _connector=models.Q.OR
                )
                yield model._meta.label, model._base_manager.filter(whose)


def export(customer: Customer, *, by, reason: str, now: datetime) -> Export:
    """The archive is ready for `by` to fetch. Raises CannotExport."""
    if not by.has_perm(PERMISSION):
        raise CannotExport(_("You may not export customers."))
    reason = " ".join(scrubbed(reason, customer.name).split())[:200]
    if len(reason) < SHORTEST_REASON:
        raise CannotExport(_("Say why, in a few words."))
    if customer.erased_at:
        raise CannotExport(_("This customer is erased already."))
    if Export.objects.filter(by=by, at__gt=now - timedelta(hours=1)).count() >= MOST_PER_HOUR:
        raise CannotExport(
            _("No more than %(n)d in an hour. Try again later.") % {"n": MOST_PER_HOUR}
        )
    with transaction.atomic():
        content = {
            "exported_at": now,
            "exported_by": str(by),
            "customer": str(customer.public_id),
            "data": collected(customer),
        }
        archive = base64.b64encode(packed(content)).decode()
        done = Export.objects.create(
            customer=customer, by=by, archive=archive, at=now, expires_at=now + KEPT
        )
        counts = {name: len(rows) for name, rows in content["data"].items()}
        AuditEntry.objects.create(
            by=by,
            act="customer.export",
            subject=f"customer:{customer.pk}",
            details={"reason": reason, "rows": counts},
        )
    return done


def collected(customer: Customer) -> dict[str, list[dict]]:
    customers = erasing.everybody([customer.merged_into_id or customer.pk])
    found = {}
    for portion in portions:
        for name, rows in portion().parts(customers):
            told = [plain(row) for row in rows.order_by("pk").iterator()]
            if told:
                found[name] = told
    return found


def plain(row: models.Model) -> dict:
    """The row's own columns, what is sealed in the clear."""
    values = {}
    for field in row._meta.concrete_fields:
        if field.name not in OURS:
            value = getattr(row, field.attname)
            values[field.attname] = (
                base64.b64encode(value).decode() if isinstance(value, bytes | memoryview) else value
            )
    return values


def packed(content: dict) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "customer.json",
            json.dumps(content, ensure_ascii=False, indent=1, cls=DjangoJSONEncoder),
        )
    return written.getvalue()


def archive_of(export: Export) -> bytes:
    return base64.b64decode(export.archive)


def forget_old(now: datetime) -> int:
    """Archives whose day is over are gone. Their number."""
    return Export.objects.filter(expires_at__lte=now).delete()[0]
