"""A file to fill in, one for each kind: Chinese headings and a row that shows how."""

from crm_project.db.clock import reckoned_now
from customers.bulk import workbook as writing
from integrations.sync.files.kinds.base import ImportKind

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(kind: ImportKind) -> bytes:
    """An Excel file: the headings by which the import knows its columns, and an example. All cells
    are texts, so that Excel shortens no number."""
    fields = [one for one in kind.fields if one.headings]
    begun, state = writing.begun("Hutong", reckoned_now())
    rows = [[one.headings[0] for one in fields], [one.example for one in fields]]
    return begun + writing.more(state, rows) + writing.ended(state)
