"""An upload comes in parts, in any order, again where the line was cut, and within bounds."""

import hashlib
import threading

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from crm_project.files import storing, uploads
from crm_project.files.models import File, FilePart
from crm_project.jobs.kinds import JobKind, jobs
from crm_project.queue.due import database_now

pytestmark = pytest.mark.django_db


class Taking(JobKind):
    key, label, permission, takes_file = "taking", "taking", "customers.change_segment", True


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(jobs, "by_key", {**jobs.by_key, "taking": Taking})
    monkeypatch.setattr(uploads, "PART_BYTES", 1000)


@pytest.fixture
def boss(client):
    client.user = User.objects.create_superuser("boss")
    client.force_login(client.user)
    client.cookies["django_language"] = "en"
    return client


def begun(client, size=2500, **more):
    data = {"kind": "taking", "name": "members.csv", "size": size, **more}
    return client.post(reverse("admin:upload"), data)


def put(client, upload, number, content, **headers):
    address = reverse("admin:upload_part", args=[upload["id"], number])
    return client.put(address, content, content_type="application/octet-stream", headers=headers)


def told(client, upload):
    return client.get(reverse("admin:upload_status", args=[upload["id"]])).json()


def part(number: int, size: int = 1000) -> bytes:
    return bytes([number]) * size


def test_parts_come_in_any_order_and_the_rest_is_sent_after_a_cut(boss, store):
    upload = begun(boss).json()
    assert (upload["size"], upload["part_bytes"], upload["parts"]) == (2500, 1000, [])

    assert put(boss, upload, 3, part(3, 500)).status_code == 200
    assert put(boss, upload, 1, part(1)).status_code == 200
    again = told(boss, upload)
    assert [one["number"] for one in again["parts"]] == [1, 3]
    assert again["parts"][0]["digest"] == hashlib.sha256(part(1)).hexdigest()
    assert not again["is_complete"]
    with pytest.raises(uploads.Refused, match="not here as a whole"):
        uploads.complete(upload["id"], by=boss.user, now=database_now())

    assert put(boss, upload, 2, part(2)).status_code == 200
    file = uploads.complete(upload["id"], by=boss.user, now=database_now())
    assert b"".join(storing.pieces(file)) == part(1) + part(2) + part(3, 500)
    assert file.name == "members.csv"


def test_the_same_part_again_changes_nothing_and_another_is_refused(boss):
    upload = begun(boss).json()
    for _n in range(2):
        assert put(boss, upload, 1, part(1)).status_code == 200
    other = put(boss, upload, 1, part(7))

    assert (other.status_code, other.json()["code"]) == (409, "another")
    assert FilePart.objects.count() == 1
    assert b"".join(storing.pieces(File.objects.get())) == part(1)


@pytest.mark.parametrize(
    ("number", "content", "digest", "code"),
    [
        (1, part(1), "0" * 64, "damaged"),
        (1, part(1, 999), "", "wrong_size"),
        (1, part(1, 1001), "", "wrong_size"),
        (3, part(1), "", "wrong_size"),
        (4, part(1), "", "no_such_part"),
        (0, part(1), "", "no_such_part"),
        (1, b"", "", "wrong_size"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_code(boss, number, content, digest, code):
    answer = put(boss, begun(boss).json(), number, content, **{"X-Part-Digest": digest})

    assert answer.json()["code"] == code
    assert 400 <= answer.status_code < 500
    assert not FilePart.objects.exists()


def test_a_part_says_what_it_is_by_its_digest(boss):
    upload, digest = begun(boss).json(), hashlib.sha256(part(1)).hexdigest()

    assert put(boss, upload, 1, part(1), **{"X-Part-Digest": digest.upper()}).status_code == 200


@pytest.mark.parametrize("size", [0, -5, "x", "9" * 40])
def test_nothing_is_no_file(boss, size):
    answer = begun(boss, size)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_one_file_and_all_of_a_person_have_bounds(boss, settings, monkeypatch):
    settings.FILES_MOST_BYTES, settings.FILES_MOST_BYTES_EACH = 5000, 8000
    assert begun(boss, 5001).status_code == 413
    assert begun(boss, 5000).status_code == 201
    assert begun(boss, 3001).json()["code"] == "no_room_left"
    monkeypatch.setattr(uploads, "MOST_FILES", 2)
    assert begun(boss, 10).status_code == 201
    assert begun(boss, 10).json()["code"] == "too_many"

    File.objects.update(expires_at=database_now())
    assert begun(boss, 5000).status_code == 201


def test_it_is_for_whoever_began_it_and_for_those_who_may(boss, client):
    upload = begun(boss).json()
    clerk = User.objects.create_user("clerk", is_staff=True)
    client.force_login(clerk)

    assert begun(client).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="change_segment"))
    assert begun(client).status_code == 201
    assert begun(client, kind="replay").status_code == 403
    assert begun(client, kind="nothing").status_code == 403
    assert put(client, upload, 1, part(1)).status_code == 404
    assert client.get(reverse("admin:upload_status", args=[upload["id"]])).status_code == 404
    client.logout()
    assert put(client, upload, 1, part(1)).status_code == 302
    assert not FilePart.objects.exists()


def test_where_the_database_is_full_the_answer_is_clear_and_the_rest_can_come_later(boss):
    upload = begun(boss).json()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE"
            " 'could not extend file' USING ERRCODE = 'disk_full'; END $$;"
            "CREATE TRIGGER full_disk BEFORE INSERT ON crm_project_filepart"
            " FOR EACH ROW EXECUTE FUNCTION full_disk()"
        )
    answer = put(boss, upload, 1, part(1))
    assert (answer.status_code, answer.json()["code"]) == (507, "no_room")
    assert told(boss, upload)["parts"] == []

    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER full_disk ON crm_project_filepart")
    assert put(boss, upload, 1, part(1)).status_code == 200


def test_where_the_store_is_full_the_answer_is_clear(boss, settings, tmp_path):
    """/dev/full answers every write with ENOSPC: a folder cannot be made beneath it either."""
    settings.FILES_URL = "file:///dev/full"
    answer = put(boss, begun(boss).json(), 1, part(1))

    assert (answer.status_code, answer.json()["code"]) == (507, "no_room")


@pytest.mark.django_db(transaction=True)
def test_the_same_part_twice_at_one_moment_is_there_once():
    boss = User.objects.create_superuser("boss")
    file = uploads.begin(by=boss, name="a", size=1000, now=database_now())
    gate, failed = threading.Barrier(6), []

    def send():
        gate.wait()
        try:
            uploads.put(file, 1, part(1))
        except Exception as error:  # noqa: BLE001 -- told below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert FilePart.objects.count() == 1


def test_a_form_without_scripts_brings_it_whole(store):
    boss = User.objects.create_superuser("boss")
    content = part(1) + part(2, 700)

    file = uploads.received(SimpleUploadedFile("a.csv", content), by=boss, now=database_now())

    assert b"".join(storing.pieces(file)) == content
    assert file.parts.count() == 2
