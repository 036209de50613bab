"""A segment made from another one: the same rule under a new name, or its present members as a
list."""

from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from customers.lists import rows as list_rows
from customers.models import Segment
from customers.segments import membership

LONGEST = Segment._meta.get_field("name").max_length


def copy_segment(segment: Segment, *, by, now: datetime) -> Segment:
    """A new segment has the same rule, or is a list of the same people, under a new name. Raises
    InvalidRule where the rule cannot be read any more."""
    name = free_name(_("Copy of %(name)s") % {"name": segment.name})
    copy = Segment(name=name, kind=segment.kind, description=segment.description, created_by=by)
    if segment.kind == Segment.Kind.RULE:
        return membership.save_definition(copy, segment.definition, by=by, now=now)
    return fill_list(
        copy,
        "SELECT customer_id, origin_customer_id FROM customers_listmember WHERE segment_id ="
        " %(source)s",
        segment,
        by,
        now,
    )


def snapshot_as_list(segment: Segment, *, by, now: datetime) -> Segment:
    """A new list has those who are members now; it does not follow the rule."""
    name = free_name(
        _("%(name)s, as of %(day)s") % {"name": segment.name, "day": f"{now:%Y-%m-%d}"}
    )
    made = Segment(
        name=name, kind=Segment.Kind.LIST, description=segment.description, created_by=by
    )
    return fill_list(
        made,
        "SELECT customer_id, customer_id FROM customers_membership WHERE segment_id = %(source)s",
        segment,
        by,
        now,
    )


def fill_list(made: Segment, people: str, source: Segment, by, now: datetime) -> Segment:
    with transaction.atomic(), connection.cursor() as cursor:
        made.save()
        cursor.execute(
            # Constants
            "INSERT INTO customers_listmember (segment_id, customer_id, origin_customer_id, since) "  # noqa: S608
            f"SELECT %(made)s, people.customer, people.origin, %(now)s FROM ({people}) AS"
            " people(customer, origin) ORDER BY people.origin "
            "ON CONFLICT DO NOTHING",
            {"made": made.pk, "source": source.pk, "now": now},
        )
        list_rows.note(
            made, "segment.list_copied", by, {"from": source.pk, "added": cursor.rowcount}
        )
    return made


def free_name(wanted: str) -> str:
    """Names are unique: with a number behind it where it is taken."""
    name, number = wanted[:LONGEST], 1
    while Segment.objects.filter(name=name).exists():
        number += 1
        name = f"{wanted[: LONGEST - 6]} ({number})"
    return name
