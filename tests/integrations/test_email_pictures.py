"""Pictures of letters: what comes is made anew or refused in words, what is ours is served to
whoever has the address, and nothing else is."""

import uuid
from io import BytesIO

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from campaigns.models import Journey, Template
from crm_project.files import storing, uploads
from crm_project.files.models import File
from crm_project.queue.due import database_now
from customers.models import AuditEntry
from integrations.email import letter, pictures
from integrations.email.content import EmailContent
from tests.integrations.test_email_blocks import of

pytestmark = pytest.mark.django_db


def a_picture(kind="JPEG", size=(3000, 1500), mode="RGB", colour="red", **more):
    out = BytesIO()
    Image.new(mode, size, colour).save(out, kind, **more)
    return out.getvalue()


@pytest.fixture
def writer(client):
    user = User.objects.create_user("writer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_template"))
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return client


def bring(client, data, name="spring.jpg"):
    return client.post(
        reverse("letter_pictures"), {"picture": SimpleUploadedFile(name, data)}, follow=True
    )


def test_a_picture_is_made_anew_and_served_to_whoever_has_its_address(writer, client, settings):
    exif = Image.Exif()
    exif[0x010F] = "canary-camera"
    data = a_picture(exif=exif) + b"canary-after-the-end"
    assert "spring.jpg" in bring(writer, data).text

    [file] = pictures.kept()
    client.logout()
    answer = client.get(pictures.path_of(file))

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert "immutable" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert not answer.cookies
    assert b"canary" not in answer.content
    with Image.open(BytesIO(answer.content)) as seen:
        assert (seen.format, seen.size) == ("JPEG", (1200, 600))
    settings.PUBLIC_URL = "https://crm.example"
    form = EmailContent(of("picture", b1_picture=pictures.path_of(file)))
    assert form.is_valid(), form.errors
    html = letter.composed(form.cleaned_data, letter.Foot("x")).html
    assert f'src="https://crm.example{pictures.path_of(file)}"' in html


def test_what_can_be_seen_through_stays_so():
    content, kind = pictures.made_anew(a_picture("PNG", (50, 50), "RGBA", (1, 2, 3, 90)))
    with Image.open(BytesIO(content)) as seen:
        assert (kind, seen.format, seen.getpixel((0, 0))) == ("png", "PNG", (1, 2, 3, 90))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\0" * 100,
        b"%PDF-1.7",
        b"<html><script>alert(1)</script>",
        b"\xff\xd8\xff\xe0" + b"\0" * 500,
        a_picture()[:300],
        a_picture("BMP", (10, 10)),
    ],
    ids=["empty", "svg", "gif", "pdf", "html", "broken", "cut", "bmp"],
)
def test_anything_else_is_refused_in_words(writer, data):
    answer = bring(writer, data, "x.png")

    assert "picture" in answer.text
    assert 'role="alert"' in answer.text
    assert not File.objects.exists()


def test_too_many_bytes_and_too_many_pixels_are_refused_before_they_are_decoded(writer):
    assert "at most 8 MB" in bring(writer, b"\xff\xd8" + b"x" * pictures.MOST_BYTES).text
    many = a_picture("PNG", (8000, 6000), "1", 0)
    assert len(many) < 100_000
    assert "too many pixels" in bring(writer, many).text
    assert not File.objects.exists()


def test_no_other_file_has_a_public_address(client):
    user, now = User.objects.create_user("u"), database_now()
    export = storing.make(
        by=user, name="x", content_type="image/jpeg", expires_at=now + pictures.LASTS
    )
    storing.append(export, b"secret")
    upload = uploads.begin(by=user, name="x", size=6, content_type=f"{pictures.KIND}jpg", now=now)
    uploads.put(upload, 1, b"secret")
    gone = pictures.keep(a_picture(), name="x", by=user, now=now - 2 * pictures.LASTS)

    for key in (export.public_id, upload.public_id, gone.public_id, uuid.uuid4()):
        assert client.get(f"/p/{key}.jpg").status_code == 404
        assert client.get(f"/p/{key}.png").status_code == 404


def test_whoever_may_not_write_templates_brings_none(client):
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert bring(client, a_picture()).status_code == 403
    assert not File.objects.exists()


def test_a_picture_that_nothing_names_can_be_deleted_and_one_in_use_stays(writer):
    for name in ("used.jpg", "unused.jpg"):
        bring(writer, a_picture(size=(40, 40)), name)
    used, unused = pictures.kept().order_by("pk")
    template = Template.objects.create(
        name="x",
        channel="email",
        content={"subject": "x", "blocks": "", "b1_picture": pictures.path_of(used)},
    )
    page = writer.get(reverse("letter_pictures")).text
    assert reverse("letter_picture_delete", args=[unused.public_id]) in page
    assert reverse("letter_picture_delete", args=[used.public_id]) not in page

    assert delete(writer, used).status_code == 409
    for _n in range(2):
        assert delete(writer, unused).status_code == 302
    assert list(pictures.kept()) == [used]
    assert writer.get(pictures.path_of(unused)).status_code == 404
    assert AuditEntry.objects.get(act="picture.delete").details == {"name": "unused.jpg"}

    journey = Journey.objects.create(name="x", draft={"steps": [pictures.path_of(used)]})
    template.delete()
    assert delete(writer, used).status_code == 409
    journey.delete()
    assert delete(writer, used).status_code == 302
    assert not pictures.kept().exists()


def test_whoever_may_not_write_templates_deletes_none(client):
    file = pictures.keep(
        a_picture(), name="x", by=User.objects.create_user("u"), now=database_now()
    )
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert delete(client, file).status_code == 403
    assert pictures.kept().exists()


def delete(client, file):
    return client.post(reverse("letter_picture_delete", args=[file.public_id]))
