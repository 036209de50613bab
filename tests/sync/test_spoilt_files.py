"""The corpus of spoilt files, each read as an import reads it: a clear answer, bounded memory
(measured in a process of its own), nothing half-stored."""

import html
import io
import json
import random
import subprocess
import sys
import zipfile

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from crm_project.files.models import File
from crm_project.jobs import running
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.models import Customer, Source
from integrations.models import FileImport, ImportMapping
from integrations.sync.files import beginning, undoing
from tests.sync.importing import boss, looked_at
from tests.sync.spoilt_files import NS, a_workbook

MOST_MB = 300
HEAD = "姓名,手机号,备注\n"
MEMBERS = HEAD + "张三,13800138000,好\n李四,13900139000,坏\n"
SHEET = "xl/worksheets/sheet1.xml"
GRID = [["姓名", "手机号"], ["张三", "13800138000"]]
MB = 1 << 20


def patched(content: bytes, name: str, *, size=None, packed=None) -> bytes:
    """The directory of a ZIP says something else of one entry than is true."""
    at, raw = content.rindex(name.encode()) - 46, bytearray(content)
    assert raw[at : at + 4] == b"PK\x01\x02"
    if packed is not None:
        raw[at + 20 : at + 24] = packed.to_bytes(4, "little")
    if size is not None:
        raw[at + 24 : at + 28] = size.to_bytes(4, "little")
    return bytes(raw)


def overlapping() -> bytes:
    """Many entries of the directory are the same bytes of the file."""
    out = io.BytesIO(a_workbook(GRID))
    with zipfile.ZipFile(out, "a") as made:
        made.writestr("xl/media/a.bin", b"\0" * MB, zipfile.ZIP_DEFLATED)
        last = made.filelist[-1]
        for n in range(500):
            again = zipfile.ZipInfo(f"xl/media/a{n:03}.bin")
            for name in ("header_offset", "compress_size", "file_size", "CRC", "compress_type"):
                setattr(again, name, getattr(last, name))
            made.filelist.append(again)
    return out.getvalue()


def nested() -> bytes:
    """A ZIP in a ZIP in a ZIP."""
    inner = b"\0" * (20 * MB)
    for n in range(3):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr(f"{n}.zip", inner)
        inner = out.getvalue()
    return inner


def many_entries() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for n in range(120_000):
            made.writestr(f"xl/{n:030}", b"")
    return out.getvalue()


def long_directory() -> bytes:
    """The end of the ZIP says that its directory is as large as the file."""
    raw = bytearray(b"PK\x03\x04" + b"\0" * (400 * MB) + a_workbook(GRID)[-22:])
    raw[-10:-6] = (len(raw) - 22).to_bytes(4, "little")
    raw[-6:-2] = bytes(4)
    return bytes(raw)


def rows_of_long_texts() -> bytes:
    """A megabyte of XML names the same long text hundreds of thousands of times."""
    cells = '<c t="s"><v>0</v></c>'
    row = f"<row>{wide(2)}</row>" + f"<row>{cells}</row>" * 6_000
    sheet = f'<worksheet xmlns="{NS}"><sheetData>{row}</sheetData></worksheet>'
    return a_workbook(sheet=sheet, shared=["长" * 90_000])


def row_of_long_texts() -> bytes:
    cells = '<c t="s"><v>0</v></c>' * 1000
    rows = f"<row>{wide(2)}</row><row>{cells}</row>"
    return a_workbook(sheet=a_sheet(rows), shared=["长" * 90_000])


def noise(n: int) -> str:
    """Letters that a ZIP cannot pack well."""
    return random.Random(1).randbytes(n // 2).hex()


def wide(n: int) -> str:
    return "".join(f'<c t="inlineStr"><is><t>{one}</t></is></c>' for one in range(n))


def a_sheet(inner: str) -> str:
    return f'<worksheet xmlns="{NS}"><sheetData>{inner}</sheetData></worksheet>'


LONG = "A cell has more than 100000 characters."
MANY = "More than 1000 columns."
# How each is made, and what is said: the refusal of the whole, or rows, those refused, and why.
CORPUS = {
    "utf-8.csv": (MEMBERS.encode, (2, 0, "")),
    "utf-8-mark.csv": (lambda: MEMBERS.encode("utf-8-sig"), (2, 0, "")),
    "gb18030.csv": (lambda: MEMBERS.encode("gb18030"), (2, 0, "")),
    "utf-16.csv": (lambda: MEMBERS.encode("utf-16"), (2, 0, "")),
    "two-encodings.csv": (lambda: MEMBERS.encode() + "王五,1,二\n".encode("gb18030"), (3, 0, "")),
    "utf-32.csv": (lambda: MEMBERS.encode("utf-32"), "This is no text"),
    "noise.bin": (lambda: random.Random(1).randbytes(MB), "This is no text"),
    "zeros.csv": (lambda: bytes(MB), "The file is empty"),
    "open-quote.csv": (
        f'{MEMBERS}王五,"1,x\n赵六,2,y\n'.encode,
        (4, 1, "A quotation mark is opened here and never closed."),
    ),
    "quote-at-the-end.csv": (f'{MEMBERS}王五,1,"'.encode, (3, 0, "")),
    "quotes-for-ever.csv": ((HEAD + '"' * (20 * MB)).encode, (1, 1, "far too long")),
    "line-ends-inside.csv": (f'{HEAD}张三,1,"一\n二\r\n三\r四"\n'.encode, (1, 0, "")),
    "line-ends-for-ever.csv": (
        (HEAD + '张三,1,"' + "\n" * 400_000).encode,
        (1, 1, "A quotation mark is opened here and never closed."),
    ),
    "mixed-line-ends.csv": (lambda: MEMBERS.replace("\n", "\r", 1).encode(), (2, 0, "")),
    "ten-megabytes.csv": (
        f"{MEMBERS}{'x' * 10 * MB},1,2\n赵六,3,4\n".encode,
        (4, 1, "This line is far too long."),
    ),
    "long-cells.csv": (
        (HEAD + f"张三,1,{'长' * 90_000}\n" * 500).encode,
        (500, 0, ""),
    ),
    "many-columns.csv": (
        (HEAD + ",".join(["1"] * 100_000) + "\n张三,1,2\n").encode,
        (2, 1, MANY),
    ),
    "two-of-a-heading.csv": (
        ("手机号," * 999 + "手机号\n" + "1," * 999).encode,
        (1, 0, ""),
    ),
    "ten-megabytes.jsonl": (
        ('{"手机号": "1"}\n{"x": "' + "x" * 10 * MB + '"}\n').encode,
        (2, 1, "This line is far too long."),
    ),
    "far-more-columns.csv": (
        (HEAD + ",".join(["1"] * 200_000) + "\n张三,1,2\n").encode,
        (2, 1, "This line is far too long."),
    ),
    "many-columns.jsonl": (
        lambda: (
            b'{"a": 1}\n'
            + (json.dumps(dict.fromkeys(map(str, range(60_000)), 1)) + "\n").encode() * 100
        ),
        (101, 100, MANY),
    ),
    "deep.jsonl": (
        lambda: b'{"a": 1}\n{"a": ' + b"[" * 400_000 + b"]" * 400_000 + b"}\n",
        (2, 1, "This line is no JSON."),
    ),
    "list.json": (lambda: b"[" + b'{"a": 1},' * MB + b"{}]", "one JSON list"),
    "ten-megabytes.xlsx": (
        lambda: a_workbook([*GRID, [noise(10 * MB), "1"], ["x", "2"]]),
        (3, 1, LONG),
    ),
    "ten-megabytes-shared.xlsx": (
        lambda: a_workbook([*GRID, [("s", 0, ""), "1"]], shared=[noise(10 * MB)]),
        (2, 1, LONG),
    ),
    "ten-megabytes-attribute.xlsx": (
        lambda: a_workbook(sheet=a_sheet(f'<row><c t="{noise(24 * MB)}"/></row>')),
        "no Excel file",
    ),
    "formulas.xlsx": (
        lambda: a_workbook([*GRID, [("f", "cmd|' /C calc'!A0", ""), ("f", "1+1", "2")]]),
        (2, 0, ""),
    ),
    "merged.xlsx": (
        lambda: a_workbook(GRID, more='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>'),
        (1, 0, "merged"),
    ),
    "macros.xlsm": (
        lambda: a_workbook(GRID, parts=[("xl/vbaProject.bin", random.Random(1).randbytes(MB))]),
        (1, 0, ""),
    ),
    "external.xlsx": (
        lambda: a_workbook(
            GRID,
            parts=[
                (
                    "xl/_rels/workbook.xml.rels",
                    (
                        '<Relationships><Relationship Id="rId1" TargetMode="External"'
                        ' Target="file:///etc/passwd"/></Relationships>'
                    ),
                )
            ],
        ),
        "no Excel file",
    ),
    "entities.xlsx": (
        lambda: a_workbook(
            sheet='<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
            + a_sheet("<row><c><v>&a;&b;</v></c></row>")
        ),
        "no Excel file",
    ),
    "bomb.xlsx": (lambda: a_workbook(GRID, parts=[(SHEET, b" " * (80 * MB))]), "zip bomb"),
    "bomb-of-texts.xlsx": (
        lambda: a_workbook(GRID, parts=[("xl/sharedStrings.xml", b"<si/>" * (20 * MB))]),
        "zip bomb",
    ),
    "bomb-of-styles.xlsx": (
        lambda: a_workbook(
            GRID,
            parts=[("xl/styles.xml", b"<s><cellXfs>" + b"<xf/>" * (10 * MB) + b"</cellXfs></s>")],
        ),
        "no Excel file",
    ),
    "nested.zip": (nested, "no Excel file"),
    "overlapping.xlsx": (overlapping, "zip bomb"),
    "declares-less.xlsx": (
        lambda: patched(a_workbook(GRID, parts=[(SHEET, b" " * (80 * MB))]), SHEET, size=1000),
        "damaged",
    ),
    "declares-more.xlsx": (
        lambda: patched(a_workbook(GRID), SHEET, size=50 * MB),
        (1, 0, ""),
    ),
    "packs-to-more.xlsx": (lambda: patched(a_workbook(GRID), SHEET, packed=50 * MB), "zip bomb"),
    "many-entries.xlsx": (many_entries, "no Excel file"),
    "long-directory.xlsx": (long_directory, "no Excel file"),
    "cut.xlsx": (lambda: a_workbook(GRID)[:-100], "no Excel file"),
    "old.xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(MB), "password"),
    "many-columns.xlsx": (
        lambda: a_workbook(sheet=a_sheet(f"<row>{wide(200_000)}</row><row>{wide(2)}</row>")),
        (1, 0, ""),
    ),
    "many-columns-below.xlsx": (
        lambda: a_workbook(sheet=a_sheet(f"<row>{wide(2)}</row><row>{wide(200_000)}</row>" * 3)),
        (6, 3, MANY),
    ),
    "two-of-a-heading.xlsx": (lambda: a_workbook([["手机号"] * 1000, ["1"] * 1000]), (1, 0, "")),
    "rows-of-long-texts.xlsx": (rows_of_long_texts, (6_001, 0, "")),
    "row-of-long-texts.xlsx": (row_of_long_texts, (2, 1, "This row is far too long.")),
    "far-away.xlsx": (
        lambda: a_workbook(
            sheet=a_sheet(
                f'<row r="1">{wide(2)}</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
            )
        ),
        (2, 1, MANY),
    ),
}

TOO_LARGE = {"long-directory.xlsx"}  # to be brought in a test without parts
REFUSED = sorted(
    name
    for name, (_make, said) in CORPUS.items()
    if isinstance(said, str) and name not in TOO_LARGE
)


def answers(folder) -> dict[str, dict]:
    """All are read, one after another, each in a process that ends with it."""
    for name, (make, _wanted) in CORPUS.items():
        (folder / name).write_bytes(make())
    paths = [str(folder / name) for name in CORPUS]
    command = [sys.executable, "-m", "tests.sync.reading_apart", *paths]
    done = subprocess.run(
        command, capture_output=True, cwd=settings.BASE_DIR, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for path in folder.iterdir():
        path.unlink()
    return {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}


def is_as_wanted(found: dict, wanted) -> bool:
    if found["status"] or "failed" in found or found["mb"] >= MOST_MB:
        return False
    if isinstance(wanted, str):
        return wanted in found.get("refused", "")
    rows, problems, why = wanted
    return (
        (found.get("rows"), found.get("problems")) == (rows, problems)
        and found["is_merged"] == (why == "merged")
        and (not problems or all(why in said for said in found["said"]))
    )


def test_each_has_a_clear_answer_in_bounded_memory(tmp_path):
    found = answers(tmp_path)
    wrong = [found[name] for name in CORPUS if not is_as_wanted(found[name], CORPUS[name][1])]
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", REFUSED)
def test_nothing_is_stored_of_what_is_refused(client, name):
    client.force_login(boss())
    client.cookies["django_language"] = "en"
    content, wanted = CORPUS[name][0](), CORPUS[name][1]
    file = SimpleUploadedFile(name, content)
    said = {"kind": "customers", "namespace": Source.own().namespace_id, "file": file}
    answer = client.post(reverse("admin:integrations_fileimport_add"), said)
    assert answer.status_code == 400
    assert wanted in html.unescape(answer.content.decode())
    for model in (FileImport, ImportMapping, Job, Customer):
        assert not model.objects.exists(), model
    assert not File.objects.filter(expires_at=None).exists()


@pytest.mark.django_db
def test_what_is_damaged_far_below_is_found_by_the_trial_and_can_be_undone():
    rows = "".join(
        f'<row><c t="inlineStr"><is><t>1380013{n:04}</t></is></c></row>' for n in range(5000)
    )
    head = '<row><c t="inlineStr"><is><t>手机号</t></is></c></row>'
    sheet = f'<worksheet xmlns="{NS}"><sheetData>{head}{rows}<row><c t="n"><v>'
    one = looked_at(a_workbook(sheet=sheet), name="a.xlsx")
    trial = ended(beginning.try_it(one, by=boss(), now=database_now()))
    assert (trial.state, trial.error) == ("failed", "This Excel file is damaged: save it again.")
    assert not Customer.objects.exists()
    job = ended(beginning.go(one, by=boss(), now=database_now()))
    assert (job.state, job.error) == ("failed", trial.error)
    assert Customer.objects.count() == job.done_rows
    one.refresh_from_db()
    if undoing.has_rows(one):
        ended(undoing.begin(one, by=boss(), now=database_now()))
    assert not Customer.objects.filter(erased_at=None).exists()


def ended(job):
    while running.work():
        pass
    job.refresh_from_db()
    return job
