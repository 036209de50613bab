"""A corpus of spoilt files: each is read, or refused in words, in bounded memory."""

import csv
import io
import random
import tracemalloc

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.sync.files import guessing
from integrations.sync.files.reading import csv_rows, opening, workbook, xlsx
from integrations.sync.files.reading.rows import CannotRead
from tests.sync.spoilt_files import NS, a_workbook, brought, sheet_xml

pytestmark = pytest.mark.django_db
MEMBERS = "姓名,手机号,会员号\n张三,13800138000,001\n李四,13900139000,002\n"


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


KNOWN = frozenset({"姓名", "手机号", "会员号"})


def read(content: bytes, **more):
    file = brought(content, **more)
    shape = guessing.shape_of(file, known=KNOWN)
    return shape, list(opening.rows(file, shape))


@pytest.mark.parametrize(
    "raw",
    [
        MEMBERS.encode(),
        b"\xef\xbb\xbf" + MEMBERS.encode(),
        MEMBERS.encode("gb18030"),
        MEMBERS.encode("utf-16"),
        b"\xfe\xff" + MEMBERS.encode("utf-16-be"),
        MEMBERS.encode("utf-16-le"),
        MEMBERS.replace(",", ";").encode(),
        MEMBERS.replace(",", "\t").encode("utf-16"),
        MEMBERS.replace("\n", "\r\n").encode("gb18030"),
        MEMBERS.replace("\n", "\r").encode(),
        ("sep=;\n" + MEMBERS.replace(",", ";")).encode(),
        ("会员名单 2026,,\n,,\n" + MEMBERS).encode(),
        ("\n\n" + MEMBERS + "\n,,\n").encode(),
    ],
)
def test_however_it_is_written_the_same_rows_are_read(raw):
    shape, rows = read(raw, part_bytes=17)
    assert shape.columns == ("姓名", "手机号", "会员号")
    assert [row.cells for row in rows] == [
        ["张三", "13800138000", "001"],
        ["李四", "13900139000", "002"],
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_reading_goes_on_from_any_place(encoding):
    text = "姓名,手机号,备注\n" + "".join(
        f'人{n},1380013{n:04},"第一行\n第{n}行, 又"\n' for n in range(60)
    )
    file = brought(text.encode(encoding), part_bytes=101)
    shape = guessing.shape_of(file, known=KNOWN)
    whole = list(opening.rows(file, shape))
    assert len(whole) == 60
    assert whole[-1].number == 120
    for stop in (0, 1, 30, 58):
        at, line = whole[stop].after, whole[stop].number + 1
        rest = list(opening.rows(file, shape, at=at, line=line))
        assert rest == whole[stop + 1 :]


def test_a_quote_that_is_never_closed_spoils_its_own_line():
    text = MEMBERS + '王五,"13700137000,003\n' + "赵六,13600136000,004\n" * 3
    _shape, rows = read(text.encode())
    assert [row.cells[0] for row in rows if not row.problem] == ["张三", "李四", *["赵六"] * 3]
    assert [(row.number, row.problem) for row in rows if row.problem] == [
        (4, "A quotation mark is opened here and never closed.")
    ]


def test_cells_and_lines_of_ten_megabytes_cost_their_own_row():
    text = f"{MEMBERS}{'x' * 10_000_000}\n王五,13700137000,{'y' * 150_000}\n赵六,13600136000,4\n"
    file = brought(text.encode())
    shape = guessing.shape_of(file, known=KNOWN)
    tracemalloc.start()
    rows = list(opening.rows(file, shape))
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100 << 20
    assert [row.problem for row in rows] == [
        "",
        "",
        "This line is far too long.",
        "A cell has more than 100000 characters.",
        "",
    ]


def test_bytes_that_are_no_characters_spoil_their_cell_alone():
    raw = MEMBERS.encode() + b"\xff\xfe\xfd,13700137000,003\n"
    _shape, rows = read(raw)
    assert rows[-1].cells == ["���", "13700137000", "003"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n", "PNG"),
        (b"[{}]", "JSON list"),
        (bytes(random.Random(1).randbytes(5000)), "no text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "password"),
        (b"PK\x03\x04 and nothing more", "no Excel file"),
        (a_workbook([["a"]])[:-200], "no Excel file"),
        (a_workbook(sheet="<worksheet><sheetData><row><c>"), "damaged"),
        (a_workbook([], parts=[("xl/workbook.xml", "<workbook/>")]), "no Excel file"),
        (
            a_workbook(
                sheet='<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
                "<worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>"
            ),
            "no Excel file",
        ),
        (a_workbook([["a"]], parts=[("xl/worksheets/sheet1.xml", b" " * (80 << 20))]), "zip bomb"),
    ],
)
def test_what_cannot_be_read_says_why(raw, words):
    with pytest.raises(CannotRead, match=words):
        read(raw)


def test_a_workbook_shows_what_people_see():
    rows = [
        ["姓名", "手机号", "会员号", "生日", "入会", "金额", "算", "坏", "长号"],
        [
            ("s", 0, ""),
            ("v", "13800138000", 0),
            "001",
            ("v", "33000", 1),
            ("v", "45413.5", 2),
            ("v", "19.899999999999999", 0),
            ("f", "1+1", "2"),
            ("e", "#N/A", ""),
            ("v", "1.2345678901234568E+17", 0),
        ],
        [],
        ["李四", ("v", "1.39E10", 0), "", "", "", "", ("f", "now()", "")],
    ]
    file = brought(a_workbook(rows, shared=["张三"], names=("会员", "二")), part_bytes=500)
    shape = guessing.shape_of(file, known=KNOWN)
    assert guessing.sheets_of(file, shape) == ["会员", "二"]
    found = list(opening.rows(file, shape))
    assert [row.number for row in found] == [2, 4]
    assert found[0].cells == [
        "张三",
        "13800138000",
        "001",
        "1990-05-07",
        "2024-05-01 12:00:00",
        "19.9",
        "2",
        "#N/A",
        "1.23456789012346E+17",
    ]
    assert found[1].cells == ["李四", "13900000000", "", "", "", "", xlsx.NO_RESULT]
    assert list(opening.rows(file, shape, at=found[0].after, line=2)) == found[1:]


SHEETS = {
    "plain": sheet_xml([["姓名", "手机号"], *([f"人{n}", str(n)] for n in range(300))]),
    "with numbers and widths": "<worksheet><cols><col min='1'/></cols><sheetData>"
    + "".join(f'<row r="{2 * n}"><c r="B{2 * n}"><v>{n}</v></c></row>' for n in range(1, 300))
    + "</sheetData></worksheet>",
    "without numbers": "<worksheet><sheetData>"
    + "<row><c><v>1</v></c></row><row/><row><c/></row>" * 100
    + "</sheetData></worksheet>",
    "with a prefix": f'<x:worksheet xmlns:x="{NS}"><x:sheetData>'
    + "".join(f'<x:row r="{n}"><x:c><x:v>{n}</x:v></x:c></x:row>' for n in range(1, 300))
    + "</x:sheetData></x:worksheet>",
    "in UTF-16": (
        '<?xml version="1.0" encoding="UTF-16"?><worksheet><sheetData>'
        + "".join(f"<row><c><v>{n}</v></c></row>" for n in range(1, 300))
        + "</sheetData></worksheet>"
    ).encode("utf-16"),
}


@pytest.mark.parametrize("how", sorted(SHEETS))
def test_a_workbook_is_read_on_from_any_row(how, monkeypatch):
    monkeypatch.setattr(workbook, "CHUNK", 777)
    book = opening.Workbook(opening.Stored(brought(a_workbook(sheet=SHEETS[how]))))
    whole = list(xlsx.rows(book, 0))
    assert len(whole) > 90
    for n in range(0, len(whole), 17):
        assert list(xlsx.rows(book, 0, at=whole[n].after, after=whole[n].number)) == whole[n + 1 :]
    places = [row.after for row in whole]
    assert places == sorted(places)
    assert places[-1] < book.size(book.sheets[0].part)


@pytest.mark.parametrize("part", [7, 64])
def test_a_workbook_is_read_across_the_ends_of_its_parts(part):
    rows = [["姓名", "手机号"], ["张三", "13800138000"]]
    _shape, found = read(a_workbook(rows), part_bytes=part)
    assert [row.cells for row in found] == rows[1:]


def test_a_sheet_may_say_how_many_rows_it_has():
    said = sheet_xml([["姓名"], ["张三"]])
    full = said.replace("<sheetData>", '<dimension ref="A1:C5001"/><sheetData>')
    nonsense = said.replace("<sheetData>", '<dimension ref="A1"/><sheetData>')
    for sheet, rows in ((full, 5001), (nonsense, None), (said, None)):
        file = brought(a_workbook(sheet=sheet))
        assert opening.said_rows(file, guessing.shape_of(file)) == rows


def test_merged_cells_are_noticed():
    rows = [["姓名", "手机号"], ["张三", "1"], ["", "2"]]
    merged = a_workbook(rows, more='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>')
    for content, is_merged in ((merged, True), (a_workbook(rows), False)):
        file = brought(content)
        assert guessing.has_merged_cells(file, guessing.shape_of(file)) is is_merged


def test_two_hundred_thousand_columns_are_refused_row_by_row():
    wide = "".join(f'<c t="inlineStr"><is><t>{n}</t></is></c>' for n in range(200_000))
    sheet = (
        f"<worksheet><sheetData><row>{wide}</row><row><c><v>1</v></c></row></sheetData></worksheet>"
    )
    file = brought(a_workbook(sheet=sheet))
    rows = list(xlsx.rows(opening.Workbook(opening.Stored(file)), 0))
    assert [row.problem for row in rows] == ["More than 1000 columns.", ""]
    wide_csv = brought((",".join(map(str, range(200_000))) + "\na,b\n").encode())
    found = list(csv_rows.rows(opening.pieces(wide_csv, 0), "utf-8", ","))
    assert [row.problem for row in found] == ["This line is far too long.", ""]


def test_a_large_workbook_is_streamed():
    rows = [["姓名", "手机号"]] + [[("s", n % 1000, ""), ("v", str(n), 0)] for n in range(10_000)]
    content = a_workbook(sheet=sheet_xml(rows), shared=[f"人{n}" * 50 for n in range(1000)])
    file = brought(content)
    del rows, content
    shape = guessing.shape_of(file, known=KNOWN)
    tracemalloc.start()
    count = sum(1 for _row in opening.rows(file, shape))
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 10_000
    assert most < 30 << 20


def test_json_lines_are_rows():
    text = (
        '{"name": "张三", "phone": "13800138000", "address": {"city": "杭州"}, "tags": ["a","b"]}\n'
        'no json\n[1]\n{"name": "李四", "vip": true, "note": null}\n'
    )
    shape, rows = read(text.encode(), name="a.jsonl")
    assert shape.columns == ("name", "phone", "address.city", "tags", "vip", "note")
    assert rows[0].cells == ["张三", "13800138000", "杭州", "a,b", "", ""]
    assert [row.problem for row in rows[1:3]] == [
        "This line is no JSON.",
        "This line is no JSON object {…}.",
    ]
    assert rows[3].cells == ["李四", "", "", "", "true", ""]


def test_two_columns_of_one_name_are_told_apart():
    shape, _rows = read("姓名,手机号,手机号,\n张三,1,2,3\n".encode())
    assert shape.columns == ("姓名", "手机号", "手机号 (2)", "D")


def test_a_file_without_a_heading_calls_its_columns_by_letters():
    shape, rows = read("张三,13800138000\n李四,13900139000\n".encode())
    assert (shape.heading, shape.columns) == (0, ("A", "B"))
    assert len(rows) == 2


CELLS = st.text(
    st.characters(codec="gb18030", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cf"])
    | st.sampled_from('",;\n '),
    max_size=6,
)


@settings(max_examples=20, deadline=None)
@given(
    cells=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    part=st.integers(1, 50),
)
def test_what_was_written_is_read(cells, encoding, delimiter, part):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([["姓名", "手机号", "会员号"], *cells])
    raw = out.getvalue().encode(encoding)
    text_encoding = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    parts = [raw[at : at + part] for at in range(0, len(raw), part)]
    rows = list(csv_rows.rows(parts, text_encoding, delimiter))
    wanted = [list(row) for row in cells if any(cell.strip() for cell in row)]
    assert [row.cells for row in rows[1:]] == wanted
