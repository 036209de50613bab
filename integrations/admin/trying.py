"""A source's page lets somebody try what it would send: understood and not stored, or sent as a
test."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_POST

from crm_project.queue.due import database_now
from customers.models import AuditEntry, Source
from events import words
from events.incoming_items import Incoming, Outcome
from integrations.admin.arrivals import HINTS
from integrations.doors import bodies, webhooks
from integrations.doors.formats import Format, Rejected, formats
from integrations.doors.problems import Refused

MOST_SHOWN = 50


@dataclass(frozen=True)
class Told:
    """What becomes of one item."""

    what: str
    detail: str = ""
    is_good: bool = True
    warnings: tuple[str, ...] = ()


def doors_of(source: Source) -> dict[str, Format]:
    """The addresses that this source is shown, each with its door."""
    spoken = formats.by_key.get(source.format)
    doors = {door.path: door for door in spoken.doors()} if spoken else {}
    shown = spoken.shown_paths or tuple(doors) if spoken else ()
    return {door: doors[door] for door in shown if source.is_server or doors[door].is_for_pages}


def can_be_tried(source: Source) -> bool:
    """Not what a vendor signs and encrypts, nor what comes out of a queue."""
    spoken = formats.by_key.get(source.format)
    return spoken is not None and bool(spoken.example)


def example(source: Source, now: datetime) -> str:
    """A first event in this source's format; each time another one."""
    spoken = formats.by_key.get(source.format)
    if spoken is None or not spoken.example:
        return ""
    moment = {"now": now, "stamp": int(now.timestamp() * 1000)}
    return render_to_string(spoken.example, moment).strip()


def tried(source: Source, door: Format, text: str, now: datetime, *, is_stored: bool):
    """What it holds and what became of it, item by item; raises Refused where it cannot even be
    taken apart."""
    body = text.encode()
    if len(body) > bodies.MOST_BYTES:
        raise Refused("This is too large.", code="too_large")
    parsed = webhooks.understood(door, None, body, source, now)
    results = webhooks.record(door, source, parsed, now) if is_stored else parsed.items
    return [told(*pair) for pair in zip(parsed.items, results, strict=True)]


def told(item: Incoming | Rejected, result: Incoming | Outcome | Rejected) -> Told:
    if isinstance(result, Rejected):
        where = f" {result.path}" if result.path else ""
        hint = str(HINTS.get(result.code, result.detail))
        return Told(f"{result.code}{where}", hint, is_good=False)
    warnings = tuple(f"{one.code} {one.path}" for one in item.warnings)
    state = result.status if isinstance(result, Outcome) else ""
    return Told(words.event(item.name), state, warnings=warnings)


class TriesOut:
    """For the admin of sources."""

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(self.try_view))
        return [path("<int:pk>/try/", view, name="customers_source_try"), *super().get_urls()]

    def page_context(self, request, row):
        return super().page_context(request, row) | {
            "try_doors": list(doors_of(row)) if self.may_act(request) and can_be_tried(row) else [],
            "example": example(row, database_now()),
        }

    def try_view(self, request, pk):
        if not self.may_act(request):
            raise PermissionDenied
        source, now = get_object_or_404(self.get_queryset(request), pk=pk), database_now()
        doors, is_stored = doors_of(source), "send" in request.POST
        door = doors.get(request.POST.get("door", "")) or next(iter(doors.values()), None)
        context = {"is_stored": is_stored, "found": [], "refused": None}
        if door is None:
            context["refused"] = Refused("There is no such door.", code="unknown_door")
        else:
            try:
                text = request.POST.get("body", "").replace("\r\n", "\n")
                context["found"] = tried(source, door, text, now, is_stored=is_stored)
            except Refused as refused:
                context["refused"] = refused
        if is_stored:
            AuditEntry.objects.create(
                by=request.user,
                act="source.test",
                subject=f"source:{source.pk}",
                details={"items": len(context["found"])},
            )
        context["more"] = max(len(context["found"]) - MOST_SHOWN, 0)
        context["found"] = context["found"][:MOST_SHOWN]
        return TemplateResponse(request, "integrations/tried.html", context)
