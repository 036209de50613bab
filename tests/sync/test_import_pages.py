"""An import by hand: a file is brought, corrected, tried, let in, undone."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from crm_project.jobs import running
from customers.models import Customer, Source
from integrations.models import FileImport
from integrations.sync.files.reading import xlsx
from tests.sync.importing import boss
from tests.sync.spoilt_files import a_workbook

pytestmark = pytest.mark.django_db
MEMBERS = "姓名,手机号,积分\n张三,13800138000,7\n李四,13900139000,8\n王五,1.38E+10,9\n"


@pytest.fixture
def desk(client):
    with translation.override("en"):
        client.force_login(boss())
        client.cookies["django_language"] = "en"
        yield client


def posted(desk, one: FileImport, **more):
    page = reverse("admin:integrations_fileimport_change", args=[one.pk])
    answer = desk.post(page, more, follow=True)
    assert answer.status_code == 200
    while running.work():
        pass
    one.refresh_from_db()
    return answer.content.decode()


def test_a_file_is_brought_tried_imported_and_undone(desk):
    add = reverse("admin:integrations_fileimport_add")
    page = desk.get(add).content.decode()
    assert reverse("admin:integrations_fileimport_template", args=["orders"]) in page
    shop = Source.own().namespace
    file = SimpleUploadedFile("old.csv", MEMBERS.encode("gb18030"))
    answer = desk.post(add, {"kind": "customers", "namespace": shop.pk, "file": file}, follow=True)
    one = FileImport.objects.get()
    shown = answer.content.decode()
    assert "手机号" in shown
    assert "13800138000" in shown
    columns = {
        "to_0": "attributes.name",
        "to_1": "identities.phone",
        "to_2": "attributes.points",
        "as_of": "2026-11-01T00:00",
        "empty": "leave",
        "people": "members",
        "tags": "老会员",
    }
    posted(desk, one, **columns, **{"try": "1"})
    assert Customer.objects.count() == 0
    page = desk.get(reverse("admin:integrations_fileimport_change", args=[one.pk]))
    assert "Import 2" in page.content.decode()
    posted(desk, one, go="1")
    assert Customer.objects.count() == 2
    assert "undo" in posted(desk, one, go="1")  # twice is once
    assert Customer.objects.count() == 2
    posted(desk, one, undo="1")
    assert not Customer.objects.filter(erased_at=None).exists()
    listed = desk.get(reverse("admin:integrations_fileimport_changelist")).content.decode()
    assert "undone" in listed


def test_a_template_can_be_filled_in_and_brought(desk):
    template = reverse("admin:integrations_fileimport_template", args=["customers"])
    content = desk.get(template).content
    add = reverse("admin:integrations_fileimport_add")
    file = SimpleUploadedFile("filled.xlsx", content)
    shop = Source.own().namespace
    desk.post(add, {"kind": "customers", "namespace": shop.pk, "file": file})
    one = FileImport.objects.get()
    assert one.columns["手机号"]["to"] == "identities.phone"
    assert all(said["to"] for said in one.columns.values())


def test_merged_cells_are_looked_for_once(desk, monkeypatch):
    rows = [["姓名", "手机号"], ["张三", "13800138000"], ["", "13900139000"]]
    content = a_workbook(rows, more='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>')
    said = {"kind": "customers", "namespace": Source.own().namespace_id}
    said["file"] = SimpleUploadedFile("a.xlsx", content)
    answer = desk.post(reverse("admin:integrations_fileimport_add"), said, follow=True)
    monkeypatch.setattr(xlsx, "has_merged_cells", None)
    one = FileImport.objects.get()
    again = desk.get(reverse("admin:integrations_fileimport_change", args=[one.pk]))
    assert one.is_merged
    for page in (answer, again):
        assert "merged" in page.content.decode()
