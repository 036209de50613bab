"""Backups, and the lists of the erased, in a store that outlives this machine."""

import io
import os
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from crm_project.backup import archive, elsewhere
from crm_project.files import stores
from crm_project.models import Heartbeat
from customers.data_rights import erased_marks
from customers.models import AuditEntry
from tests.factories import NOW, a_workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def there(store, settings, tmp_path):
    """The same folder or bucket, for backups; this machine's disk is empty."""
    if store == "database":
        pytest.skip("rows are no place for a backup of them")
    settings.BACKUPS_URL, settings.HUTONG_DATA = settings.FILES_URL, tmp_path / "here"
    (tmp_path / "shared").mkdir()
    (tmp_path / "here").mkdir()
    return settings.HUTONG_DATA / "backups"


def said(*words) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def an_erasure(number: int, people: list[str]):
    return SimpleNamespace(pk=number, at=NOW, marks={"people": people, "identities": ["i"]})


def test_a_backup_goes_there_and_comes_back_whole(there):
    a_workspace()
    (name,) = {said("backup").partition(":")[0]}

    assert list(there.iterdir()) == []  # the disk of this machine does not fill up
    assert said("backup", "--list").split() == [name]
    fetched = elsewhere.fetch(name, there)
    assert fetched.stat().st_mode & 0o777 == 0o600
    with archive.reading(fetched) as found:
        assert found.manifest.rows["customers_workspace"] == 1
    assert AuditEntry.objects.filter(act="backup.made").count() == 1


def test_one_that_is_named_with_its_path_stays_where_it_was_asked_for(there, tmp_path):
    a_workspace()
    said("backup", str(tmp_path / "mine.zip"))
    assert (tmp_path / "mine.zip").exists()
    assert elsewhere.kept() == []


def test_where_the_store_is_away_the_backup_stays_here_and_counts_as_none(there, settings):
    a_workspace()
    settings.BACKUPS_URL = "file:///dev/full"
    with pytest.raises(CommandError, match="HUTONG_BACKUPS_URL"):
        said("backup")
    assert [one.suffix for one in there.iterdir()] == [".zip"]
    assert not Heartbeat.objects.filter(name="backup").exists()


def test_whichever_host_erases_the_marks_are_there(there, settings, tmp_path):
    assert erased_marks.note(an_erasure(1, ["a"]))
    assert erased_marks.note(an_erasure(2, ["b"]))
    settings.HUTONG_DATA = tmp_path / "other host"
    settings.HUTONG_DATA.mkdir()
    assert erased_marks.note(an_erasure(3, ["c"]))
    settings.HUTONG_DATA = tmp_path / "a new machine"
    settings.HUTONG_DATA.mkdir()

    marks, lists = erased_marks.gathered()

    assert {tuple(mark.people) for mark in marks} == {("a",), ("b",), ("c",)}
    assert lists


def test_marks_that_could_not_be_kept_there_are_tried_again(there, settings):
    url, settings.BACKUPS_URL = settings.BACKUPS_URL, "file:///dev/full"
    assert not erased_marks.note(an_erasure(1, ["a"]))
    settings.BACKUPS_URL = url
    assert erased_marks.note(an_erasure(1, ["a"]))
    assert len(elsewhere.erased().splitlines()) == 1


@pytest.mark.parametrize("name", ["../x.zip", "/etc/passwd", "none.zip"])
def test_what_is_no_name_of_a_backup_is_not_fetched(there, name):
    assert elsewhere.fetch(name, there) is None


def test_a_folder_that_is_not_mounted_is_no_empty_store(settings, tmp_path):
    a_workspace()
    settings.BACKUPS_URL, settings.HUTONG_DATA = (tmp_path / "mnt").as_uri(), tmp_path
    with pytest.raises(stores.StoreFailed):
        elsewhere.erased()
    with pytest.raises(CommandError, match=r"The backup stays in .*backups/hutong-.*zip"):
        said("backup")


@pytest.mark.parametrize("url", ["database:", "ftp://x/y", "file:relative", "s3://key:word@b/p"])
def test_an_address_that_is_no_place_for_backups_is_refused(settings, url):
    settings.BACKUPS_URL = url
    with pytest.raises(ImproperlyConfigured, match="HUTONG_BACKUPS_URL"):
        elsewhere.store()
    with pytest.raises(CommandError, match="HUTONG_BACKUPS_URL"):
        said("backup", "--list")


def test_a_download_overwrites_nothing(store, settings, tmp_path):
    if store == "database":
        pytest.skip("a backup is no row")
    (tmp_path / "shared").mkdir()
    there, mine = stores.current(), tmp_path / "mine"
    mine.write_bytes(os.urandom(10 << 20))  # in parts
    there.upload("backups/x.zip", mine)
    with pytest.raises((stores.StoreFailed, FileExistsError)):
        there.download("backups/x.zip", mine)
    there.download("backups/x.zip", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == mine.read_bytes()
    assert there.names("backups") == ["x.zip"]
    assert there.names("nothing") == []
