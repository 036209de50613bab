"""Files that staff bring, part by part: the addresses that static/hutong/upload.js speaks to.

Answers are JSON. POST to the list begins, GET tells what is there, PUT brings a part. Only whoever
began an upload sees it; what is refused is said with a code and in words.
"""

import uuid
from collections.abc import Callable
from functools import wraps

from django.db import OperationalError
from django.http import HttpResponseNotAllowed, JsonResponse

from crm_project.bounds import whole_in
from crm_project.files import stores, uploads
from crm_project.jobs.kinds import jobs
from crm_project.queue.due import database_now
from crm_project.web.sizes import takes_files

NO_ROOM = "53"  # how SQLSTATE begins where the database has no room left
DIGEST = "X-Part-Digest"  # SHA-256 of the part, in hex


def answered(view: Callable) -> Callable:
    """What is refused, or has no room, is an answer and no error."""

    @wraps(view)
    def inner(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except uploads.Refused as refused:
            return said(refused.status, refused.code, str(refused))
        except (stores.StoreFailed, OperationalError) as failed:
            if words := no_room(failed):
                return said(507, "no_room", words)
            raise

    return inner


def no_room(failed: Exception) -> str:
    """In words, where the store or the database could not take what came; else nothing."""
    if isinstance(failed, stores.StoreFailed):
        return str(failed)
    state = getattr(failed.__cause__, "sqlstate", None) or ""
    return str(uploads.no_room()) if state.startswith(NO_ROOM) else ""


def said(status: int, code: str, words: str) -> JsonResponse:
    return JsonResponse({"code": code, "detail": words}, status=status)


@answered
def begin_view(request):
    """`kind` of job that it is for, `name`, `size` in bytes."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    kind = request.POST.get("kind", "")
    if not (kind in jobs and jobs[kind].takes_file and may(request.user, kind)):
        return said(403, "forbidden", uploads.forbidden())
    size = whole_in(request.POST.get("size", ""), most=1 << 62)
    file = uploads.begin(
        by=request.user,
        name=request.POST.get("name", ""),
        size=size or 0,
        content_type=request.POST.get("type", ""),
        now=database_now(),
    )
    return JsonResponse(uploads.told(file), status=201)


def may(user, kind: str) -> bool:
    return any(user.has_perm(permission) for permission in jobs[kind]().permissions())


@answered
def status_view(request, public_id: uuid.UUID):
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    return JsonResponse(uploads.told(own(request, public_id)))


@takes_files
@answered
def part_view(request, public_id: uuid.UUID, number: int):
    if request.method != "PUT":
        return HttpResponseNotAllowed(["PUT"])
    file = own(request, public_id)
    content = request.read(file.part_bytes + 1)
    uploads.put(file, number, content, request.headers.get(DIGEST, ""))
    return JsonResponse({"number": number, "size": len(content)})


def own(request, public_id: uuid.UUID):
    file = uploads.of(request.user, database_now()).filter(public_id=public_id).first()
    if file is None:
        raise uploads.no_such_file()
    return file
