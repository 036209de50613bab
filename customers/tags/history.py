"""The history of tags in words: what was put on or came off, when, by whom or what, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from crm_project.bounds import whole_in
from customers.models import Customer, Segment, Tag, TagChange

PAGES = {
    "segment": "admin:customers_segment_change",
    "journey": "admin:campaigns_journey_change",
    "merge": "admin:customers_merge_change",
}


@dataclass(frozen=True, slots=True)
class ToldChange:
    at: datetime
    tag: Tag
    customer: Customer
    is_on: bool
    expires_at: datetime | None
    by: str
    page: str
    why: str


def of_customer(customer: Customer, most: int) -> list[ToldChange]:
    return changes_in_words(
        TagChange.objects.filter(customer=customer)
        .select_related("tag")
        .order_by("-at", "-pk")[:most]
    )


def of_tag(tag: Tag, most: int) -> list[ToldChange]:
    return changes_in_words(
        TagChange.objects.filter(tag=tag).select_related("tag").order_by("-at", "-pk")[:most]
    )


def changes_in_words(changes: Iterable[TagChange]) -> list[ToldChange]:
    """In words; customers and segments of all of them are fetched at once. What came by two origins
    of one customer is told once."""
    rows = {(c.at, c.tag_id, c.customer_id, c.is_on): c for c in changes}.values()
    segments = dict(
        Segment.objects.filter(
            pk__in={number(c.by) for c in rows if c.by.startswith("segment:")}
        ).values_list("pk", "name")
    )
    customers = Customer.objects.in_bulk({c.customer_id for c in rows})
    return [
        ToldChange(
            c.at,
            c.tag,
            customers[c.customer_id],
            c.is_on,
            c.expires_at,
            words(c.by, segments),
            page(c.by),
            c.why,
        )
        for c in rows
        if c.customer_id in customers
    ]


def number(by: str) -> int:
    return whole_in(by.partition(":")[2]) or 0


def words(by: str, segments: dict[int, str]) -> str:
    kind, colon, rest = by.partition(":")
    if kind == "expiry":
        return _("its term was over")
    if kind == "segment":
        return _("rule: %(segment)s") % {"segment": segments.get(number(by), f"#{rest}")}
    if kind == "journey":
        return _("journey #%(number)s") % {"number": rest}
    if kind == "merge":
        return _("merge")
    return rest if colon and kind == "user" else by


def page(by: str) -> str:
    """Where the rule, the journey or the merge is shown."""
    kind = by.partition(":")[0]
    return reverse(PAGES[kind], args=[number(by)]) if kind in PAGES and number(by) else ""
