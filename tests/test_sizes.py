"""How large a form may be, for strangers and for staff."""

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import resolve, reverse

from crm_project.runtime.front import wsgi
from crm_project.web import sizes
from customers.models import Segment

pytestmark = pytest.mark.django_db
MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    ("language", "words"), [("en", "This is too large"), ("zh-hans", "内容过大")]
)
def test_a_stranger_cannot_post_megabytes_to_the_log_in_page(client, language, words):
    client.cookies["django_language"] = language

    answer = client.post("/admin/login/", {"username": "x" * 2 * MEGABYTE, "password": "y"})

    assert (answer.status_code, words in answer.content.decode()) == (413, True)


def test_staff_send_files_only_where_one_is_asked_for(client):
    client.force_login(User.objects.create_superuser("boss"))
    segment = Segment.objects.create(name="List", kind=Segment.Kind.LIST)
    page = reverse("admin:customers_segment_file", args=[segment.pk])
    file = SimpleUploadedFile("people.csv", b"13800138000\n" * (4 * MEGABYTE // 12))

    assert (
        client.post(page, {"file-file": file, "file-kind": "phone", "file-column": "1"}).status_code
        == 302
    )
    file.seek(0)
    assert client.post(reverse("admin:customers_segment_add"), {"file": file}).status_code == 413


@pytest.mark.parametrize(
    ("who", "page", "most"),
    [
        ({}, "/admin/customers/segment/1/file/", MEGABYTE),
        ({"is_staff": True}, "/admin/customers/segment/1/file/", 64 * MEGABYTE),
        ({"is_staff": True}, "/admin/customers/segment/add/", sizes.FORM_BYTES),
        ({"is_staff": True, "is_active": False}, "/admin/customers/segment/1/file/", MEGABYTE),
    ],
)
def test_the_front_is_told_how_much_to_read(who, page, most):
    request = RequestFactory().post(page, CONTENT_LENGTH=str(MEGABYTE + 1))
    request.user = User(username="x", **who)

    sizes.Sizes(None).process_view(request, resolve(page).func, (), {})

    assert request.META[wsgi.MOST] == most
