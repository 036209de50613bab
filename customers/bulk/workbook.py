"""An Excel file that is written as it grows, in constant memory, whoever writes the next piece.

XLSX is a ZIP of XML. The sheet is its last entry, so its rows can be appended batch by batch: each
piece is deflated by itself (a stream of DEFLATE may be cut at a full flush), and what the end of a
ZIP says about an entry, length and checksum, is counted up in `state`, which is plain JSON. A
library would hold the sheet in memory or on the disk of one worker, and could not go on in another.
Every cell is text: a phone keeps its plus, a number its leading zero, a formula is none.
"""

import re
import struct
import zlib
from datetime import datetime
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _

from crm_project.jobs.kinds import Refused

ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LONGEST = 32_000  # characters of a cell: Excel takes 32,767
MOST = 0xFFFFFFFF  # bytes; beyond lies ZIP64
DEFLATED, LATER = 8, 1 << 3  # LATER: length and checksum stand behind the entry
DAY = (2000 - 1980) << 9 | 1 << 5 | 1  # the date of every entry; people look at the sheet
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PARTS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET = "xl/worksheets/sheet1.xml"
AROUND = {
    "[Content_Types].xml": f"""<Types xmlns="{PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{PARTS}.sheet.main+xml"/>
<Override PartName="/{SHEET}" ContentType="{PARTS}.worksheet+xml"/>
<Override PartName="/xl/styles.xml" ContentType="{PARTS}.styles+xml"/>
<Override PartName="/docProps/core.xml"
 ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>""",
    "_rels/.rels": f"""<Relationships xmlns="{PACKAGE}/relationships">
<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>
<Relationship Id="rId2" Type="{PACKAGE}/relationships/metadata/core-properties"
 Target="docProps/core.xml"/></Relationships>""",
    "docProps/core.xml": f"""<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:creator>%(creator)s</dc:creator>
<dcterms:created xsi:type="dcterms:W3CDTF">%(at)s</dcterms:created></cp:coreProperties>""",
    "xl/workbook.xml": f"""<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>
<sheet name="export" sheetId="1" r:id="rId1"/></sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{PACKAGE}/relationships">
<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>""",
    # Style 1 is text ("@", number format 49).
    "xl/styles.xml": f"""<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill>
<fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="2"><xf xfId="0"/><xf numFmtId="49" applyNumberFormat="1" xfId="0"/></cellXfs>
</styleSheet>""",
}


def begun(creator: str, at: datetime) -> tuple[bytes, dict]:
    """The beginning of the file, and the state that `more` and `ended` go on from."""
    state = {"bytes": 0, "entries": []}
    said = {"creator": escape(ILLEGAL.sub("", creator)), "at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    out = []
    for name, text in AROUND.items():
        body = (XML + (text % said if name == "docProps/core.xml" else text)).encode()
        out += [head(state, name), written(state, body), tail(state)]
    out += [
        head(state, SHEET),
        written(state, f'{XML}<worksheet xmlns="{MAIN}"><sheetData>'.encode()),
    ]
    return b"".join(out), state


def more(state: dict, rows: list[list[str]]) -> bytes:
    """These rows below the others. Raises Refused where the file gets too large for its form."""
    return written(state, "".join(map(row_xml, rows)).encode())


def ended(state: dict) -> bytes:
    """The end of the sheet and of the file."""
    out = [written(state, b"</sheetData></worksheet>"), tail(state)]
    start = state["bytes"]
    out += [counted(state, listed(entry)) for entry in state["entries"]]
    count = len(state["entries"])
    out.append(
        struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, state["bytes"] - start, start, 0)
    )
    return b"".join(out)


def row_xml(row: list[str]) -> str:
    return f"<row>{''.join(map(cell_xml, row))}</row>"


def cell_xml(value: str) -> str:
    text = escape(ILLEGAL.sub("", value)[:LONGEST], {"\r": "&#13;"})
    return f'<c t="inlineStr" s="1"><is><t xml:space="preserve">{text}</t></is></c>'


# -- ZIP


def head(state: dict, name: str) -> bytes:
    """What stands before an entry. Its numbers come behind it."""
    state["entries"].append({"name": name, "at": state["bytes"], "crc": 0, "size": 0, "packed": 0})
    return counted(
        state,
        struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, LATER, DEFLATED, 0, DAY, 0, 0, 0, len(name), 0)
        + name.encode(),
    )


def written(state: dict, body: bytes) -> bytes:
    """More of the last entry, deflated so that another piece may follow."""
    packer, entry = zlib.compressobj(6, zlib.DEFLATED, -15), state["entries"][-1]
    packed = packer.compress(body) + packer.flush(zlib.Z_FULL_FLUSH)
    entry["crc"] = zlib.crc32(body, entry["crc"])
    entry["size"] += len(body)
    entry["packed"] += len(packed)
    if max(entry["size"], state["bytes"] + len(packed)) > MOST - (1 << 20):
        raise Refused(_("This is too large for one Excel file: choose CSV."))
    return counted(state, packed)


def tail(state: dict) -> bytes:
    """The end of the stream, and the numbers of the entry."""
    entry, end = state["entries"][-1], zlib.compressobj(6, zlib.DEFLATED, -15).flush()
    entry["packed"] += len(end)
    numbers = struct.pack("<IIII", 0x08074B50, entry["crc"], entry["packed"], entry["size"])
    return counted(state, end + numbers)


def listed(entry: dict) -> bytes:
    """Its line in the directory at the end."""
    name = entry["name"].encode()
    return (
        struct.pack(
            "<IHHHHHHIIIHHHHHII",
            *(0x02014B50, 20, 20, LATER, DEFLATED, 0, DAY),
            *(entry["crc"], entry["packed"], entry["size"], len(name)),
            *(0, 0, 0, 0, 0, entry["at"]),
        )
        + name
    )


def counted(state: dict, content: bytes) -> bytes:
    """Counted: every place in a ZIP is a number of bytes from its beginning."""
    state["bytes"] += len(content)
    return content
