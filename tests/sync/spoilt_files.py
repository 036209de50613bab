"""Files as people bring them: encodings, quotes, workbooks that are none. Made here, bit by bit."""

import io
import zipfile
from xml.sax.saxutils import escape

from crm_project.files import storing, uploads
from crm_project.files.models import File
from crm_project.queue.due import database_now

NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = f"""<styleSheet xmlns="{NS}"><numFmts count="1"><numFmt numFmtId="176"
 formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts><cellXfs count="3">
<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="176"/></cellXfs></styleSheet>"""


def brought(content: bytes, name="file.csv", by=None, part_bytes=uploads.PART_BYTES) -> File:
    """The file as an upload of these bytes leaves it."""
    now = database_now()
    file = File.objects.create(
        by=by,
        name=name,
        size=len(content),
        part_bytes=part_bytes,
        completed_at=now,
        expires_at=now + uploads.EXPIRES,
    )
    for number, at in enumerate(range(0, len(content), part_bytes), start=1):
        storing.write(file, number, content[at : at + part_bytes])
    return file


def cell(value) -> str:
    """A cell of a sheet: ("v", raw, style) for a number, a str for a text in the cell itself."""
    if isinstance(value, tuple):
        kind, raw, style = value
        return {
            "v": f'<c s="{style}"><v>{raw}</v></c>',
            "s": f'<c t="s"><v>{raw}</v></c>',
            "f": f"<c><f>{raw}</f>{f'<v>{style}</v>' if style != '' else ''}</c>",
            "e": f'<c t="e"><v>{raw}</v></c>',
        }[kind]
    return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else "<c/>"


def sheet_xml(rows, more: str = "") -> str:
    body = "".join(
        f'<row r="{n}">{"".join(map(cell, row))}</row>' for n, row in enumerate(rows, start=1)
    )
    return f'<worksheet xmlns="{NS}"><sheetData>{body}</sheetData>{more}</worksheet>'


def a_workbook(rows=(), *, sheet: str = "", shared=(), more: str = "", parts=(), names=("one",)):
    """The bytes of an .xlsx; `parts`: entries beside or instead of the usual ones."""
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(names) + 1)
    )
    texts = "".join(f"<si><t>{escape(one)}</t></si>" for one in shared)
    entries = {
        "xl/workbook.xml": (
            f'<workbook xmlns="{NS}" xmlns:r="{REL}"><sheets>{sheets}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": f"<Relationships>{relations}</Relationships>",
        "xl/styles.xml": STYLES,
        **({"xl/sharedStrings.xml": f'<sst xmlns="{NS}">{texts}</sst>'} if shared else {}),
        **{
            f"xl/worksheets/sheet{n}.xml": sheet or sheet_xml(rows, more)
            for n in range(1, len(names) + 1)
        },
        **dict(parts),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return out.getvalue()
