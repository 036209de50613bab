"""Files come back as they were put, from wherever they lie, and nobody else can read them."""

import tracemalloc

import pytest
from django.db import connection, transaction

from crm_project.files import expiring, stores, storing
from crm_project.files.models import File, FilePart
from crm_project.queue.due import database_now
from crm_project.sealing import NotDecipherable
from tests.files.conftest import lying

pytestmark = pytest.mark.django_db
TEXT = "手机,13812345678\r\n".encode() * 1_000


def a_file(**more):
    now = database_now()
    return storing.make(
        **{"by": None, "name": "a.csv", "content_type": "", "expires_at": now, **more}
    )


def test_what_was_put_comes_back(store):
    file, parts = a_file(), [TEXT, b"", b"\x00\xff" * 70_000, "末".encode()]
    for part in parts:
        storing.append(file, part)

    file = File.objects.get(pk=file.pk)
    assert list(storing.pieces(file)) == parts
    assert list(storing.pieces(file, after=2)) == parts[2:]
    assert storing.size(file) == sum(map(len, parts))


def test_it_is_unreadable_where_it_lies(store):
    file = a_file()
    storing.append(file, TEXT)

    raw = lying(store) if store != "database" else []
    with connection.cursor() as cursor:
        cursor.execute("SELECT content, digest FROM crm_project_filepart")
        raw += [bytes(value) for value in cursor.fetchone() if value is not None]
    assert len(raw) >= 2
    assert not [one for one in raw if b"13812345678" in one or "手机".encode() in one]
    assert max(map(len, raw)) < len(TEXT) / 5  # text is packed before it is encrypted


def test_a_part_is_no_part_of_another_place(store):
    one, other = a_file(), a_file()
    for file in (one, other):
        storing.append(file, TEXT)
    moved = FilePart.objects.get(file=one)

    with pytest.raises(NotDecipherable):
        storing.content_of(other, moved)
    moved.number = 2
    with pytest.raises(NotDecipherable):
        storing.content_of(one, moved)


def test_what_is_forgotten_lies_nowhere_also_what_was_never_told(store):
    file, other = a_file(), a_file(expires_at=database_now().replace(year=2100))
    storing.append(other, TEXT)

    with transaction.atomic():
        storing.append(file, b"put and never told")
        transaction.set_rollback(True)
    storing.append(file, TEXT)

    assert expiring.forget_old(database_now()) == 1

    assert list(File.objects.all()) == [other]
    assert FilePart.objects.count() == 1
    if store != "database":
        assert len(lying(store)) == 1
    assert list(storing.pieces(other)) == [TEXT]


def test_a_large_file_is_written_and_read_in_constant_memory(store):
    file, part = a_file(), bytes(8 << 20)
    tracemalloc.start()
    for _n in range(6):
        storing.append(file, part)
    assert sum(map(len, storing.pieces(file))) == 48 << 20
    assert tracemalloc.get_traced_memory()[1] < 40 << 20
    tracemalloc.stop()


def test_a_store_that_cannot_be_used_says_so_and_is_asked_again(settings, tmp_path):
    file = a_file()
    settings.FILES_URL = (tmp_path / "shared").as_uri()
    storing.append(file, TEXT)
    (tmp_path / "shared" / str(file.public_id)).rename(tmp_path / "away")

    with pytest.raises(stores.StoreFailed):
        list(storing.pieces(file))

    (tmp_path / "away").rename(tmp_path / "shared" / str(file.public_id))
    assert list(storing.pieces(file)) == [TEXT]


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9"])
def test_a_bucket_that_does_not_answer_says_so(settings, monkeypatch, endpoint):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    settings.FILES_URL = f"s3://files?endpoint={endpoint}&region=x"

    with pytest.raises(stores.StoreFailed) as failed:
        storing.append(a_file(), TEXT)
    assert "127.0.0.1" not in str(failed.value)


def test_where_nobody_mounted_the_folder_it_is_no_folder_of_ours(settings, tmp_path):
    (tmp_path / "shared").write_text("a file stands where the folder should be")
    settings.FILES_URL = (tmp_path / "shared").as_uri()

    with pytest.raises(stores.StoreFailed, match="directory"):
        storing.append(a_file(), TEXT)


@pytest.mark.parametrize("url", ["ftp://x/y", "s3://", "file://host/x", "folder:x"])
def test_another_kind_of_address_is_refused(url):
    with pytest.raises(stores.ImproperlyConfigured):
        stores.at(url)
