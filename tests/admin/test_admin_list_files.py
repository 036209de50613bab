"""Lists by file: who is named in a CSV is on the list, and the answer says what became of each
line."""

import itertools

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from crm_project.files import storing, uploads
from crm_project.files.models import File
from crm_project.jobs import running
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.identity import merging
from customers.lists import files, reading
from customers.models import AuditEntry, ChangedCustomer, Identity, ListMember, Segment
from customers.privacy.sealing import digest
from customers.segments import membership
from tests.factories import NOW, a_customer, a_member, a_source, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def by_hand():
    return Segment.objects.create(name="by hand", kind="list")


def with_phone(number):
    customer = a_customer()
    Identity.objects.create(
        customer=customer,
        origin_customer=customer,
        kind="phone",
        value=digest("phone", f"+86{number}"),
        is_strong=True,
        first_seen_at=NOW,
    )
    return customer


def upload(client, segment, content, **fields):
    content = content.encode() if isinstance(content, str) else content
    data = {
        "file-file": SimpleUploadedFile("people.csv", content),
        "file-kind": "phone",
        "file-column": "1",
    }
    data |= {f"file-{name}": value for name, value in fields.items()}
    return client.post(
        reverse("admin:customers_segment_file", args=[segment.pk]), data, follow=True
    )


def values(content: bytes, *, column=1, has_heading=False) -> list[tuple[int, str]]:
    """(line, value) of each row, as the job reads them, from any place as from the beginning."""
    shape = reading.shape_of(content, has_heading=has_heading)
    found = list(reading.rows([content], shape))
    for row, behind in itertools.pairwise(found):
        again = reading.rows([content[row.after :]], shape, at=row.after, line=row.line)
        assert next(again) == behind
    bytewise = [content[n : n + 1] for n in range(len(content))]
    assert len(content) > 10_000 or list(reading.rows(bytewise, shape)) == found
    return [(row.line, row.cells[column - 1].strip()) for row in found]


def on(segment):
    return set(ListMember.objects.filter(segment=segment).values_list("customer_id", flat=True))


def test_where_there_is_one_shop_its_source_is_chosen_already(boss, by_hand):
    page, source = (
        reverse("admin:customers_segment_change", args=[by_hand.pk]),
        a_source(app_id="wx1"),
    )
    a_source(namespace=source.namespace, app_id="wx1")
    chosen = f'<option value="{source.pk}" selected>'
    assert chosen in boss.get(page).content.decode()

    a_source(namespace=source.namespace, app_id="wx2")
    assert chosen not in boss.get(page).content.decode()


def test_each_line_is_accounted_for_and_people_are_masked(boss, by_hand):
    first, second, there = (with_phone(f"1380013800{n}") for n in range(3))
    ListMember.objects.create(segment=by_hand, customer=there, origin_customer=there)
    lines = [
        "phone",
        "13800138000",
        "+86 138-0013-8001",
        "13800138000",
        "13800138002",
        "13911112222",
        "banana",
        "",
    ]

    text = upload(boss, by_hand, "\r\n".join(lines), has_heading="on").content.decode()

    job = Job.objects.get()
    assert on(by_hand) == {first.pk, second.pk, there.pk}
    assert job.skipped == {"as_before": 2, "unknown": 1, "malformed": 1}
    assert job.done_rows == 2
    for words in ("1 skipped: not found", "1 skipped: malformed", "on the list already"):
        assert words in text
    assert "13911112222" not in text
    told = boss.get(reverse("admin:crm_project_job_file", args=[job.pk, "errors"]))
    lines = b"".join(told.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[1:] == ['"6","not found","13911112222"', '"7","malformed","banana"']
    entry = AuditEntry.objects.get(act="segment.list_file")
    assert (entry.by.username, entry.subject) == ("boss", f"segment:{by_hand.pk}")
    assert entry.details == {"kind": "phone", "rows": 6, "added": 2}
    assert set(
        ChangedCustomer.objects.filter(what="list").values_list("customer_id", flat=True)
    ) == on(by_hand)
    membership.Pass(NOW).done()
    assert Segment.objects.get(pk=by_hand.pk).size == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_encodings_and_delimiters_of_spreadsheets_are_read(encoding, delimiter):
    rows = [["姓名", "手机"], ["李雷", "13800138000"], ['"韩\n梅梅"', "13800138001"]]
    content = "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)

    assert [value for _line, value in values(content, column=2, has_heading=True)] == [
        "13800138000",
        "13800138001",
    ]


def test_member_ids_are_those_of_the_source(boss, by_hand):
    source, customer = a_source(), a_member("10086")
    other = a_source(namespace=None)

    assert "Choose the source" in upload(boss, by_hand, "10086", kind="member_id").content.decode()
    assert on(by_hand) == set()
    upload(boss, by_hand, "10086\nx\x01y\n" + "9" * 300, kind="member_id", source=source.pk)

    assert on(by_hand) == {customer.pk}
    assert other.namespace == source.namespace


def test_whom_a_phone_brought_follows_it_when_a_merge_is_undone(by_hand):
    survivor, loser = a_customer(), with_phone("13800138000")
    merged = merging.merge(survivor.pk, loser.pk, by="test", identity="", now=NOW)

    said = {"kind": "phone", "source": None, "by": None, "now": database_now()}
    files.begin(by_hand, uploaded("13800138000"), **said)
    assert on(by_hand) == {survivor.pk}
    again = files.begin(by_hand, uploaded("13800138000"), **said)
    assert (again.done_rows, again.skipped) == (0, {"as_before": 1})

    merging.undo(merged, by="test", now=NOW)
    assert on(by_hand) == {loser.pk}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04\x00\x00", "neither UTF-8 nor GB18030"),
        (b"\xff\xff\xff\x80", "neither UTF-8 nor GB18030"),
        (b"\n \n", "is empty"),
        (b"", "is empty"),
    ],
)
def test_what_is_no_list_is_refused_in_words_and_not_kept(boss, by_hand, content, words):
    assert words in upload(boss, by_hand, content).content.decode()
    assert not Job.objects.exists()
    assert not File.objects.exists()


@pytest.mark.parametrize("content", [b'"' + b"x" * 200_000, b"x" * ((1 << 20) + 1)])
def test_what_turns_out_to_be_no_csv_ends_in_words(boss, by_hand, content):
    file = uploaded(b"13800138000\n" + content + b"\n13800138001\n")
    job = files.begin(by_hand, file, kind="phone", source=None, by=None, now=database_now())
    while running.work():
        pass

    job.refresh_from_db()
    assert job.state == "failed"
    assert "cannot be read as CSV" in job.error


def test_a_byte_that_is_no_character_spoils_its_own_row_only(by_hand, monkeypatch):
    """Where the beginning is text; else it is no file for us."""
    monkeypatch.setattr(uploads, "PART_BYTES", 1000)
    customer = with_phone("13800138000")
    content = "手机\n".encode() + b"138\xff001\n13800138000\n"
    job = files.begin(
        by_hand,
        uploaded("名字\n".encode() * 200 + content),
        kind="phone",
        source=None,
        by=None,
        now=database_now(),
    )

    assert (job.done_rows, job.skipped) == (1, {"malformed": 202})
    assert on(by_hand) == {customer.pk}


def test_a_long_file_is_worked_off_in_the_background_piece_by_piece(boss, by_hand, monkeypatch):
    monkeypatch.setattr(uploads, "PART_BYTES", 1000)
    monkeypatch.setattr(files.ListFile, "window", 70)
    monkeypatch.setattr(files.ListFile, "most", 70)
    monkeypatch.setattr(files, "SOON", 0)
    people = [with_phone(f"1380013{n:04}") for n in range(0, 300, 3)]
    lines = ["phone", *(f"1380013{n:04}" for n in range(300))]

    text = upload(boss, by_hand, "\r\n".join(lines), has_heading="on").content.decode()
    assert "job-progress" in text
    steps, job = 0, Job.objects.get()
    while running.work():
        steps += 1

    job.refresh_from_db()
    assert steps > 4
    assert (job.state, job.done_rows, job.skipped) == ("done", 100, {"unknown": 200})
    assert on(by_hand) == {one.pk for one in people}
    assert job.input.expires_at <= database_now()
    told = b"".join(storing.pieces(job.errors)).decode().splitlines()
    assert told[-1].startswith('"301","not found"')


def test_what_was_brought_in_parts_is_put_on_the_list(boss, by_hand):
    customer = with_phone("13800138000")
    begun = boss.post(reverse("admin:upload"), {"kind": "list_file", "name": "a.csv", "size": 11})
    put = reverse("admin:upload_part", args=[begun.json()["id"], 1])
    address = reverse("admin:customers_segment_file", args=[by_hand.pk])
    said = {"file-upload": begun.json()["id"], "file-kind": "phone", "file-column": "1"}

    assert "not here as a whole" in boss.post(address, said, follow=True).content.decode()
    wrong = {**said, "file-upload": "no id"}
    assert "There is no such file" in boss.post(address, wrong, follow=True).content.decode()
    assert boss.put(put, b"13800138000", content_type="text/csv").status_code == 200
    boss.post(address, said)

    assert on(by_hand) == {customer.pk}


def test_a_hostile_upload_breaks_nothing(boss, by_hand):
    rule = Segment.objects.create(name="rule")
    address = reverse("admin:customers_segment_file", args=[by_hand.pk])

    assert (
        upload(boss, by_hand, "x", kind="anonymous_id", column="-1", source="999").status_code
        == 200
    )
    assert boss.post(address, {}, follow=True).status_code == 200
    assert upload(boss, rule, "13800138000").status_code == 404
    assert boss.get(address).status_code == 405
    assert boss.post(address.replace(f"/{by_hand.pk}/", "/nobody/"), {}).status_code == 404


def test_everybody_can_be_taken_off(boss, by_hand):
    customer = with_phone("13800138000")
    upload(boss, by_hand, "13800138000")
    membership.Pass(NOW).done()

    boss.post(reverse("admin:customers_segment_act", args=[by_hand.pk, "empty_list"]))
    membership.Pass(NOW).done()

    assert on(by_hand) == set()
    assert not by_hand.memberships.exists()
    assert AuditEntry.objects.get(act="segment.list_emptied").details == {"removed": 1}
    assert customer.pk


def test_who_may_only_look_puts_nobody_on_the_list(client, by_hand):
    user = User.objects.create_user("looker", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_segment"))
    client.force_login(user)
    with_phone("13800138000")

    assert upload(client, by_hand, "13800138000").status_code == 403
    assert on(by_hand) == set()
    page = client.get(reverse("admin:customers_segment_change", args=[by_hand.pk])).content.decode()
    assert 'name="file-file"' not in page


@pytest.mark.parametrize(
    "text",
    [
        "name;phone\nLi, Lei;13800138000\nHan, Mei, Mei;13800138001\n",
        "sep=;\nname;phone\nLi, Lei;13800138000\nHan;13800138001\n",
        '"sep=;"\r\nname;phone\r\nLi;13800138000\r\nHan;13800138001\r\n',
        "\n\n  \nname;phone\nLi, Lei;13800138000\nHan, Mei;13800138001\n",
        "name;phone, work;city\nLi;13800138000;Bei,jing\nHan;13800138001;Shang,hai\n",
        "name\tphone\nLi, Lei; father\t13800138000\nHan; daughter\t13800138001\n",
        'name,phone\n"Li;Lei;x",13800138000\n"Han;Mei",13800138001\n',
    ],
)
def test_the_columns_are_divided_by_what_makes_them_constant(text):
    assert [value for _line, value in values(text.encode(), column=2, has_heading=True)] == [
        "13800138000",
        "13800138001",
    ]


def test_the_line_numbers_are_those_of_the_file():
    assert values(b"sep=;\n\nname;phone\nLi;1\n\nHan;2\n", column=2, has_heading=True) == [
        (4, "1"),
        (6, "2"),
    ]
    assert values(b"13800138000\n13800138001\n") == [(1, "13800138000"), (2, "13800138001")]
