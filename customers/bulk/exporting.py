"""A list as a file: the columns that it shows, as it shows them (masked where it masks), safe to
open in a spreadsheet.

The file is kept in sealed parts in the database, written in the transaction that moves the run on;
only whoever began the run may fetch it, for a day.
"""

import base64
import csv
import io
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from django import forms
from django.contrib.admin.utils import label_for_field, lookup_field
from django.db.models import Model
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from crm_project.admin.themed_forms import Form as BaseForm
from customers.bulk import running
from customers.bulk.acts import Act
from customers.models import BulkRun, ExportPart

MOST_ROWS = 200_000
TOO_MANY = "too_many"
PART_BYTES = 4 << 20
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
# What a spreadsheet may take for the beginning of a formula, after what it skips.
FORMULA = re.compile(r"[=+\-@\t\r\n]")


class Export(Act):
    key, label, icon = "export", gettext_lazy("Export to a file"), "download"
    permission = "customers.export_list"
    needs_reason = True
    is_confirmed = True

    class Form(BaseForm):
        format = forms.ChoiceField(
            label=gettext_lazy("format"),
            choices=[("xlsx", "Excel (XLSX)"), ("csv", "CSV")],
            initial="xlsx",
            widget=forms.RadioSelect,
        )

    def carry_out(self, run: BulkRun, rows: list, admin, now: datetime) -> Counter:
        taken = rows[: max(MOST_ROWS - run.done_rows, 0)]
        if taken:
            columns = columns_of(admin, run)
            written = (
                safe if run.params["format"] == "csv" else str
            )  # a cell of a workbook is text, whatever it begins with
            add_part(
                run,
                csv_text(
                    [[written(value) for value in cells(row, columns, admin)] for row in taken]
                ),
            )
        return Counter({"": len(taken), TOO_MANY: len(rows) - len(taken)})

    def finish(self, run: BulkRun, admin, now: datetime) -> None:
        """An Excel file is made of the parts once all are there."""
        heading = [
            capfirst(str(label_for_field(name, admin.model, admin)))
            for name in columns_of(admin, run)
        ]
        if run.params["format"] == "csv":
            run.params["heading"] = heading
            return
        content = base64.b64encode(
            workbook(heading, csv.reader(io.StringIO("".join(text_parts(run)))), run)
        ).decode()
        run.parts.all().delete()
        for start in range(0, len(content), PART_BYTES):
            add_part(run, content[start : start + PART_BYTES])

    def words(self, reason: str) -> str:
        return (
            _("over the limit of %(n)s rows") % {"n": f"{MOST_ROWS:,}"}
            if reason == TOO_MANY
            else reason
        )


def columns_of(admin, run: BulkRun) -> list:
    """Those that were shown to whoever began it; names, or callables."""
    shown = admin.get_list_display(running.asking(run))
    return [name for name in shown if name != "action_checkbox"]


def cells(row: Model, columns: list[str], admin) -> list[str]:
    """As the list shows them; whole where the list shows the beginning only (`whole_<column>` of
    its admin)."""
    return [
        text_of(
            lookup_field(whole if hasattr(admin, whole := f"whole_{name}") else name, row, admin)
        )
        for name in columns
    ]


def text_of(found) -> str:
    field, _attribute, value = found
    if field is not None and getattr(field, "flatchoices", None):
        value = dict(field.flatchoices).get(value, value)
    if isinstance(value, tuple):  # a coloured label: what it is, and its word
        value = value[-1]
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, SafeString):
        return " ".join(strip_tags(value.replace("</span>", " ")).split())
    return str(value)


def safe(text: str) -> str:
    """The text itself, or with an apostrophe before it where a spreadsheet might calculate."""
    plain = unicodedata.normalize("NFKC", text)
    begins = next(
        (
            c
            for c in plain
            if c in "\t\r\n" or not (c.isspace() or unicodedata.category(c) in ("Cc", "Cf"))
        ),
        "",
    )
    return f"'{text}" if FORMULA.match(begins) else text


def csv_text(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def add_part(run: BulkRun, text: str) -> None:
    packed = base64.b85encode(zlib.compress(text.encode(), 6)).decode()
    ExportPart.objects.create(run=run, number=run.parts.count(), content=packed)


def text_parts(run: BulkRun) -> Iterator[str]:
    for part in run.parts.order_by("number").iterator(chunk_size=1):
        yield zlib.decompress(base64.b85decode(part.content)).decode()


def workbook(heading: list[str], rows, run: BulkRun) -> bytes:
    book = Workbook(write_only=True)
    book.properties.creator = f"{run.by} {run}"
    sheet = book.create_sheet("export")
    for row in [heading, *rows]:
        sheet.append([text_cell(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text_cell(sheet, value: str) -> WriteOnlyCell:
    """Text, whatever it looks like: a phone keeps its plus, a number its leading zero."""
    cell = WriteOnlyCell(sheet, value=ILLEGAL.sub("", value)[:32_000])
    cell.data_type, cell.number_format = "s", "@"
    return cell


def file_of(run: BulkRun) -> Iterator[bytes]:
    """The bytes of the file, piece by piece."""
    if run.params["format"] == "xlsx":
        for part in text_parts(run):
            yield base64.b64decode(part)
        return
    yield b"\xef\xbb\xbf"  # Excel takes a CSV for UTF-8 only with this mark
    yield csv_text([run.params["heading"]]).encode()
    for part in text_parts(run):
        yield part.encode()


def name_of(run: BulkRun) -> str:
    return f"{run.list.replace('.', '-')}-{run.pk}-{run.by_id}.{run.params['format']}"
