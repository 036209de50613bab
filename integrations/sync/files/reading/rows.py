"""What all forms of files are read as."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

MOST_COLUMNS = 1_000
LONGEST_CELL = 100_000  # characters
MOST_ROW = 1 << 18  # characters of a row, over all its lines
MOST_TOGETHER = 1 << 22  # characters of rows that are held at once


class CannotRead(ValueError):
    """The file is not what it should be; in words for whoever brought it."""


@dataclass(slots=True)
class Row:
    """One row that is not blank. `number`: its first line, or its row in the sheet; `after`: the
    place from which reading goes on behind it (the byte behind it in a text; its own byte in a
    sheet, where it is passed over by its number)."""

    number: int
    after: int
    cells: list[str] = field(default_factory=list)
    problem: str = ""  # why it cannot be read; then there are no cells
    more_lines: int = 0

    @property
    def last_line(self) -> int:
        return self.number + self.more_lines

    @property
    def is_blank(self) -> bool:
        return not self.problem and not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True)
class Shape:
    """How a file is written. `heading`: the number of the row that names the columns, 0 where none
    does; data begins behind it."""

    form: str  # csv, xlsx, jsonl
    columns: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    heading: int = 1
    sheet: int = 0  # which of the workbook's

    def kept(self) -> dict:
        """As JSON, for a job's params."""
        return {
            "form": self.form,
            "columns": list(self.columns),
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "heading": self.heading,
            "sheet": self.sheet,
        }

    @classmethod
    def read(cls, kept: dict) -> "Shape":
        return cls(**{**kept, "columns": tuple(kept["columns"])})


def bounded(found: Iterable[Row], most: int) -> Iterator[Row]:
    """So many of the next rows, fewer where they are long."""
    length = 0
    for n, row in enumerate(found, start=1):
        yield row
        length += sum(map(len, row.cells))
        if n >= most or length > MOST_TOGETHER:
            return
