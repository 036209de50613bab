"""What an import keeps between its batches: its reader, as long as this process goes on with it;
and a row for each item that it wrote (ImportRow), by which it is undone."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from django.db import connection

from crm_project.jobs.models import Job
from integrations.models import ImportRow
from integrations.sync.files.kinds.base import CHANGED, NEW, SAME, ImportKind, Made
from integrations.sync.files.reading import opening
from integrations.sync.files.reading.rows import Row, Shape

INSERT = """
INSERT INTO integrations_importrow (job_id, row, kind, object, origin, outcome, before, at)
SELECT %s, r.row, %s, r.object, r.origin, r.outcome, r.before, %s
FROM json_to_recordset(%s::json) AS r(row int, object text, origin int, outcome text, before jsonb)
"""
SEEN = "seen"


class Reader:
    """Rows, of which the next one can be looked at without being taken."""

    def __init__(self, rows: Iterator[Row]):
        self.rows, self.ahead = rows, list[Row]()

    def __iter__(self):
        return self

    def __next__(self) -> Row:
        return self.ahead.pop() if self.ahead else next(self.rows)

    def peek(self) -> Row | None:
        if not self.ahead:
            following = next(self.rows, None)
            if following is None:
                return None
            self.ahead.append(following)
        return self.ahead[0]


# To enter a workbook in its middle costs its shared texts and what lies before: who reads on from
# where they were, reads on. Of a few jobs, as they take turns.
MOST_READERS = 4
_going_on: dict[int, tuple[int, Reader]] = {}


def reader_of(job: Job) -> Reader:
    """The rows from the job's cursor on."""
    shape = Shape.read(job.params["shape"])
    line = job.memo.get("line", 0)
    at, reader = _going_on.pop(job.pk, (-1, None))
    if reader is None or at != job.cursor:
        reader = Reader(opening.rows(job.input, shape, at=job.cursor, line=line))
    if shape.form == opening.XLSX:
        while len(_going_on) >= MOST_READERS:
            del _going_on[next(iter(_going_on))]
        _going_on[job.pk] = (job.cursor, reader)
    return reader


def line_behind(job: Job, last: Row) -> int:
    """How many lines lie before the place behind this row; and a workbook's reader stands there."""
    if job.pk in _going_on:
        _going_on[job.pk] = (last.after, _going_on[job.pk][1])
    return last.last_line


def write_rows(job: Job, kind: ImportKind, made: Sequence[Made], now: datetime) -> None:
    rows = [
        {
            "row": one.rows[0],
            "object": one.object[:200],
            "origin": one.origin,
            "outcome": one.outcome,
            "before": one.before,
        }
        for one in made
    ]
    insert(job, kind, rows, now)


def insert(job: Job, kind: ImportKind, rows: list[dict], now: datetime) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [job.pk, kind.key, now, msgspec.json.encode(rows).decode()])


# -- of a trial


def judge_seen(job: Job, kind: ImportKind, made: Sequence[Made], now: datetime) -> None:
    """What an earlier row of the same file has brought is not new any more."""
    marks = [marks_of(kind, one) for one in made]
    seen = set(
        ImportRow.objects.filter(
            job=job, object__in={mark for some in marks for mark in some}
        ).values_list("object", flat=True)
    )
    rows = []
    for one, some in zip(made, marks, strict=True):
        if some[0] in seen:
            one.outcome = SAME
        elif one.outcome == NEW and seen & set(some[1:]):
            one.outcome = CHANGED
        rows += [
            {"row": one.rows[0], "object": mark, "outcome": SEEN}
            for mark in some
            if mark not in seen
        ]
        seen.update(some)
    insert(job, kind, rows, now)


def marks_of(kind: ImportKind, one: Made) -> list[str]:
    """What it says, and by what it is known again; for orders the number itself."""
    if kind.number:
        return [one.incoming.id, one.key]
    named = [f"{n.kind} {n.scope} {n.value}" for n in one.incoming.identities]
    if not kind.is_about_people:
        named = []
    return [one.incoming.id, *(hashlib.sha256(text.encode()).hexdigest()[:40] for text in named)]


def forget_rows(job: Job) -> None:
    ImportRow.objects.filter(job=job).delete()
