"""Jobs over one column of a CSV that somebody brought: the place in the file, its lines, its
cells."""

from collections.abc import Iterator
from itertools import islice

from django.utils.translation import gettext as _

from crm_project.files import storing
from crm_project.files.models import File
from crm_project.jobs.kinds import Piece, Refused, RowsKind
from crm_project.jobs.models import Job
from customers.lists import reading


def params_of(file: File, *, column: int, has_heading: bool) -> dict:
    """What a CsvKind needs to know of its file. Raises CannotRead."""
    shape = reading.shape_of(next(storing.pieces(file), b""), has_heading=has_heading)
    return {
        "column": column,
        "file": file.name,
        "bytes": storing.size(file),
        "encoding": shape.encoding,
        "delimiter": shape.delimiter,
        "headings": shape.headings,
    }


class CsvKind(RowsKind):
    """Base class. The cursor is the place in the file, in bytes; `memo` has the number of lines
    before it."""

    window, most, takes_file = 5_000, 50_000, True
    reasons: dict[str, object] = {}  # why a row was skipped, in words

    def rows(self, job, window):
        said = job.params
        if job.input is None:
            raise Refused(_("The file is no longer here: send it again."))
        shape = reading.Shape(said["encoding"], said["delimiter"], said["headings"])
        line = job.memo.get("line", 0)
        reader = reading.rows(pieces(job.input, job.cursor), shape, at=job.cursor, line=line)
        try:
            found = list(islice(reader, window))
        except reading.CannotRead as problem:
            raise Refused(str(problem)) from problem
        is_last = len(found) < window
        if found:
            job.memo["line"] = found[-1].line
        return Piece(found, said["bytes"] if is_last else found[-1].after, is_last)

    def value(self, job: Job, row: reading.Row) -> str:
        column = job.params["column"]
        return row.cells[column - 1].strip() if len(row.cells) >= column else ""

    def name_of(self, row):
        return str(row.line)

    def facts(self, job):
        return [(_("file"), job.params["file"])]

    def words(self, job, reason):
        return str(self.reasons.get(reason) or super().words(job, reason))

    def share(self, job):
        return min(job.cursor / max(job.params["bytes"], 1), 1.0)

    def audited(self, job):
        return {"bytes": job.params["bytes"]}


def pieces(file: File, at: int) -> Iterator[bytes]:
    """The file from this byte on; only what lies there is read."""
    number, within = divmod(at, file.part_bytes) if file.part_bytes else (0, at)
    for piece in storing.pieces(file, after=number):
        yield piece[within:]
        within = max(within - len(piece), 0)
