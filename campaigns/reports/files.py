"""A report as a table that a spreadsheet opens."""

from datetime import datetime

from django.http import HttpResponse

from crm_project.jobs.reporting import CSV, csv_text, safe
from customers.bulk import workbook

MARK = "\ufeff"  # by which Excel knows UTF-8
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = ("csv", "xlsx")


def answered(kind: str, rows: list[list[str]], *, name: str, brand: str, at: datetime):
    """The rows as a file to keep; every cell is text, and none a formula."""
    rows = [[str(cell) for cell in row] for row in rows]
    if kind == "xlsx":
        begun, state = workbook.begun(brand, at)
        content, content_type = begun + workbook.more(state, rows) + workbook.ended(state), XLSX
    else:
        text = MARK + csv_text([[safe(cell) for cell in row] for row in rows])
        content, content_type = text.encode(), CSV
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
    )
