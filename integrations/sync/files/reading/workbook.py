"""An Excel file (.xlsx, .xlsm) looked over before anything is read: that it is one, is no bomb, has
no password; its sheets, its shared texts, which styles are dates. Macros are never looked at."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from xml.parsers import expat

from django.utils.translation import gettext as _

from integrations.sync.files.reading.rows import CannotRead
from integrations.sync.files.reading.stored import Texts

CHUNK, SLICE = 1 << 16, 1 << 13
MOST_BYTES = 2 << 30  # of one part, unpacked
SMALL, PACKED_BY_MOST = 64 << 20, 250  # beyond so many bytes nothing honest is packed so well
MOST_ENTRIES, MOST_TEXTS, LONGEST_TEXT = 10_000, 8_000_000, 1 << 20
MOST_NAMED = 100_000  # styles, sheets and the like; Excel itself knows fewer
LONGEST_DIRECTORY = 8 << 20  # bytes of what a ZIP says of its entries
LONGEST_TAG = 8 << 20  # bytes between < and >
LOCAL_HEADER = 30  # bytes at least before an entry's own
OLD = b"\xd0\xcf\x11\xe0"  # of .xls, and of files with a password
DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
TEXTUAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]')
DATED = re.compile(r"[ymdhs]|年|月|日", re.IGNORECASE)


def no_workbook() -> CannotRead:
    return CannotRead(_("This is no Excel file that can be read: save it again as .xlsx or CSV."))


def few(found) -> None:
    if len(found) > MOST_NAMED:
        raise no_workbook()


class Bounded(io.BufferedReader):
    """A file of which nobody takes much at once: a ZIP's directory is read whole, and says itself
    how large it is."""

    def read(self, size=-1, /):
        if size is not None and size > LONGEST_DIRECTORY:
            raise no_workbook()
        return super().read(size)


@dataclass
class Sheet:
    """One sheet of a workbook, and the part that holds its cells."""

    name: str
    part: str
    is_hidden: bool


class Workbook:
    """Raises CannotRead where it is no workbook, or one that nobody should unpack."""

    def __init__(self, source: io.RawIOBase):
        begin = source.read(4)
        source.seek(0)
        if begin == OLD:
            raise CannotRead(
                _(
                    "This is an old Excel file (.xls) or one with a password: save it as .xlsx"
                    " without a password."
                )
            )
        try:
            self.zip = zipfile.ZipFile(Bounded(source))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
            raise no_workbook() from error
        self.look_over()
        self.sheets, self.is_1904 = self.listed()
        self.dates = self.date_styles()

    def look_over(self) -> None:
        entries = self.zip.infolist()
        if len(entries) > MOST_ENTRIES:
            raise no_workbook()
        places = sorted((one.header_offset, one.compress_size) for one in entries)
        ends = [*(begin for begin, _size in places[1:]), self.zip.start_dir]
        for (begin, size), end in zip(places, ends, strict=True):
            if begin + LOCAL_HEADER + size > end:  # they lie over one another
                raise CannotRead(_("Unpacked, this file is far too large (a “zip bomb”)."))
        for one in entries:
            is_packed_hard = one.file_size > max(one.compress_size, 1) * PACKED_BY_MOST
            if one.file_size > MOST_BYTES or (one.file_size > SMALL and is_packed_hard):
                raise CannotRead(_("Unpacked, this file is far too large (a “zip bomb”)."))
            if one.flag_bits & 1:
                raise CannotRead(_("This file has a password: save it without one."))

    def size(self, part: str) -> int:
        """Bytes of the part, unpacked."""
        return self.zip.getinfo(part).file_size

    def chunks(self, part: str, at: int = 0) -> Iterator[bytes]:
        """The part from this byte on."""
        try:
            with self.zip.open(part) as inner:
                inner.seek(at)
                while chunk := inner.read(CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError) as error:
            raise CannotRead(_("This Excel file is damaged: save it again.")) from error
        except Exception as error:  # zlib's own
            if type(error).__module__ != "zlib":
                raise
            raise CannotRead(_("This Excel file is damaged: save it again.")) from error

    def parse(self, part: str, parser) -> None:
        for _nothing in fed(parser, self.chunks(part)):
            pass

    def has(self, part: str) -> bool:
        return part in self.zip.NameToInfo

    def listed(self) -> tuple[list[Sheet], bool]:
        """The sheets in their order, and whether their days are counted from 1904."""
        if not self.has("xl/workbook.xml"):
            raise no_workbook()
        named: list[tuple[str, str, bool]] = []
        parts: dict[str, str] = {}
        flags = {"1904": False}

        def of_workbook(name, attributes):
            few(named)
            if name == "sheet":
                ident = next((v for k, v in attributes.items() if k.endswith(":id")), "")
                named.append((attributes.get("name", ""), ident, "state" in attributes))
            elif name == "workbookPr":
                flags["1904"] = attributes.get("date1904") in ("1", "true")

        def of_relations(name, attributes):
            few(parts)
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "").lstrip("/")
                target = target if target.startswith("xl/") else f"xl/{target}"
                parts[attributes.get("Id", "")] = target

        self.parse("xl/workbook.xml", reader(of_workbook))
        if self.has("xl/_rels/workbook.xml.rels"):
            self.parse("xl/_rels/workbook.xml.rels", reader(of_relations))
        sheets = [Sheet(n, parts[i], h) for n, i, h in named if self.has(parts.get(i, ""))]
        sheets = [one for one in sheets if "worksheets/" in one.part] or sheets
        if not sheets:
            raise no_workbook()
        return sheets, flags["1904"]

    def date_styles(self) -> frozenset[int]:
        """Which styles of cells show a number as a date."""
        if not self.has("xl/styles.xml"):
            return frozenset()
        custom: dict[int, bool] = {}
        styles: list[int] = []
        inside = {"cellXfs": False}

        def begun(name, attributes):
            few(styles)
            few(custom)
            if name == "numFmt" and attributes.get("numFmtId", "").isdigit():
                code = TEXTUAL.sub("", attributes.get("formatCode", ""))
                custom[int(attributes["numFmtId"])] = bool(DATED.search(code))
            elif name == "cellXfs":
                inside["cellXfs"] = True
            elif name == "xf" and inside["cellXfs"]:
                number = attributes.get("numFmtId", "0")
                styles.append(int(number) if number.isdigit() else 0)

        def ended(name):
            if name == "cellXfs":
                inside["cellXfs"] = False

        self.parse("xl/styles.xml", reader(begun, ended))
        return frozenset(
            place for place, number in enumerate(styles) if custom.get(number, number in DATES)
        )

    def texts(self) -> Texts:
        """The shared texts, on disk."""
        found = SharedTexts()
        part = next((n for n in self.zip.NameToInfo if n.lower() == "xl/sharedstrings.xml"), "")
        if part:
            self.parse(part, reader(found.begun, found.ended, found.said))
        return found.texts


class SharedTexts:
    """What a parser finds of them; without how they are pronounced."""

    def __init__(self):
        self.texts, self.text = Texts(), list[str]()
        self.length, self.is_said, self.phonetic = 0, False, 0

    def begun(self, name: str, _attributes: dict) -> None:
        if name == "si":
            self.text, self.length = [], 0
        elif name == "t":
            self.is_said = not self.phonetic
        elif name == "rPh":
            self.phonetic += 1

    def ended(self, name: str) -> None:
        if name == "t":
            self.is_said = False
        elif name == "rPh":
            self.phonetic -= 1
        elif name == "si":
            if len(self.texts) >= MOST_TEXTS:
                raise CannotRead(_("This Excel file has too many texts: save it as CSV."))
            self.texts.append("".join(self.text))

    def said(self, data: str) -> None:
        if self.is_said and self.length < LONGEST_TEXT:
            self.text.append(data)
            self.length += len(data)


def reader(
    begun: Callable, ended: Callable = lambda _name: None, said: Callable = lambda _data: None
):
    """An XML parser that knows names without their namespace, and refuses to define entities."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = CHUNK

    def refuse(*_what):
        raise no_workbook()

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: begun(name.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda name: ended(name.rpartition(":")[2])
    parser.CharacterDataHandler = said
    return parser


def sliced(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Few rows at once, since each may name long texts by a number."""
    for chunk in chunks:
        for at in range(0, len(chunk), SLICE):
            yield chunk[at : at + SLICE]


def fed(parser, chunks) -> Iterator[None]:
    """The parser is fed chunk by chunk; after each, whoever reads may take what there is."""
    size = 0
    try:
        for chunk in sliced(chunks):
            parser.Parse(chunk, False)
            size += len(chunk)
            if size - parser.CurrentByteIndex > LONGEST_TAG:  # it waits for the end of one
                raise no_workbook()
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise CannotRead(_("This Excel file is damaged: save it again.")) from error
