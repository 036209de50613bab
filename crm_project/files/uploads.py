"""A file that somebody brings, in parts of 8 MB, in any order, again where the line was cut.

Whoever uploads says the size first; each part says what it is by its digest; what is there is told
whenever they ask. How large a file may be, and how much one person may have lying here, is bounded.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from crm_project.files import storing
from crm_project.files.models import File, FilePart

PART_BYTES = 8 << 20
MOST_FILES = 20  # of one person, that are not over yet
EXPIRES = timedelta(hours=24)  # unless a job keeps it longer


class Refused(Exception):
    """The upload cannot go on: a code for programs, and words."""

    def __init__(self, code: str, words: str, status: int = 400):
        super().__init__(words)
        self.code, self.status = code, status


def begin(*, by, name: str, size: int, content_type: str = "", now: datetime) -> File:
    """An upload of so many bytes may come, for a day. Raises Refused."""
    if not 0 < size <= settings.FILES_MOST_BYTES:
        raise Refused("too_large", too_large() if size > 0 else _("The file is empty."), 413)
    lying = File.objects.filter(by=by, size__isnull=False, expires_at__gt=now).aggregate(
        files=Count("pk"), bytes=Sum("size", default=0)
    )
    if lying["files"] >= MOST_FILES:
        raise Refused(
            "too_many",
            _("%(n)d files of yours are here already: let them be worked off first.")
            % {"n": lying["files"]},
            429,
        )
    if lying["bytes"] + size > settings.FILES_MOST_BYTES_EACH:
        raise Refused(
            "no_room_left",
            _("With this file yours would be more than %(n)d MB.")
            % {"n": settings.FILES_MOST_BYTES_EACH >> 20},
            429,
        )
    return File.objects.create(
        by=by,
        name=name.replace("\0", "")[:200],
        content_type=content_type[:100],
        size=size,
        part_bytes=PART_BYTES,
        expires_at=now + EXPIRES,
    )


def too_large() -> str:
    return _("The file is larger than %(n)d MB.") % {"n": settings.FILES_MOST_BYTES >> 20}


def parts_of(file: File) -> int:
    """How many parts the whole file has."""
    return -(-file.size // file.part_bytes)


def put(file: File, number: int, content: bytes, digest: str = "") -> FilePart:
    """This part is there. The same again changes nothing; another content is refused, and so is
    what does not fit its digest. Raises Refused, StoreFailed."""
    if not 1 <= number <= parts_of(file):
        raise Refused("no_such_part", _("This file has no such part."), 404)
    if len(content) != length_of(file, number):
        raise Refused("wrong_size", _("This part has another size than it should have."))
    here = hashlib.sha256(content).hexdigest()
    if digest and digest.lower() != here:
        raise Refused("damaged", _("This part came in damaged: send it again."))
    part = file.parts.filter(number=number).first()
    if part is None:
        try:
            with transaction.atomic():
                return storing.write(file, number, content)
        except IntegrityError:  # the same part came twice at one moment
            part = file.parts.get(number=number)
    if storing.digest_of(file, part) != here:
        raise Refused("another", _("Another content lies here already under this part."), 409)
    return part


def length_of(file: File, number: int) -> int:
    return min(file.part_bytes, file.size - (number - 1) * file.part_bytes)


def told(file: File) -> dict:
    """What is there, so that only the rest is sent."""
    parts = file.parts.order_by("number").defer("content")
    return {
        "id": str(file.public_id),
        "size": file.size,
        "part_bytes": file.part_bytes,
        "parts": [
            {"number": part.number, "size": part.size, "digest": storing.digest_of(file, part)}
            for part in parts
        ],
        "is_complete": is_complete(file),
    }


def is_complete(file: File) -> bool:
    return file.size is not None and file.parts.count() == parts_of(file)


def complete(public_id: str, *, by, now: datetime) -> File:
    """The whole file that this person has brought. Raises Refused."""
    try:
        file = of(by, now).filter(public_id=public_id).first()
    except ValidationError:  # no id at all
        file = None
    if file is None:
        raise no_such_file()
    if not is_complete(file):
        raise Refused("incomplete", _("The file is not here as a whole yet: send it again."))
    File.objects.filter(pk=file.pk, completed_at=None).update(completed_at=now)
    return file


def no_such_file() -> Refused:
    return Refused("no_such_file", _("There is no such file: choose it again."), 404)


def forbidden() -> str:
    return _("You may not bring files for this.")


def no_room() -> str:
    return _("There is no room left for this part: the file can be sent on once there is.")


def of(by, now: datetime):
    """What this person has brought and is still here."""
    return File.objects.filter(Q(expires_at__gt=now), by=by, size__isnull=False)


def received(upload, *, by, now: datetime) -> File:
    """A file that came whole with a form (where a browser runs no scripts). Raises Refused,
    StoreFailed."""
    file = begin(by=by, name=upload.name, size=upload.size, now=now)
    for number, content in enumerate(chunks(upload), start=1):
        put(file, number, content)
    return complete(str(file.public_id), by=by, now=now)


def chunks(upload) -> Iterator[bytes]:
    while content := upload.read(PART_BYTES):
        yield content
