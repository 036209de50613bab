"""Undoing an import: what it made and nobody has touched since is taken back, what it changed is as
before, and the same file may come in again (the mapping's next generation)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.db.sets import literal
from crm_project.jobs import running
from crm_project.jobs.kinds import Piece, Refused, RowsKind
from crm_project.jobs.models import Job
from customers.attributes import values as attributes
from customers.identity import following
from customers.models import Consent, Customer, CustomerTag, Identity, IdentityClaim, Source
from customers.tags import tagging
from events.commerce.orders import replace_lines
from events.models import Booking, Order, OrderLine, Product, Refund
from integrations.models import FileImport, ImportMapping, ImportRow

TOUCHED, GONE = "touched", "gone"
WORDS = {
    TOUCHED: gettext_lazy("left as it is, because it was touched since"),
    GONE: gettext_lazy("is gone already"),
}
CHANGES = """
DELETE FROM customers_attributechange c
 USING json_to_recordset(%s::json) AS r(customer int, key text, at timestamptz)
 WHERE c.source_id = %s AND (c.customer_id, c.key, c.occurred_at) = (r.customer, r.key, r.at)
"""
EVENTS = """
DELETE FROM events_event e
 USING json_to_recordset(%s::json) AS r(customer int, id text, at timestamptz)
 WHERE e.customer_id = r.customer AND e.occurred_at = r.at AND e.external_id = r.id
   AND e.source_id = %s
"""
REFUNDED = """
UPDATE events_order o SET refunded_fen = coalesce((SELECT sum(amount_fen) FROM events_refund r
  WHERE r.namespace_id = o.namespace_id AND r.order_number = o.number), 0)
 WHERE o.namespace_id = %s AND o.number = ANY(%s)
"""
# Rows that say nothing of somebody having been here: what is concluded.
CONCLUDED = frozenset({"events.StageChange", "events.Interest"})
BY_SOURCE = frozenset(
    {
        "customers.Identity",
        "customers.IdentityClaim",
        "customers.AttributeChange",
        "customers.Consent",
        "events.Event",
    }
)
BY_TIME = {"customers.CustomerTag": "since", "customers.TagChange": "at"}


def begin(one: FileImport, *, by, now: datetime) -> Job:
    """The import is being undone. Raises Refused."""
    with transaction.atomic():
        ImportMapping.objects.filter(pk=one.mapping_id).update(generation=F("generation") + 1)
        params = {"import": one.pk, "job": one.job_id, "source": one.mapping.source_id}
        job = running.begin(UndoImport, params=params, by=by, now=now)
        FileImport.objects.filter(pk=one.pk).update(undo=job)
    return job


def has_rows(one: FileImport) -> bool:
    """Whether anything of it can still be undone."""
    return ImportRow.objects.filter(job=one.job_id).exists()


class UndoImport(RowsKind):
    """From the last row to the first; the cursor is the number of the one before."""

    key, label, icon = "import_undo", gettext_lazy("undoing an import"), "undo"
    permission = "integrations.add_fileimport"
    window, most = 500, 5_000

    def total(self, job):
        return ImportRow.objects.filter(job=job.params["job"]).count()

    def rows(self, job, window):
        rows = ImportRow.objects.filter(job=job.params["job"])
        rows = rows.filter(pk__lt=job.cursor) if job.cursor else rows
        found = list(rows.order_by("-pk")[:window])
        return Piece(found, found[-1].pk if found else job.cursor, len(found) < window)

    def carry_out(self, job, rows, now) -> Counter:
        source = Source.objects.filter(pk=job.params["source"]).first()
        if source is None:
            raise Refused(_("There is no such mapping any more."))
        counts = Counter(HOW[rows[0].kind](source, rows, now))
        forget_people(source, rows, now)
        ImportRow.objects.filter(pk__in=[row.pk for row in rows]).delete()
        return counts

    def name_of(self, row):
        return str(row.row)

    def title(self, job):
        one = self.about(job)
        return f"{self.label}: {one.name}" if one else str(self.label)

    def about(self, job):
        return FileImport.objects.filter(pk=job.params["import"]).first()

    def words(self, job, reason):
        return str(WORDS.get(reason) or super().words(job, reason))


# -- customers, tags


def of_customers(source: Source, rows: Sequence[ImportRow], now: datetime) -> Counter:
    """Whom the import made goes, unless somebody has touched them; whoever was here before is as
    before."""
    made = {row.origin for row in rows if row.before and row.before.get("made")}
    kept = touched(made, source, {row.at for row in rows}) if made else set()
    undone = [row for row in rows if row.origin not in kept]
    delete_events(source, undone, {row.object for row in undone})
    take_off_tags(undone, now)
    take_back_attributes(source, undone)
    take_back_identities(source, undone)
    forget(made - kept, now)
    return Counter({"": len(undone), TOUCHED: len(rows) - len(undone)})


def touched(
    customers: set[int], source: Source, times: set[datetime], *, is_bare: bool = False
) -> set[int]:
    """Those of them of whom anything is known that this import did not say; `is_bare`: or that it
    said, beyond their identities."""
    alive = Customer.objects.filter(pk__in=customers, merged_into=None, erased_at=None)
    found = customers - set(alive.values_list("pk", flat=True))
    for model in following.followers():
        label = model._meta.label
        if label in CONCLUDED:
            continue
        rows = model._base_manager.filter(customer__in=customers)
        if is_bare and not label.startswith("customers.Identity"):
            pass
        elif label in BY_SOURCE:
            is_events = label == "events.Event"
            rows = rows.exclude(source_id=source.pk) if is_events else rows.exclude(source=source)
        elif label in BY_TIME:
            rows = rows.exclude(**{f"{BY_TIME[label]}__in": times})
        found |= set(rows.values_list("customer_id", flat=True).distinct())
    merged = Customer.objects.filter(merged_into__in=customers)
    return found | set(merged.values_list("merged_into", flat=True))


def take_off_tags(rows: Sequence[ImportRow], now: datetime) -> None:
    """Those that the import put on and nobody has put on anew."""
    named = {row.origin: (set(row.before.get("tags", ())), row.at) for row in rows if row.before}
    worn = CustomerTag.objects.filter(
        origin_customer__in=named, since__in={at for _tags, at in named.values()}
    ).values_list("pk", "origin_customer_id", "tag__name", "since")
    ids = [
        pk
        for pk, origin, name, since in worn
        if name in named[origin][0] and since == named[origin][1]
    ]
    if ids:
        which = "o.id = ANY(%(ids)s::int[])"
        tagging.take(which, {"ids": literal(ids)}, by="", why=str(UndoImport.label), now=now)


def take_back_attributes(source: Source, rows: Sequence[ImportRow]) -> None:
    """What they said of people is out of the history, and the current values follow from the
    rest."""
    said = [row for row in rows if row.before and row.before.get("keys") and row.origin]
    if not said:
        return
    now = following.whose(row.origin for row in said)
    gone = [
        {"customer": now[row.origin], "key": key, "at": row.before["at"]}
        for row in said
        for key in row.before["keys"]
        if row.origin in now
    ]
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, [as_json(gone), source.pk])
    attributes.recompute(sorted(set(now.values())))


def take_back_identities(source: Source, rows: Sequence[ImportRow]) -> None:
    """Those that came with these rows."""
    origins, times = {row.origin for row in rows}, {row.at for row in rows}
    for model in (Identity, IdentityClaim):
        model.objects.filter(
            source=source, origin_customer__in=origins, first_seen_at__in=times
        ).delete()


def forget_people(source: Source, rows: Sequence[ImportRow], now: datetime) -> None:
    """Whom nobody knew before these rows, and of whom nothing is left but their identities."""
    made = {row.origin for row in rows if row.before and row.before.get("person")}
    gone = made - touched(made, source, {row.at for row in rows}, is_bare=True) if made else set()
    take_back_identities(source, [row for row in rows if row.origin in gone])
    forget(gone, now)


def forget(customers: Iterable[int], now: datetime) -> None:
    """They are nobody any more: empty rows, in no segment. Members are the evaluator's, so the row
    itself stays."""
    Customer.objects.filter(pk__in=list(customers)).update(erased_at=now, name="")


# -- what has a number


def of_orders(source: Source, rows: Sequence[ImportRow], now: datetime) -> Counter:
    known = {
        one.number: one
        for one in Order.objects.filter(
            namespace=source.namespace_id, number__in=[row.object for row in rows]
        )
    }
    refunded = set(
        Refund.objects.filter(
            namespace=source.namespace_id, order_number__in=list(known)
        ).values_list("order_number", flat=True)
    )
    counts: Counter = Counter()
    gone: list[Order] = []
    for row in rows:
        order = known.get(row.object)
        reason = untouched(order, row)
        if reason or order is None or (row.before.get("made") and row.object in refunded):
            counts[reason or TOUCHED] += 1
            continue
        counts[""] += 1
        if row.before.get("made"):
            gone.append(order)
        else:
            restore(order, row.before["was"])
            replace_lines({order.pk: row.before["lines"]})
    delete_events(source, rows, {one.number for one in gone})
    OrderLine.objects.filter(order__in=gone).delete()
    Order.objects.filter(pk__in=[one.pk for one in gone]).delete()
    return counts


def of_bookings(source: Source, rows: Sequence[ImportRow], now: datetime) -> Counter:
    known = {
        one.number: one
        for one in Booking.objects.filter(
            namespace=source.namespace_id, number__in=[row.object for row in rows]
        )
    }
    return of_states(source, rows, known)


def of_states(source: Source, rows: Sequence[ImportRow], known: dict) -> Counter:
    counts: Counter = Counter()
    gone = []
    for row in rows:
        one = known.get(row.object)
        reason = untouched(one, row)
        counts[reason] += 1
        if reason or one is None:
            continue
        if row.before.get("made"):
            gone.append(one)
        else:
            restore(one, row.before["was"])
    delete_events(source, rows, {one.number for one in gone})
    for one in gone:
        one.delete()
    return counts


def untouched(one, row: ImportRow) -> str:
    """ "" where it is as the import left it, else why it stays."""
    if one is None or row.before is None:
        return GONE
    is_same = one.occurred_at.isoformat() == row.before["at"] and one.status == row.before["status"]
    return "" if is_same else TOUCHED


def restore(one, was: dict) -> None:
    for name, value in was.items():
        field = one._meta.get_field(name)
        setattr(one, name, field.to_python(value))
    one.save(update_fields=list(was))


def delete_events(source: Source, rows: Sequence[ImportRow], numbers: set[str]) -> None:
    """The events that were written with what goes."""
    chosen = [row for row in rows if row.object in numbers and row.before.get("event")]
    now = following.whose(row.origin for row in chosen if row.origin)
    said = [
        {
            "customer": now[row.origin],
            "id": row.before["event"],
            "at": row.before.get("event_at") or row.before["at"],
        }
        for row in chosen
        if row.origin in now
    ]
    if said:
        with connection.cursor() as cursor:
            cursor.execute(EVENTS, [as_json(said), source.pk])


def of_events(source: Source, rows: Sequence[ImportRow], now: datetime) -> Counter:
    delete_events(source, rows, {row.object for row in rows})
    return Counter({"": len(rows)})


def of_refunds(source: Source, rows: Sequence[ImportRow], now: datetime) -> Counter:
    found = Refund.objects.filter(source=source, number__in=[row.object for row in rows])
    orders = sorted(set(found.values_list("order_number", flat=True)))
    numbers = set(found.values_list("number", flat=True))
    delete_events(source, rows, numbers)
    found.delete()
    with connection.cursor() as cursor:
        cursor.execute(REFUNDED, [source.namespace_id, orders])
    return Counter({"": len(numbers), GONE: len(rows) - len(numbers)})


def of_products(source: Source, rows: Sequence[ImportRow], now: datetime) -> Counter:
    known = {
        one.product_id: one
        for one in Product.objects.filter(
            namespace=source.namespace_id, product_id__in=[row.object for row in rows]
        )
    }
    counts: Counter = Counter()
    for row in rows:
        one = known.get(row.object)
        if one is None or one.updated_at.isoformat() != row.before["at"]:
            counts[TOUCHED if one else GONE] += 1
            continue
        counts[""] += 1
        if row.before.get("made"):
            one.delete()
        else:
            restore(one, row.before["was"])
    return counts


def of_consents(source: Source, rows: Sequence[ImportRow], now: datetime) -> Counter:
    """The statement goes; whatever else was stated stands."""
    gone = 0
    for row in rows:
        gone += Consent.objects.filter(
            source=source,
            origin_customer=row.origin,
            channel=row.before["channel"],
            occurred_at=row.before["at"],
        ).delete()[0]
    return Counter({"": min(gone, len(rows)), GONE: max(len(rows) - gone, 0)})


def as_json(rows: list[dict]) -> str:
    return msgspec.json.encode(rows).decode()


HOW = {
    "customers": of_customers,
    "tags": of_customers,
    "orders": of_orders,
    "bookings": of_bookings,
    "refunds": of_refunds,
    "events": of_events,
    "products": of_products,
    "consents": of_consents,
}
