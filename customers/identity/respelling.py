"""What was stored before there was one spelling is stored as it would be now (`manage.py
normalise`), while the product serves.

Windows of ids, each a transaction of its own. What is done is recognised by itself, so it may be
started again at any time, and from where it was interrupted. Nobody is merged: two customers who
turn out to hold one identity wait for a person in the conflict queue.
"""

from collections import Counter
from collections.abc import Iterator

from django.db import IntegrityError, models, transaction
from django.db.models import Max, Min

from crm_project import audit
from crm_project.queue.due import database_now
from crm_project.registry import Registry
from customers.attributes import values
from customers.identity import normalising
from customers.identity.rows import PERSONAL, Resolved, lock_customers
from customers.models import (
    AttributeChange,
    CustomerAttribute,
    Identity,
    IdentityClaim,
    IdentityConflict,
    Kind,
)
from customers.privacy.personal import attribute_digest, kind_of, text_of
from customers.privacy.sealing import NotDecipherable, digest

AT_ONCE = 2000  # ids of a window

normalisers: Registry["Normaliser"] = Registry(
    "CRM_NORMALISERS", "customers.identity.respelling.Normaliser"
)


class Normaliser:
    """One table. `key` names its place in what is remembered of an interrupted run."""

    key = ""
    model: type[models.Model]

    def run(self, after: int = 0) -> Iterator[tuple[int, Counter]]:
        """Window by window: the last id that is done, and what became of the rows."""
        ends = self.model._base_manager.aggregate(first=Min("pk"), last=Max("pk"))
        at = max(after, (ends["first"] or 1) - 1)
        while at < (ends["last"] or 0):
            with transaction.atomic():
                found = self.window(at, at + AT_ONCE)
            at += AT_ONCE
            yield min(at, ends["last"]), found

    def rows(self, after: int, until: int) -> models.QuerySet:
        return self.model._base_manager.filter(pk__gt=after, pk__lte=until).order_by("pk")

    def window(self, after: int, until: int) -> Counter:
        raise NotImplementedError


def clear_of(row) -> str | None:
    """What was said, where it can be read."""
    try:
        return row.sealed if row.kind in PERSONAL else row.value
    except NotDecipherable:
        return None


class OfIdentities(Normaliser):
    key, model = "identities", Identity

    def window(self, after, until):
        looked_at = [
            (row, clear) for row in self.rows(after, until) if (clear := clear_of(row)) is not None
        ]
        wrong = {
            row.pk: normal
            for row, clear in looked_at
            if (normal := normalising.normal(row.kind, clear)) != clear
        }
        lock_customers({row.customer_id for row, _clear in looked_at if row.pk in wrong})
        rows = (
            self.model._base_manager.filter(pk__in=wrong)
            .select_for_update(of=("self",))
            .order_by("pk")
        )
        return Counter(self.settle(row, wrong[row.pk]) for row in rows)

    def settle(self, row, normal: str | None) -> str:
        if normal is None:
            keep_as_attribute(row)
            row.delete()
            return "no identity"
        value = digest(row.kind, normal) if row.kind in PERSONAL else normal
        other = (
            self.model._base_manager.filter(
                kind=row.kind, scope=row.scope, value=value, **self.same(row)
            )
            .exclude(pk=row.pk)
            .first()
        )
        if other is None:
            return self.respell(row, normal, value)
        if other.customer_id == row.customer_id:
            row.delete()
            return "twice"
        return self.ask(row, other)

    def same(self, row) -> dict:
        """What else makes a row of this value the only one."""
        return {}

    def respell(self, row, normal: str, value: str) -> str:
        row.value = value
        if row.kind in PERSONAL:
            row.sealed = normal
        if row.kind == Kind.PHONE:
            row.tail = digest("tail", normal[-4:])
        try:
            with transaction.atomic():
                row.save(update_fields=["value", "sealed", "tail"])
        except IntegrityError:  # it came in a moment ago in its right spelling
            return "start again"
        return "spelled anew"

    def ask(self, row, other) -> str:
        first, second = sorted((row.customer_id, other.customer_id))
        IdentityConflict.objects.get_or_create(
            first_id=first,
            second_id=second,
            defaults={"reason": row.kind, "source_id": row.source_id, "at": database_now()},
        )
        return "conflict"


class OfClaims(OfIdentities):
    """What a client said of different customers may be the same; only of one customer it is
    twice."""

    key, model = "claims", IdentityClaim

    def same(self, row):
        return (
            {"is_provisional": True}
            if row.is_provisional
            else {"origin_customer": row.origin_customer_id}
        )


def keep_as_attribute(row) -> None:
    """A number that is none stays what was said of the customer, unless something was said
    since."""
    if (
        row.kind not in PERSONAL
        or CustomerAttribute.objects.filter(customer=row.customer_id, key=row.kind).exists()
    ):
        return
    change = values.change(
        row.source,
        row.kind,
        row.sealed,
        row.first_seen_at,
        Resolved(row.customer_id, row.origin_customer_id),
    )
    AttributeChange.objects.bulk_create([change])
    values.upsert([change])


class OfAttributes(Normaliser):
    """Personal values are sealed, and found by the hash of their one spelling."""

    key, model = "attributes", CustomerAttribute

    def window(self, after, until):
        rows = self.changed(after, until)
        for row in rows:
            row.save(update_fields=["value", "sealed", "digest"])
        named = sorted({row.customer_id for row in rows if row.key in values.NAME_KEYS})
        if named:
            values.rename(named)
        return Counter({"sealed or hashed anew": len(rows)} if rows else {})

    def changed(self, after: int, until: int) -> list:
        found = []
        for row in self.rows(after, until).select_for_update(of=("self",)):
            try:
                text = (
                    row.sealed
                    if row.digest
                    else (
                        text_of(row.value)
                        if row.value is not None and kind_of(row.key, row.value)
                        else None
                    )
                )
            except NotDecipherable:
                continue
            if text is not None and (anew := attribute_digest(row.key, text)) != row.digest:
                row.value, row.sealed, row.digest = None, text, anew
                found.append(row)
        return found


class OfAttributeChanges(OfAttributes):
    key, model = "attribute_changes", AttributeChange


def note(found: Counter) -> None:
    """One entry of the audit log a run."""
    audit.note(by=None, act="normalise", subject="workspace:1", details=dict(found))
