"""What this room tells of a customer's story: tags, segments, attributes, merges, notes, tasks."""

from datetime import datetime

from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.attributes.words import attribute
from customers.models import AttributeChange, FollowUp, Kind, Merge, Note, TagChange, Transition
from customers.profile.timeline import Entry, TimelineSource
from customers.segments import rights


def day(text: str | None) -> str:
    return (
        formats.date_format(datetime.fromisoformat(text).date(), "SHORT_DATE_FORMAT")
        if text
        else ""
    )


def person(by: str) -> str:
    """Who it was, where it was one of the staff: "user:anna", and not a rule or a journey."""
    kind, colon, name = by.partition(":")
    return name if colon and kind == "user" else "" if colon else by


def joined_by(identity: str) -> str:
    """The kind of identity that told who they are, and where it is valid, in words: "openid
    wx1"."""
    kind, _space, scope = identity.partition(" ")
    return f"{Kind(kind).label} {scope}".strip() if kind in Kind.values else identity


class Notes(TimelineSource):
    key, label, icon = "notes", gettext_lazy("Notes"), "sticky_note_2"
    permission = "customers.view_note"
    facts = {"text": "text", "by": Coalesce("by__username", Value(""))}
    searched = ("text__icontains",)

    def rows(self, customer):
        return Note.objects.filter(customer=customer)

    def entry(self, facts):
        return Entry(_("Note"), text=facts["text"], by=facts["by"])


class FollowUps(TimelineSource):
    key, label, icon = "tasks", gettext_lazy("Tasks"), "task_alt"
    permission = "customers.view_followup"
    facts = {
        "title": "title",
        "due": "due_on",
        "done": "done_at",
        "who": Coalesce("assignee__username", Value("")),
        "by": F("by__username"),
    }
    searched = ("title__icontains",)

    def rows(self, customer):
        return FollowUp.objects.filter(customer=customer)

    def entry(self, facts):
        details = [
            facts["who"],
            _("due %(day)s") % {"day": day(facts["due"])} if facts["due"] else "",
        ]
        state, tone = (_("done"), "good") if facts["done"] else (_("open"), "warning")
        return Entry(
            facts["title"],
            details=tuple(filter(None, details)),
            state=state,
            tone=tone,
            by=facts["by"] or "",
        )


class Tags(TimelineSource):
    key, label, icon = "tags", gettext_lazy("Tags"), "sell"
    facts = {"name": "tag__name", "on": "is_on", "by": "by", "why": "why", "until": "expires_at"}
    searched = ("tag__name__icontains",)

    def rows(self, customer):
        return TagChange.objects.filter(customer=customer)

    def entry(self, facts):
        title = _("Tag “%(name)s”") if facts["on"] else _("Tag “%(name)s” taken off")
        until = _("until %(day)s") % {"day": day(facts["until"])} if facts["until"] else ""
        return Entry(
            title % {"name": facts["name"]},
            details=tuple(filter(None, [facts["why"], until])),
            by=person(facts["by"]),
        )


class Segments(TimelineSource):
    key, label, icon = "segments", gettext_lazy("Segments"), "groups"
    permission = "customers.view_segment"
    is_quiet = True
    facts = {
        "name": "segment__name",
        "entered": "entered",
        "segment": "segment_id",
        "customer": "customer_id",
    }
    searched = ("segment__name__icontains",)

    def rows(self, customer):
        return Transition.objects.filter(customer=customer).exclude(segment_id__in=rights.unseen())

    def entry(self, facts):
        title = (
            _("Entered the segment “%(name)s”")
            if facts["entered"]
            else _("Left the segment “%(name)s”")
        )
        why = f"{reverse('admin:customers_segment_why', args=[facts['segment']])}?customer={facts['customer']}"  # noqa: E501
        return Entry(title % {"name": facts["name"]}, url=why)


class Attributes(TimelineSource):
    key, label, icon = "attributes", gettext_lazy("Attributes"), "badge"
    moment = "occurred_at"
    is_quiet = True
    facts = {"key": "key", "value": "value", "sealed": F("digest")}
    searched = ("key__icontains",)

    def rows(self, customer):
        return AttributeChange.objects.filter(customer=customer)

    def entry(self, facts):
        value = (
            "••••" if facts["sealed"] else "–" if facts["value"] is None else str(facts["value"])
        )
        return Entry(f"{attribute(facts['key'])}: {value}")


class Merges(TimelineSource):
    key, label, icon = "merges", pgettext_lazy("of customers", "Merges"), "merge"
    facts = {
        "name": "origin_customer__name",
        "other": "origin_customer_id",
        "identity": "identity",
        "by": "by",
        "undone": "undone_at",
    }

    def rows(self, customer):
        return Merge.objects.filter(customer=customer)

    def entry(self, facts):
        is_visitor = not facts["name"] and facts["identity"].startswith(Kind.ANONYMOUS_ID)
        named = _("Took in the customer “%(name)s”") % {
            "name": facts["name"] or f"#{facts['other']}"
        }
        title = _("Recognised as a visitor from before") if is_visitor else named
        state, tone = (
            (_("undone %(day)s") % {"day": day(facts["undone"])}, "warning")
            if facts["undone"]
            else ("", "")
        )
        return Entry(
            title,
            details=() if is_visitor else (joined_by(facts["identity"]),),
            state=state,
            tone=tone,
            by=person(facts["by"]),
        )
