"""Pictures of letters: brought by whoever writes templates, made anew here, and served to everybody
who has the address, which nobody guesses.

What is kept is our own picture of what came: upright, bounded, without what cameras write into one.
It lies with the other files (crm_project/files/), where all hosts see it.
"""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from io import BytesIO

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from crm_project.files import storing
from crm_project.files.models import File

MOST_BYTES = 8 << 20  # as it comes
MOST_KEPT_BYTES = 1 << 20  # as it is sent
MOST_PIXELS = 40_000_000
MOST_PICTURES = 1000
SIDE = 1200  # twice as wide as a letter, for fine screens
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITIES = (85, 70, 50)
LASTS = timedelta(days=3650)
KINDS = {"jpg": "image/jpeg", "png": "image/png"}
KIND = "picture of letters/"  # before the type of the file, which no upload can call itself


class NoPicture(ValueError):
    """In words for whoever brought it."""


def keep(data: bytes, *, name: str, by, now: datetime) -> File:
    """Raises NoPicture, StoreFailed. In a transaction."""
    if kept().count() >= MOST_PICTURES:
        raise NoPicture(_("There are %(n)d pictures already.") % {"n": MOST_PICTURES})
    content, kind = made_anew(data)
    file = storing.make(
        by=by, name=name.replace("\0", ""), content_type=KIND + kind, expires_at=now + LASTS
    )
    storing.append(file, content)
    return file


def kept():
    """Those that we made ourselves: what is uploaded has a size."""
    return File.objects.filter(size=None, content_type__startswith=KIND)


def one(key: uuid.UUID, kind: str, now: datetime) -> File | None:
    return kept().filter(public_id=key, content_type=KIND + kind, expires_at__gt=now).first()


# Where texts stand that somebody may still be written: a letter that leaves takes them from there.
USED = " UNION ALL ".join(
    f"SELECT p.id FROM wanted p WHERE EXISTS (SELECT FROM {table} t WHERE {where})"  # noqa: S608
    for table, where in {
        "campaigns_template": "strpos(t.content::text, p.path) > 0",
        "campaigns_campaign": "strpos(t.content::text || t.alternatives::text, p.path) > 0",
        "campaigns_campaignversion": "strpos(t.definition::text, p.path) > 0",
        "campaigns_journey": "strpos(t.draft::text, p.path) > 0",
        "campaigns_journeydraft": "strpos(t.definition::text, p.path) > 0",
        "campaigns_journeyversion": "strpos(t.definition::text, p.path) > 0",
    }.items()
)


def used(files: Collection[File]) -> set[int]:
    """Those that a template, a campaign or a journey names, of today or of before: letters that
    have left show them."""
    values = {"ids": [one.pk for one in files], "paths": [path_of(one) for one in files]}
    wanted = "SELECT * FROM unnest(%(ids)s::bigint[], %(paths)s::text[]) AS w (id, path)"
    with connection.cursor() as cursor:
        cursor.execute(f"WITH wanted AS ({wanted}) {USED}", values)
        return {pk for (pk,) in cursor}


def bytes_of(file: File) -> bytes:
    """Raises StoreFailed, NotDecipherable."""
    return b"".join(storing.pieces(file))


def path_of(file: File) -> str:
    """How a block names it."""
    return f"/p/{file.public_id}.{file.content_type.removeprefix(KIND)}"


def address(path: str) -> str:
    """Where whoever reads a letter fetches it."""
    return settings.PUBLIC_URL + path


def made_anew(data: bytes) -> tuple[bytes, str]:
    """The picture's bytes and kind; nothing is decoded before its size is known. Raises
    NoPicture."""
    if len(data) > MOST_BYTES:
        raise NoPicture(_("The picture is too large: at most %(n)d MB.") % {"n": MOST_BYTES >> 20})
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise NoPicture(_("The picture has too many pixels: take a smaller one."))
            picture.draft("RGB", (SIDE, SIDE))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((SIDE, 4 * SIDE))
            if "A" in upright.getbands() or "transparency" in upright.info:
                clear = upright.convert("RGBA")
                if clear.getextrema()[3][0] < 255 and (found := as_png(clear)):
                    return found, "png"
                whole = Image.new("RGB", clear.size, "white")
                whole.paste(clear, mask=clear.getchannel("A"))
            else:
                whole = upright.convert("RGB")
            return as_jpeg(whole), "jpg"
    except NoPicture:
        raise
    # Whatever a decoder says of hostile bytes, it is this picture's fault.
    except Exception as error:
        raise NoPicture(_("This is no picture that can be read: JPEG, PNG or WebP.")) from error


def as_png(picture: Image.Image) -> bytes | None:
    """None where it is too large so."""
    out = BytesIO()
    Image.frombytes(picture.mode, picture.size, picture.tobytes()).save(out, "PNG", optimize=True)
    return out.getvalue() if out.tell() <= MOST_KEPT_BYTES else None


def as_jpeg(picture: Image.Image) -> bytes:
    """Raises NoPicture."""
    bare = Image.frombytes("RGB", picture.size, picture.tobytes())
    for quality in QUALITIES:
        out = BytesIO()
        bare.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= MOST_KEPT_BYTES:
            return out.getvalue()
    raise NoPicture(_("The picture is too large: at most %(n)d MB.") % {"n": 1})
