"""Lists by file: who is named in a CSV is put on the list, in sets."""

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from itertools import islice

from django.db import connection, transaction
from django.utils.translation import gettext as _

from crm_project.db import transactions
from crm_project.db.sets import literal
from crm_project.queue import lanes
from customers.identity import identifiers, resolution
from customers.identity import rows as identity_rows
from customers.models import AuditEntry, ListMember, Segment, Source
from customers.privacy.sealing import masked

MOST_ROWS = 200_000
MOST_MEGABYTES = 20
AT_ONCE = 10_000
SHOWN = 10
ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",;\t"
LOOKED_AT = 200  # lines, to find out by what the columns are divided


# Excel's own first line, in whatever quotes and after blank lines.
SAID = re.compile(r"\s*\"?sep=(?P<delimiter>[,;\t|])\"?[ \r]*(?:\n|\Z)", re.IGNORECASE)


class CannotRead(ValueError):
    """The file is not what it should be; in words for a marketer."""


@dataclass(slots=True)
class Added:
    """What became of the lines of a file; the first few of each kind of trouble are named, people
    masked."""

    rows: int = 0
    matched: int = 0
    added: int = 0
    repeated: int = 0
    unknown: int = 0
    first_unknown: list[str] = field(default_factory=list)
    malformed: int = 0
    first_malformed: list[int] = field(default_factory=list)


def text_of(content: bytes) -> str:
    if len(content) > MOST_MEGABYTES << 20:
        raise CannotRead(_("The file is larger than %(n)d MB.") % {"n": MOST_MEGABYTES})
    for encoding in ENCODINGS if b"\0" not in content else ():
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CannotRead(_("The file is neither UTF-8 nor GB18030 text: save it as CSV."))


def divided_by(text: str) -> str:
    """What divides the columns: that by which most lines have the same number of them, and then the
    most columns."""

    def fit(delimiter: str) -> tuple[float, int]:
        try:
            widths = [
                len(row)
                for row in islice(
                    csv.reader(StringIO(text, newline=""), delimiter=delimiter), LOOKED_AT
                )
                if any(row)
            ]
        except csv.Error:
            return (0, 0)
        [(width, lines)] = Counter(widths).most_common(1) or [(1, 0)]
        return (lines / len(widths), width) if width > 1 else (0, 0)

    return max(DELIMITERS, key=fit)


def values(content: bytes, *, column: int = 1, has_heading: bool = False) -> list[tuple[int, str]]:
    """(line, value) of each line that is not blank; "" where the line has no such column. Raises
    CannotRead.

    The heading is the first line that is not blank. Excel's "sep=;" says what divides the columns
    and is no line of the list.
    """
    text = text_of(content)
    said = SAID.match(text)
    delimiter = said["delimiter"] if said else divided_by(text)
    reader, found, to_skip = (
        csv.reader(StringIO(text, newline=""), delimiter=delimiter),
        [],
        int(has_heading) + bool(said),
    )
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if to_skip:
                to_skip -= 1
                continue
            found.append((reader.line_num, row[column - 1].strip() if len(row) >= column else ""))
            if len(found) > MOST_ROWS:
                raise CannotRead(_("The file has more than %(n)s lines.") % {"n": f"{MOST_ROWS:,}"})
    except csv.Error as error:
        raise CannotRead(_("Line %(n)d cannot be read as CSV.") % {"n": reader.line_num}) from error
    if not found:
        raise CannotRead(_("The file is empty."))
    return found


def add(
    segment: Segment,
    rows: list[tuple[int, str]],
    *,
    kind: str,
    source: Source | None,
    starts_journeys: bool = False,
    by,
    now: datetime,
) -> Added:
    """Whoever holds one of these identities, named as `source` names them, is on the list; the act
    is in the audit log.

    A file is history, unless it `starts_journeys`: nobody is written to for entering a segment by
    it.
    """
    result, wanted = Added(rows=len(rows)), {}
    for line, value in rows:
        normal = identifiers.normal(kind, value)
        if not normal:
            result.malformed += 1
            result.first_malformed += [line] if len(result.first_malformed) < SHOWN else []
        elif normal in wanted:
            result.repeated += 1
        else:
            wanted[normal] = resolution.key_of(source, kind, normal)
    with (
        transaction.atomic(),
        lanes.mass(len(wanted) > lanes.MANY),
        lanes.history(not starts_journeys),
    ):
        transactions.take_number()  # before reading who they are
        named, found = list(wanted.items()), set()
        for some in (named[n : n + AT_ONCE] for n in range(0, len(named), AT_ONCE)):
            held = identity_rows.holders(key for _value, key in some)
            matched = {one.customer_id: one.origin_id for one in held.values()}
            missing = [value for value, key in some if key not in held]
            found |= matched.keys()
            result.unknown += len(missing)
            result.first_unknown += [
                masked(kind, value) for value in missing[: SHOWN - len(result.first_unknown)]
            ]
            result.added += insert(segment, matched, now)
        result.matched = len(found)
        note(
            segment,
            "segment.list_file",
            by,
            {
                "kind": str(kind),
                "rows": result.rows,
                "matched": result.matched,
                "added": result.added,
            },
        )
    return result


def insert(segment: Segment, matched: dict[int, int], now: datetime) -> int:
    """These customers, or who took them in, each by the origin of the identity that named it, are
    members. How many are new."""
    with transaction.atomic(), connection.cursor() as cursor:
        transactions.take_number()
        cursor.execute(
            "INSERT INTO customers_listmember (segment_id, customer_id, origin_customer_id, since)"
            " SELECT DISTINCT ON (c.id) %(segment)s, c.id, named.origin, %(now)s   FROM"
            " unnest(%(customers)s::int[], %(origins)s::int[]) AS named(customer, origin)   JOIN"
            " customers_customer o ON o.id = named.origin   JOIN customers_customer c ON c.id ="
            " coalesce(o.merged_into_id, o.id) AND c.erased_at IS NULL  WHERE NOT EXISTS (SELECT 1"
            " FROM customers_listmember m WHERE m.segment_id = %(segment)s AND m.customer_id ="
            " c.id)  ORDER BY c.id, named.origin ON CONFLICT DO NOTHING",
            {
                "segment": segment.pk,
                "now": now,
                "customers": literal(matched),
                "origins": literal(matched.values()),
            },
        )
        return cursor.rowcount


def empty(segment: Segment, *, by) -> int:
    """Nobody is on the list any more. How many were."""
    with transaction.atomic(), lanes.mass(), lanes.history():
        removed = ListMember.objects.filter(segment=segment).delete()[0]
        note(segment, "segment.list_emptied", by, {"removed": removed})
    return removed


def note(segment: Segment, act: str, by, details: dict) -> None:
    AuditEntry.objects.create(by=by, act=act, subject=f"segment:{segment.pk}", details=details)
